//! `NV_ESC_RM_CONTROL`: control commands on objects.

use super::client::Underway;
use super::engine::Frame;
use super::frontend::Escape;
use super::gpus::{ALL_GPUS, NO_GPU};
use super::pieces::is_large;
use super::refusal::Refusal;
use super::{Client, Counter, Proxy};
use crate::abi::numbers::{NV0000_CTRL_CMD_GPU_ATTACH_IDS, NV0000_CTRL_CMD_GPU_DETACH_IDS};
use crate::abi::receivers::{self, is_for_firmware};
use crate::abi::reflect::{FieldRef, field};
use crate::abi::row::{Direction, PARAMS_SIZE_MAX};
use crate::abi::structs::{NV0000_CTRL_GPU_DETACH_IDS_PARAMS, NVOS54_PARAMETERS};
use crate::abi::types::NvHandle;
use crate::abi::{Param, Parameters, Row, Shape, Table};
use crate::host::{HostDriver, Value};
use nix::errno::Errno;
use std::ops::Range;

const CLIENT: FieldRef = field!(NVOS54_PARAMETERS, hClient);
const OBJECT: FieldRef = field!(NVOS54_PARAMETERS, hObject);
const COMMAND: FieldRef = field!(NVOS54_PARAMETERS, cmd);
const PARAMS: FieldRef = field!(NVOS54_PARAMETERS, params);
const SIZE: FieldRef = field!(NVOS54_PARAMETERS, paramsSize);
const STATUS: FieldRef = field!(NVOS54_PARAMETERS, status);

/// A control command: what comes with it.
struct Command<'a> {
    number: u32,
    client: NvHandle,
    object: NvHandle,
    address: u64,
    size: usize,
    /// What is known of it; `None` for those that the firmware knows.
    row: Option<(&'a Row, &'a Counter)>,
}

impl<D: HostDriver> Proxy<D> {
    pub(super) fn control(
        &self,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        // The driver would take other flags as leave to skip the copying of what pointers lead to, or to hand the
        // parameters to a deserializer (compare src/nvidia/src/kernel/rmapi/control.c:_rmapiRmControl()).
        frame.prepare(&escape.block, escape.shape)?;
        let at = |field: FieldRef| escape.block.start + field.offset;
        let number = frame.scratch.u32(at(COMMAND));
        frame.subject = (Table::Control, number);
        let command = Command {
            number,
            client: NvHandle(frame.scratch.u32(at(CLIENT))),
            object: NvHandle(frame.scratch.u32(at(OBJECT))),
            address: frame.scratch.number(at(PARAMS), PARAMS.size),
            size: frame.scratch.u32(at(SIZE)) as usize,
            row: self.command_row(number, frame)?,
        };
        let result = self.command(&command, escape, frame);
        if let Some((row, counter)) = command.row {
            self.count(counter, Table::Control, row, frame, &result);
        }
        result
    }

    /// What is known of a command, if the sandbox may use it.
    ///
    /// The parameters of a command that only the firmware knows cannot hold anything that needs translation: the firmware
    /// has no access to the caller. A few numbers that mean the firmware are in headers or in the driver's own tables of
    /// methods, where they are commands like any other on a GPU without that firmware. So each of these has a row, which
    /// decides (`parity-test` compares them), or a release pack leaves it out (`gpu-tools learn` adds it). With a pack, a
    /// number that any compiled release has is known, too, whatever the pack says.
    fn command_row(&self, number: u32, frame: &Frame<'_, D::File>) -> Result<Option<(&Row, &Counter)>, Refusal> {
        let class = number >> 16;
        if !is_for_firmware(number) || self.abi.knows(Table::Control, number) {
            return self.row(&frame.file.file, Table::Control, number).map(Some);
        }
        // Who may make objects of a class may send them commands.
        self.row(&frame.file.file, Table::Alloc, class)?;
        Ok(None)
    }

    fn command(
        &self,
        command: &Command<'_>,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        let client = self.registry.own(&frame.file.file, command.client)?;
        let Some((row, _)) = command.row else {
            self.command_params(command, None, escape, frame)?;
            let result = self.forward_to_firmware(command, &client, escape, frame)?;
            return self.reply(escape, frame, result);
        };
        let shape = match row.handling.parameters {
            Parameters::Struct([shape]) if shape.layout.size == command.size => Some(shape),
            Parameters::Empty if command.size == 0 => None,
            Parameters::Opaque(_) | Parameters::Unpublished => None,
            Parameters::Refused => return Err(Refusal::Unsupported),
            Parameters::Struct(_) if self.abi.takes_any_size(Table::Control, row) => None,
            _ => return Err(self.wrong_size(Table::Control, row, command.size)),
        };
        let underway = self.begin(command, &client)?;
        let block = self.command_params(command, shape, escape, frame)?;
        let result = match (&block, underway) {
            (_, None) => self.forward_to_firmware(command, &client, escape, frame)?,
            // Before so much is read, it has to be known that the object takes it.
            (Some(block), Some((_, known))) if shape.is_some() && is_large(command.number, block, frame) => {
                if !known {
                    return Err(Refusal::Class);
                }
                self.in_pieces(block, escape, frame)?
            }
            (_, Some(_)) => self.forward(escape, frame),
        };
        if let (Some(block), Some(shape)) = (&block, shape) {
            let succeeded = result.is_ok() && frame.scratch.u32(escape.block.start + STATUS.offset) == 0;
            if succeeded {
                self.note_command(row, shape, &client, command.object, frame);
            }
            for param in shape.params {
                // What the driver wrote before it failed goes to the guest, too.
                if succeeded || matches!(param, Param::GpuIds(..)) {
                    self.done(command, &client, param, block, frame);
                }
            }
        }
        self.reply(escape, frame, result)
    }

    /// Begins a command that the driver judges by the class of its object, if the object takes it as far as the proxy
    /// knows the object. What was looked at holds until the command is under way no longer. Gives, too, whether the
    /// proxy knows the object. `None` for a command that may be the firmware's.
    ///
    /// It does not know what a client imported from a file (`NV0000_CTRL_CMD_OS_UNIX_IMPORT_OBJECT_FROM_FD` and the
    /// like), nor what the driver made for a client under a handle of its own. None of that passes commands on: such
    /// objects come from `NV_ESC_RM_ALLOC` alone, and can be neither exported nor duplicated (compare
    /// src/nvidia/src/libraries/resserv/src/rs_resource.c:resCanCopy_IMPL()). So the driver asks the same question of
    /// them (rs_resource.c:resControlLookup_IMPL()).
    fn begin<'c>(&self, command: &Command<'_>, client: &'c Client) -> Result<Option<(Underway<'c>, bool)>, Refusal> {
        if is_for_firmware(command.number) {
            return Ok(None);
        }
        let mut guard = client.lock().ok_or(Refusal::Client)?;
        let class = guard.objects().class(command.object);
        if class.is_some_and(|class| !receivers::takes(class, command.number)) {
            return Err(Refusal::Class);
        }
        Ok(Some((client.commands().begin(command.object), class.is_some())))
    }

    /// Has the driver do a command that it may pass on to the firmware without asking whether the object takes it.
    fn forward_to_firmware(
        &self,
        command: &Command<'_>,
        client: &Client,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        let mut guard = client.lock().ok_or(Refusal::Client)?;
        if guard.objects().class(command.object) != Some(command.number >> 16) {
            return Err(Refusal::Class);
        }
        // Until the driver has it, the handle must not become any other object's.
        Ok(self.forward(escape, frame))
    }

    /// Reads the parameters of a command, and says what the driver is to find in them.
    fn command_params(
        &self,
        command: &Command<'_>,
        shape: Option<&Shape>,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Option<Range<usize>>, Refusal> {
        let at = escape.block.start + PARAMS.offset;
        // Compare src/nvidia/src/kernel/rmapi/control.c:_rmapiRmControl().
        match (command.address, command.size) {
            (0, 0) => return Ok(None),
            (0, _) | (_, 0) => return Err(Refusal::NotZero(PARAMS.path)),
            (_, size) if size > PARAMS_SIZE_MAX => return Err(Refusal::TooLong(PARAMS.path)),
            _ => {}
        }
        let block = frame.read(command.address, command.size)?;
        if let Some(shape) = shape {
            if matches!(command.number, NV0000_CTRL_CMD_GPU_ATTACH_IDS | NV0000_CTRL_CMD_GPU_DETACH_IDS) {
                self.all_gpus(command, &block, frame)?;
            }
            if !is_large(command.number, &block, frame) {
                frame.prepare(&block, shape)?;
            }
        }
        frame.out.push((command.address, block.clone()));
        frame.scratch.lend(at, PARAMS.size, Value::Bytes(block.clone()))?;
        Ok(Some(block))
    }

    /// Where a sandbox that was given some GPUs means all of them, the driver gets a list. Only the first of the
    /// identities can mean all, and all that are detached are those that are attached (compare
    /// src/nvidia/src/kernel/rmapi/client_resource.c:cliresCtrlCmdGpuDetachIds_IMPL()).
    fn all_gpus(
        &self,
        command: &Command<'_>,
        block: &Range<usize>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<(), Refusal> {
        const IDS: FieldRef = field!(NV0000_CTRL_GPU_DETACH_IDS_PARAMS, gpuIds);
        let (sandbox, host) = (&frame.file.file.sandbox, &frame.file.host);
        let ids = block.start + IDS.offset..block.start + IDS.offset + IDS.size;
        if sandbox.options.gpus.is_none() || frame.scratch.u32(ids.start) != ALL_GPUS {
            return Ok(());
        }
        let mut gpus = self.gpus_of(sandbox, host);
        if command.number == NV0000_CTRL_CMD_GPU_DETACH_IDS {
            let attached = self.ask_attached(host, command.client).ok_or(Refusal::Gpu)?;
            gpus.retain(|id| attached.contains(id));
        }
        for (index, at) in ids.step_by(4).enumerate() {
            let id = gpus.get(index).copied().unwrap_or(NO_GPU);
            frame.scratch.lend(at, 4, Value::Number(u64::from(id)))?;
        }
        Ok(())
    }

    /// What follows from a field once the driver has done it.
    fn done(
        &self,
        command: &Command<'_>,
        client: &Client,
        param: &Param,
        block: &Range<usize>,
        frame: &mut Frame<'_, D::File>,
    ) {
        match param {
            Param::Dependency { field, .. } => {
                let on = NvHandle(frame.scratch.u32(block.start + field.offset));
                if let Some(mut guard) = client.lock() {
                    guard.objects().depend(command.object, on);
                }
            }
            // The driver names all GPUs; the guest sees the sandbox's, first in the list as without the others.
            Param::GpuIds(field, Direction::Out) if frame.file.file.sandbox.options.gpus.is_some() => {
                let ids = block.start + field.offset..block.start + field.offset + field.size;
                let mut kept = ids.start;
                for at in ids.clone().step_by(4) {
                    let id = frame.scratch.u32(at);
                    if id != NO_GPU && self.registry.gpu_allowed(&frame.file.file.sandbox, id) {
                        frame.scratch.set(kept, 4, u64::from(id));
                        kept += 4;
                    }
                }
                for at in (kept..ids.end).step_by(4) {
                    frame.scratch.set(at, 4, u64::from(NO_GPU));
                }
            }
            _ => {}
        }
    }
}
