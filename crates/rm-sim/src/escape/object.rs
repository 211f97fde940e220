//! Freeing, duplicating and sharing objects.

use super::Escape;
use crate::frame::Frame;
use crate::rm::{Body, Kind, Object};
use crate::simulator::Inner;
use nvproxy::abi::status::NV_STATUS;

impl Inner {
    /// Compare src/nvidia/src/libraries/resserv/src/rs_server.c:serverFreeResourceTree().
    pub(super) fn free(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let client = escape.client(frame, "hRoot");
        let handle = escape.get(frame, "hObjectOld");
        let freed = self.rm.lock().free(client, handle)?;
        drop(freed);
        Ok(())
    }

    /// Compare src/nvidia/src/libraries/resserv/src/rs_server.c:serverCopyResource().
    pub(super) fn dup_object(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let to = escape.client(frame, "hClient");
        let (from, source) = (escape.get(frame, "hClientSrc"), escape.get(frame, "hObjectSrc"));
        let (parent, wanted) = (escape.get(frame, "hParent"), escape.get(frame, "hObject"));
        let mut rm = self.rm.lock();
        if !rm.has_client(from) {
            return Err(NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE);
        }
        let class = rm.class(from, source).ok_or(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)?;
        let kind = self.kinds.of(class).unwrap_or(Kind::Part);
        let copies = matches!(
            kind,
            Kind::Device | Kind::Subdevice | Kind::Memory | Kind::Range | Kind::Space | Kind::Share | Kind::Channel
        );
        if !copies {
            return Err(NV_STATUS::NV_ERR_INVALID_ARGUMENT);
        }
        let body = rm.body(from, source).unwrap_or(Body::None);
        let (handle, gpu) = rm.place(&self.kinds, to, wanted, parent, kind)?;
        let gpu = gpu.or_else(|| rm.gpu(from, source));
        rm.add(to.0, handle, parent, Object { class, kind, gpu, body, mapped: Vec::new() }, &[]);
        frame.set(&escape.params, "hObject", handle.into());
        Ok(())
    }

    /// Who may duplicate an object: everybody may, once the proxy in front has checked that both are its guest's.
    pub(super) fn share(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let (root, owner) = escape.client(frame, "hClient");
        let object = escape.get(frame, "hObject");
        let mut rm = self.rm.lock();
        let client = rm.client(root, owner)?;
        if object == root || client.objects.get(object).is_some() {
            Ok(())
        } else {
            Err(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)
        }
    }
}
