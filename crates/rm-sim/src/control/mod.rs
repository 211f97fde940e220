//! `NV_ESC_RM_CONTROL`: control commands on objects.

mod answer;
mod channel;
mod device;
mod system;

pub(crate) use answer::Answers;

use crate::escape::Escape;
use crate::frame::{Block, Frame};
use crate::rm::{Body, Kind as Of};
use crate::simulator::Inner;
use crate::unknown::Kind;
use nvproxy::abi::Parameters;
use nvproxy::abi::receivers::FIRMWARE;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::structs::NVOS54_PARAMETERS;
use zerocopy::FromBytes;

/// The class of a client's commands, whatever class it was made as.
const ROOT: u32 = 0;

/// A command on an object.
pub(crate) struct Command {
    pub number: u32,
    pub name: &'static str,
    pub client: u32,
    pub params: Block,
    pub gpu: Option<usize>,
    pub body: Body,
}

impl Inner {
    pub(crate) fn control(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        // The same in every release.
        let bytes = frame.bytes.get(escape.params.start..).unwrap_or_default();
        let (call, _) =
            NVOS54_PARAMETERS::read_from_prefix(bytes).map_err(|_| NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT)?;
        let result = self.command(&call, escape.file.owner(), frame);
        if result == Err(NV_STATUS::NV_ERR_NOT_SUPPORTED) {
            self.unknown.count(Kind::Control, call.cmd);
        }
        result
    }

    fn command(&self, call: &NVOS54_PARAMETERS, owner: u64, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let (root, handle, number) = (call.hClient.0, call.hObject.0, call.cmd);
        let (pointer, size) = (call.params.0, call.paramsSize as usize);
        let mut rm = self.rm.lock();
        let client = rm.client(root, owner)?;
        let (kind, class, gpu, body) = if handle == root {
            (Of::Client, ROOT, None, Body::None)
        } else {
            let object = client.objects.get(handle).ok_or(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)?;
            (object.kind, object.class, object.gpu, object.body.clone())
        };
        drop(rm);
        if number == 0 {
            // NVXXXX_CTRL_CMD_NULL
            return Ok(());
        }
        if !self.kinds.takes(kind, class, number) {
            return Err(NV_STATUS::NV_ERR_NOT_SUPPORTED);
        }
        let row = self.abi.control().get(number);
        // Headers name only a few of the firmware's commands, and those have rows.
        if row.is_none() && number & FIRMWARE == 0 {
            return Err(NV_STATUS::NV_ERR_NOT_SUPPORTED);
        }
        let layout = match row.map(|row| row.handling.parameters) {
            Some(Parameters::Struct(shapes)) => {
                let shape = shapes.iter().find(|shape| shape.layout.size == size);
                Some(shape.ok_or(NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT)?.layout)
            }
            Some(Parameters::Empty) if size != 0 => return Err(NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT),
            _ => None,
        };
        let range = match size {
            0 => 0..0,
            size => frame.follow(pointer, size).ok_or(NV_STATUS::NV_ERR_INVALID_ADDRESS)?,
        };
        let command = Command {
            number,
            name: row.map_or("", |row| row.name),
            client: root,
            params: Block::new(range, layout),
            gpu,
            body,
        };
        if let Some(result) = self.coded(&command, frame) {
            return result;
        }
        let gpu = command.gpu.and_then(|gpu| self.gpus.get(gpu));
        self.answers.answer(&command, gpu, frame)
    }

    /// Commands that need code.
    fn coded(&self, command: &Command, frame: &mut Frame<'_>) -> Option<Result<(), NV_STATUS>> {
        self.system_command(command, frame)
            .or_else(|| self.device_command(command, frame))
            .or_else(|| self.channel_command(command, frame))
    }
}
