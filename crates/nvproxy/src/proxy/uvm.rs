//! ioctls on `/dev/nvidia-uvm`. The driver goes by the whole request number, and knows the size by it.

use super::engine::Frame;
use super::observer::Subject;
use super::refusal::Refusal;
use super::sandbox::UvmMode;
use super::{Guest, Outcome, Proxy};
use crate::abi::numbers::{UVM_MAP_EXTERNAL_ALLOCATION, UVM_REGISTER_CHANNEL, UVM_REGISTER_GPU_VASPACE};
use crate::abi::reflect::{FieldRef, field};
use crate::abi::structs::UVM_INITIALIZE_PARAMS;
use crate::abi::{Effect, Param, Parameters, Row, Shape, Table};
use crate::guest::GuestFile;
use crate::host::{HostDriver, Value};
use nix::errno::Errno;
use std::ops::Range;
use std::time::Instant;

/// `UVM_INIT_FLAGS_MULTI_PROCESS_SHARING_MODE`: the file serves other processes than the one that initialises it.
const MULTI_PROCESS_SHARING: u64 = 0x2;

impl<D: HostDriver> Proxy<D> {
    pub(super) fn uvm(
        &self,
        file: &GuestFile<D::File>,
        request: u32,
        address: u64,
        guest: &Guest<'_, D::File>,
    ) -> Result<Outcome, Errno> {
        let (row, counter) = self.row(&file.file, Table::Uvm, request).map_err(|refusal| {
            let subject = Subject { file: &file.file, request, table: Table::Uvm, number: request, argument: &[] };
            self.tell_refused(&subject, refusal, None);
            refusal.errno()
        })?;
        let mut frame = Frame::new(&self.registry, guest, file, request, (Table::Uvm, request));
        frame.started = self.times.then(Instant::now);
        let result = self.uvm_call(row, address, &mut frame);
        self.count(counter, Table::Uvm, row, &frame, &result);
        self.answer(result, &frame)
    }

    fn uvm_call(
        &self,
        row: &Row,
        address: u64,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<Outcome, Errno>, Refusal> {
        let native = matches!(row.handling.effect, Some(Effect::UvmInitialize | Effect::UvmMmInitialize))
            && frame.file.file.sandbox.options.uvm == UvmMode::Native;
        let shape = match row.handling.parameters {
            Parameters::Struct([shape]) => shape,
            Parameters::Empty => {
                let result = frame.issue(&self.driver, row.number, None);
                return Ok(result.map(Outcome::Done));
            }
            _ => return Err(Refusal::Unsupported),
        };
        let block = self.read_unsized(Table::Uvm, row, address, shape.layout.size, frame)?;
        frame.argument = Some(block.clone());
        match names_a_client(row, shape, &block, frame).and_then(|()| frame.prepare(&block, shape)) {
            Ok(()) => {}
            // The driver, too, answers these in the status.
            Err(refusal) => {
                let status = shape.layout.field("rmStatus").zip(refusal.status());
                let Some((field, status)) = status else { return Err(refusal) };
                frame.scratch.set(block.start + field.offset, 4, u64::from(status.0));
                frame.write(address, &block)?;
                self.counters
                    .of(Table::Uvm, self.abi.uvm().position(row.number).map_or(0, |(index, _)| index))
                    .refused(Table::Uvm, row.name, row.number, &refusal);
                self.tell_refused(&frame.subject(), refusal, Some(status));
                return Ok(Ok(Outcome::Done(0)));
            }
        }
        if native {
            // Nothing but flags, or a descriptor of the guest's own: its call means the same when the guest makes it.
            frame.file.file.note_state(row.name);
            return Ok(Ok(Outcome::Native));
        }
        if row.handling.effect == Some(Effect::UvmInitialize) {
            const FLAGS: FieldRef = field!(UVM_INITIALIZE_PARAMS, flags);
            let flags = frame.scratch.number(block.start + FLAGS.offset, FLAGS.size);
            frame.scratch.lend(block.start + FLAGS.offset, FLAGS.size, Value::Number(flags | MULTI_PROCESS_SHARING))?;
        }
        let status = self.mark_status(row, shape, &block, frame);
        let result = frame.issue(&self.driver, row.number, Some(block.clone()));
        if result.is_ok() {
            if status.is_some_and(|at| frame.scratch.u32(at) == NO_STATUS) {
                return Err(Refusal::StatusLost { release: self.abi.version() });
            }
            frame.file.file.note_state(row.name);
            frame.copy_out()?;
            frame.write(address, &block)?;
        }
        Ok(result.map(Outcome::Done))
    }

    /// Puts a mark where the driver is taken to leave its status, if this build has not proved that it does, and says
    /// where. A driver with another struct leaves the mark there, and its refusal elsewhere: without the mark, the guest
    /// would read its own zero as success. Where the guest gets all that the driver wrote, it knows itself where the
    /// status is.
    fn mark_status(
        &self,
        row: &Row,
        shape: &Shape,
        block: &Range<usize>,
        frame: &mut Frame<'_, D::File>,
    ) -> Option<usize> {
        if self.abi.has_proved_size(Table::Uvm, row) || frame.growth.is_some() {
            return None;
        }
        let field = shape.layout.field("rmStatus")?;
        let at = block.start + field.offset;
        frame.scratch.set(at, 4, u64::from(NO_STATUS));
        Some(at)
    }
}

/// No status of the resource manager's, all of which are below 0x10000.
const NO_STATUS: u32 = 0x5aa5_a55a;

/// Calls for which the driver looks up an object of a client, and has no use for a client of handle 0.
const WITH_CLIENT: [u32; 3] = [UVM_REGISTER_GPU_VASPACE, UVM_REGISTER_CHANNEL, UVM_MAP_EXTERNAL_ALLOCATION];

/// A null client is refused where the driver would look it up. It fails then, but for a channel: from 535.43.02 on, the
/// kernel follows a pointer that nothing has set (src/nvidia/src/kernel/rmapi/nv_gpu_ops.c:nvGpuOpsRetainChannel(), for
/// which _nvGpuOpsLocksAcquireWithClientLockFlags() gives no client where the handle is 0).
fn names_a_client<F>(row: &Row, shape: &Shape, block: &Range<usize>, frame: &Frame<'_, F>) -> Result<(), Refusal> {
    let is_null = |param: &Param| match param {
        Param::Client(field) => frame.scratch.number(block.start + field.offset, field.size) == 0,
        _ => false,
    };
    if WITH_CLIENT.contains(&row.number) && shape.params.iter().any(is_null) { Err(Refusal::Client) } else { Ok(()) }
}
