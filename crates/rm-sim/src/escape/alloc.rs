//! `NV_ESC_RM_ALLOC`: objects of a class.

use super::Escape;
use super::body::New;
use crate::frame::{Block, Frame};
use crate::rm::Kind as Of;
use crate::rm::Object;
use crate::simulator::Inner;
use crate::unknown::Kind;
use nvproxy::abi::Parameters;
use nvproxy::abi::status::NV_STATUS;

impl Inner {
    pub(super) fn alloc(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let class = escape.get(frame, "hClass");
        let pointer = frame.get(&escape.params, "pAllocParms");
        let Some((row, kind)) = self.abi.alloc().get(class).zip(self.kinds.of(class)) else {
            self.unknown.count(Kind::Class, class);
            return Err(NV_STATUS::NV_ERR_INVALID_CLASS);
        };
        let shape = match row.handling.parameters {
            Parameters::Struct([shape]) => Some(shape),
            _ => None,
        };
        let params = match (pointer, shape) {
            (0, _) | (_, None) => None,
            (pointer, Some(shape)) => {
                let range = frame.follow(pointer, shape.layout.size).ok_or(NV_STATUS::NV_ERR_INVALID_ADDRESS)?;
                Some(Block::new(range, Some(shape.layout)))
            }
        };
        if kind == Of::Client {
            let wanted = escape.get(frame, "hRoot");
            let handle = self.rm.lock().add_client(wanted, escape.file.owner())?;
            frame.set(&escape.params, "hObjectNew", handle.into());
            if let Some(params) = params {
                frame.put(params.start, 4, handle.into());
            }
            return Ok(());
        }
        let client = escape.client(frame, "hRoot");
        let (parent, wanted) = (escape.get(frame, "hObjectParent"), escape.get(frame, "hObjectNew"));
        let parent = if parent == 0 { client.0 } else { parent };
        let mut rm = self.rm.lock();
        let (handle, gpu) = rm.place(&self.kinds, client, wanted, parent, kind)?;
        if self.kinds.is_of_a_generation(kind)
            && !gpu.and_then(|gpu| self.gpus.get(gpu)).is_some_and(|gpu| gpu.profile.has_class(class))
        {
            return Err(NV_STATUS::NV_ERR_INVALID_CLASS);
        }
        let new = New { client, parent, class, kind, gpu };
        let (body, gpu, on) = self.body(&mut rm, &new, params.as_ref(), frame)?;
        rm.add(client.0, handle, parent, Object { class, kind, gpu, body, mapped: Vec::new() }, &on);
        frame.set(&escape.params, "hObjectNew", handle.into());
        Ok(())
    }
}
