//! ioctls on `/dev/nvidiactl` and `/dev/nvidia#`.

mod alloc;
mod body;
mod event;
mod heap;
mod map;
mod module;
mod object;

use crate::File;
use crate::frame::{Block, Frame};
use crate::simulator::Inner;
use crate::unknown::Kind;
use nvproxy::Errno;
use nvproxy::abi::Parameters;
use nvproxy::abi::status::NV_STATUS;

/// A call of this release: the file it is made on, and its parameters.
pub(crate) struct Escape<'a> {
    pub file: &'a File,
    pub params: Block,
}

impl Inner {
    /// The driver goes by `_IOC_NR` and `_IOC_SIZE` (compare kernel-open/nvidia/nv.c:nvidia_ioctl()).
    pub(crate) fn escape(&self, file: &File, request: u32, frame: &mut Frame<'_>) -> Result<i32, Errno> {
        let number = request & 0xff;
        let Some(row) = self.abi.frontend().get(number) else {
            self.unknown.count(Kind::Escape, number);
            return Err(Errno::EINVAL);
        };
        let range = frame.argument.clone().ok_or(Errno::EFAULT)?;
        let layout = match row.handling.parameters {
            Parameters::Struct(shapes) => {
                let shape = shapes.iter().find(|shape| shape.layout.size == range.len()).ok_or(Errno::EINVAL)?;
                Some(shape.layout)
            }
            Parameters::Repeated(_) => None,
            _ => return Err(Errno::EINVAL),
        };
        let escape = Escape { file, params: Block::new(range, layout) };
        let status = match row.name {
            "NV_ESC_CHECK_VERSION_STR" => return self.check_version(&escape, frame),
            "NV_ESC_CARD_INFO" => return self.card_info(&escape, frame),
            "NV_ESC_REGISTER_FD" => return self.register_fd(&escape, frame),
            "NV_ESC_ATTACH_GPUS_TO_FD" => return self.attach_gpus(&escape, frame),
            "NV_ESC_SYS_PARAMS" => return Ok(0),
            "NV_ESC_WAIT_OPEN_COMPLETE" => {
                frame.set(&escape.params, "rc", 0);
                frame.set(&escape.params, "adapterStatus", 0);
                return Ok(0);
            }
            "NV_ESC_RM_ALLOC" => self.alloc(&escape, frame),
            "NV_ESC_RM_FREE" => self.free(&escape, frame),
            "NV_ESC_RM_CONTROL" => self.control(&escape, frame),
            "NV_ESC_RM_DUP_OBJECT" => self.dup_object(&escape, frame),
            "NV_ESC_RM_SHARE" => self.share(&escape, frame),
            "NV_ESC_RM_ALLOC_MEMORY" => self.alloc_memory(&escape, frame),
            "NV_ESC_RM_VID_HEAP_CONTROL" => self.vid_heap_control(&escape, frame),
            "NV_ESC_RM_MAP_MEMORY" => self.map_memory(&escape, frame),
            "NV_ESC_RM_UNMAP_MEMORY" => self.unmap_memory(&escape, frame),
            "NV_ESC_RM_MAP_MEMORY_DMA" => self.map_memory_dma(&escape, frame),
            "NV_ESC_RM_UNMAP_MEMORY_DMA" => self.unmap_memory_dma(&escape, frame),
            "NV_ESC_RM_UPDATE_DEVICE_MAPPING_INFO" => self.update_mapping(&escape, frame),
            "NV_ESC_ALLOC_OS_EVENT" => self.alloc_os_event(&escape, frame),
            "NV_ESC_FREE_OS_EVENT" => self.free_os_event(&escape, frame),
            _ => Err(NV_STATUS::NV_ERR_NOT_SUPPORTED),
        };
        let status = status.err().unwrap_or(NV_STATUS::NV_OK);
        if status == NV_STATUS::NV_ERR_NOT_SUPPORTED && row.name != "NV_ESC_RM_CONTROL" {
            self.unknown.count(Kind::Escape, number);
        }
        // One of these it is called.
        ["status", "Status", "params.status"]
            .into_iter()
            .any(|field| frame.set(&escape.params, field, status.0.into()));
        Ok(0)
    }
}

impl Escape<'_> {
    pub(crate) fn get(&self, frame: &Frame<'_>, field: &str) -> u32 {
        frame.get32(&self.params, field)
    }

    /// A client by its field, with the file that may use it.
    pub(crate) fn client(&self, frame: &Frame<'_>, field: &str) -> (u32, u64) {
        (self.get(frame, field), self.file.owner())
    }
}
