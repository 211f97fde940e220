//! Events that wake who polls a file.

use super::Escape;
use crate::event::OsEvent;
use crate::frame::Frame;
use crate::simulator::Inner;
use nvproxy::abi::status::NV_STATUS;
use std::sync::Arc;

impl Inner {
    /// Compare src/nvidia/arch/nvalloc/unix/src/osapi.c:rm_alloc_os_event().
    pub(super) fn alloc_os_event(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let (client, key) = (escape.get(frame, "hClient"), escape.get(frame, "fd"));
        let file = Arc::downgrade(&escape.file.0);
        match self.rm.lock().add_os_event(OsEvent { client, key, of: escape.file.0.id, file }) {
            NV_STATUS::NV_OK => Ok(()),
            status => Err(status),
        }
    }

    /// Compare src/nvidia/arch/nvalloc/unix/src/osapi.c:free_os_event().
    pub(super) fn free_os_event(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let (client, key) = (escape.get(frame, "hClient"), escape.get(frame, "fd"));
        match self.rm.lock().remove_os_event(client, key) {
            NV_STATUS::NV_OK => Ok(()),
            status => Err(status),
        }
    }
}
