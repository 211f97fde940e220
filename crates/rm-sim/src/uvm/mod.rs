//! ioctls on `/dev/nvidia-uvm`: memory that host and GPUs share by address.

mod calls;
mod managed;

pub(crate) use managed::Managed;

use crate::frame::{Block, Frame};
use crate::unknown::Kind;
use crate::{File, simulator::Inner};
use nvproxy::Errno;
use nvproxy::abi::Parameters;
use nvproxy::abi::status::NV_STATUS;

impl Inner {
    /// The driver goes by the whole request number, and knows the size by it.
    pub(crate) fn uvm(&self, file: &File, request: u32, frame: &mut Frame<'_>) -> Result<i32, Errno> {
        let Some(row) = self.abi.uvm().get(request) else {
            self.unknown.count(Kind::Uvm, request);
            return Err(Errno::EINVAL);
        };
        let managed = file.managed().ok_or(Errno::EINVAL)?;
        let layout = match row.handling.parameters {
            Parameters::Struct([shape]) => shape.layout,
            // UVM_DEINITIALIZE, the only one.
            Parameters::Empty => return Ok(0),
            _ => return Err(Errno::EINVAL),
        };
        let range = frame.argument.clone().ok_or(Errno::EFAULT)?;
        let params = Block::new(range, Some(layout));
        if !params.has("rmStatus") {
            return Err(Errno::EINVAL);
        }
        let status = match calls::call(self, managed, row.name, frame, &params) {
            Some(status) => status,
            None => {
                self.unknown.count(Kind::Uvm, request);
                NV_STATUS::NV_ERR_NOT_SUPPORTED
            }
        };
        frame.set(&params, "rmStatus", status.0.into());
        Ok(0)
    }
}
