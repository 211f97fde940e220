//! ioctls on `/dev/nvidiactl` and `/dev/nvidia#`.
//!
//! The driver goes by `_IOC_NR` and `_IOC_SIZE` alone (compare kernel-open/nvidia/nv.c:nvidia_ioctl()).

use super::engine::Frame;
use super::gpus::Card;
use super::objects::{Details, Freed, UNKNOWN_CLASS};
use super::observer::Subject;
use super::refusal::Refusal;
use super::{Guest, Outcome, Proxy};
use crate::abi::numbers::*;
use crate::abi::reflect::{FieldRef, field};
use crate::abi::row::IOCTL_SIZE_MAX;
use crate::abi::structs::*;
use crate::abi::types::NvHandle;
use crate::abi::{Effect, Layout, Parameters, Row, Shape, Table, XFER_CMD};
use crate::guest::GuestFile;
use crate::host::{HostDriver, frontend_request};
use nix::errno::Errno;
use std::ops::Range;
use std::time::Instant;

/// Parameters of which nothing is known but that they need no translation.
static BYTES: Shape = Shape { name: "", layout: &Layout::EMPTY, params: &[] };

/// Parameters of an ioctl, where the guest has them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Argument {
    pub address: u64,
    pub size: usize,
}

impl<D: HostDriver> Proxy<D> {
    pub(super) fn frontend(
        &self,
        file: &GuestFile<D::File>,
        request: u32,
        address: u64,
        guest: &Guest<'_, D::File>,
    ) -> Result<Outcome, Errno> {
        let (mut number, mut argument) =
            (request & 0xff, Argument { address, size: (request >> 16) as usize & IOCTL_SIZE_MAX });
        if number == XFER_CMD.number {
            (number, argument) = unwrap(argument, guest).map_err(|refusal| {
                self.tell_refused(&bare(file, request, number), refusal, None);
                refusal.errno()
            })?;
        }
        let (row, counter) = self.row(&file.file, Table::Frontend, number).map_err(|refusal| {
            self.tell_refused(&bare(file, request, number), refusal, None);
            refusal.errno()
        })?;
        let mut frame = Frame::new(&self.registry, guest, file, request, (Table::Frontend, number));
        frame.started = self.times.then(Instant::now);
        let result = self.escape(row, argument, &mut frame);
        self.count(counter, Table::Frontend, row, &frame, &result);
        self.answer(result, &frame)
    }

    /// What the driver answers is `Ok`, whatever it is.
    fn escape(
        &self,
        row: &Row,
        argument: Argument,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<Outcome, Errno>, Refusal> {
        let shape = match row.handling.parameters {
            Parameters::Refused => return Err(Refusal::Unsupported),
            Parameters::Struct(shapes) => match shapes.iter().find(|shape| shape.layout.size == argument.size) {
                Some(shape) => shape,
                None if self.abi.takes_any_size(Table::Frontend, row) => &BYTES,
                None => return Err(self.wrong_size(Table::Frontend, row, argument.size)),
            },
            Parameters::Repeated(layout) => {
                if !argument.size.is_multiple_of(layout.size) {
                    return Err(self.wrong_size(Table::Frontend, row, argument.size));
                }
                return self.repeated(row, layout, argument, frame);
            }
            Parameters::Empty | Parameters::Opaque(_) | Parameters::Unpublished => return Err(Refusal::Unsupported),
        };
        let block = frame.read(argument.address, argument.size)?;
        frame.argument = Some(block.clone());
        let escape = Escape { row, shape, argument, block };
        let result = match row.handling.effect {
            None => self.plain(&escape, frame),
            Some(Effect::Alloc) => self.alloc(&escape, frame),
            Some(Effect::Control) => self.control(&escape, frame),
            Some(Effect::Free) => self.free(&escape, frame),
            Some(Effect::DupObject) => self.dup_object(&escape, frame),
            Some(Effect::AllocMemory) => {
                return self.alloc_memory(&escape, frame).or_else(|refusal| self.refuse(&escape, refusal, frame));
            }
            Some(Effect::AllocContextDma2) => self.alloc_context_dma2(&escape, frame),
            Some(Effect::VidHeapControl) => self.vid_heap_control(&escape, frame),
            Some(Effect::MapMemory) => self.map_memory(&escape, frame),
            Some(Effect::RegisterFd) => self.register_fd(&escape, frame),
            Some(Effect::ExportToDmabuf) => self.export_to_dmabuf(&escape, frame),
            Some(Effect::SysParams) => self.sys_params(&escape, frame),
            Some(_) => Err(Refusal::Unsupported),
        };
        result.map(|result| result.map(Outcome::Done)).or_else(|refusal| self.refuse(&escape, refusal, frame))
    }

    /// Answers a refusal with a status, if there is one for it and room for it.
    fn refuse(
        &self,
        escape: &Escape<'_>,
        refusal: Refusal,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<Outcome, Errno>, Refusal> {
        let Some((status, at)) = refusal.status().zip(status_of(escape.shape.layout)) else { return Err(refusal) };
        frame.scratch.set(escape.block.start + at, 4, u64::from(status.0));
        frame.write(escape.argument.address, &escape.block)?;
        // Counted as refused all the same.
        let (_, counter) = self.row(&frame.file.file, Table::Frontend, escape.row.number)?;
        counter.refused(Table::Frontend, escape.row.name, escape.row.number, &refusal);
        self.tell_refused(&frame.subject(), refusal, Some(status));
        Ok(Ok(Outcome::Done(0)))
    }

    /// Parameters of which there are as many as the size says: `NV_ESC_CARD_INFO`, `NV_ESC_ATTACH_GPUS_TO_FD`.
    fn repeated(
        &self,
        row: &Row,
        layout: &Layout,
        argument: Argument,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<Outcome, Errno>, Refusal> {
        let block = frame.read(argument.address, argument.size)?;
        frame.argument = Some(block.clone());
        if row.number == NV_ESC_ATTACH_GPUS_TO_FD {
            let sandbox = &frame.file.file.sandbox;
            let mut ids = block.clone().step_by(layout.size).map(|at| frame.scratch.u32(at));
            if !ids.all(|id| self.registry.gpu_allowed(sandbox, id)) {
                return Err(Refusal::Gpu);
            }
        }
        if row.number == NV_ESC_CARD_INFO {
            // What the driver leaves as it is must not be taken for its answer.
            frame.scratch.bytes_mut()[block.clone()].fill(0);
        }
        let result = frame.issue(&self.driver, frontend_request(row.number, argument.size), Some(block.clone()));
        if row.number == NV_ESC_ATTACH_GPUS_TO_FD && result.is_ok() {
            let ids = block.clone().step_by(layout.size).map(|at| frame.scratch.u32(at));
            frame.file.file.note(|notes| notes.attached = ids.collect());
        }
        if row.number == NV_ESC_CARD_INFO {
            self.cards(&block, frame);
        }
        if result != Err(Errno::EFAULT) {
            frame.write(argument.address, &block)?;
        }
        Ok(result.map(Outcome::Done))
    }

    /// Takes note of the host's GPUs, and leaves in the answer those of the sandbox, from its beginning. Where in the
    /// host's memory they are is left out: clients map a GPU by its device file, never by its address.
    fn cards(&self, block: &Range<usize>, frame: &mut Frame<'_, D::File>) {
        const SIZE: usize = size_of::<nv_ioctl_card_info_t>();
        const ADDRESSES: [FieldRef; 2] =
            [field!(nv_ioctl_card_info_t, reg_address), field!(nv_ioctl_card_info_t, fb_address)];
        let sandbox = frame.file.file.sandbox.clone();
        let mut gpus = Vec::new();
        let mut kept = block.start;
        for at in block.clone().step_by(SIZE) {
            let Some(card) = Card::of(|field| frame.scratch.number(at + field.offset, field.size)) else { continue };
            gpus.push(card.gpu);
            if sandbox.has_gpu(card.gpu.minor) {
                ADDRESSES.iter().for_each(|field| frame.scratch.set(at + field.offset, field.size, 0));
                frame.scratch.bytes_mut().copy_within(at..at + SIZE, kept);
                kept += SIZE;
            }
        }
        frame.scratch.bytes_mut()[kept..block.end].fill(0);
        self.registry.learn(gpus);
    }

    /// An ioctl without effects of its own.
    fn plain(&self, escape: &Escape<'_>, frame: &mut Frame<'_, D::File>) -> Result<Result<i32, Errno>, Refusal> {
        frame.prepare(&escape.block, escape.shape)?;
        let sent = frame.kept(escape);
        let result = self.forward(escape, frame);
        if let Some(sent) = sent
            && escape.succeeded(frame, &result)
        {
            self.note_escape(escape, frame, sent);
        }
        self.reply(escape, frame, result)
    }

    /// Has the driver do it and gives the guest what comes of it.
    pub(super) fn pass(
        &self,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        let result = self.forward(escape, frame);
        self.reply(escape, frame, result)
    }

    /// Has the driver do it.
    pub(super) fn forward(&self, escape: &Escape<'_>, frame: &mut Frame<'_, D::File>) -> Result<i32, Errno> {
        let request = frontend_request(escape.row.number, escape.argument.size);
        frame.issue(&self.driver, request, Some(escape.block.clone()))
    }

    /// Gives the guest what came of it: as in the driver, the parameters also when the call failed, unless for a bad
    /// address.
    pub(super) fn reply(
        &self,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
        result: Result<i32, Errno>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        if result.is_ok() {
            frame.copy_out_with(escape.argument.address, &escape.block)?;
        } else if result != Err(Errno::EFAULT) {
            frame.write(escape.argument.address, &escape.block)?;
        }
        Ok(result)
    }

    /// Compare src/nvidia/arch/nvalloc/unix/src/escape.c:RmIoctl(), where the driver sets the same bounds.
    fn register_fd(&self, escape: &Escape<'_>, frame: &mut Frame<'_, D::File>) -> Result<Result<i32, Errno>, Refusal> {
        frame.prepare(&escape.block, escape.shape)?;
        let control = frame.files.first().map(|control| control.file.clone());
        // The driver allows neither; here, files that keep each other would stay for ever.
        if control.as_ref().is_some_and(|control| control.id == frame.file.file.id || control.control.get().is_some()) {
            return Err(Refusal::Descriptor("ctl_fd"));
        }
        let result = self.forward(escape, frame);
        if result.is_ok()
            && let Some(control) = control
        {
            // The driver accepts it once in a file's life, so it is not set.
            let _ = frame.file.file.control.set(control);
        }
        self.reply(escape, frame, result)
    }

    /// The size of a block of the host's memory: the first value that anybody sets counts for the whole host (compare
    /// kernel-open/nvidia/nv.c:nvidia_ioctl(), case NV_ESC_SYS_PARAMS), so only the true one is let through.
    fn sys_params(&self, escape: &Escape<'_>, frame: &mut Frame<'_, D::File>) -> Result<Result<i32, Errno>, Refusal> {
        let size = field!(nv_ioctl_sys_params_t, memblock_size);
        let size = frame.scratch.number(escape.block.start + size.offset, size.size);
        if self.memory_block_size != Some(size) {
            return Err(Refusal::HostSetting);
        }
        self.pass(escape, frame)
    }

    /// Frees an object and, in the driver as here, what hangs on it. The driver takes a handle that is none for an
    /// object that is free already.
    fn free(&self, escape: &Escape<'_>, frame: &mut Frame<'_, D::File>) -> Result<Result<i32, Errno>, Refusal> {
        let root = escape.handle(frame, field!(NVOS00_PARAMETERS, hRoot));
        let object = escape.handle(frame, field!(NVOS00_PARAMETERS, hObjectOld));
        let client = self.registry.own(&frame.file.file, root)?;
        // No call that names the client may be in the driver when its handle becomes free.
        let unused = (object == root).then(|| client.unused());
        let mut guard = client.lock().ok_or(Refusal::Client)?;
        let result = self.forward(escape, frame);
        let freed = match (escape.succeeded(frame, &result), object == root) {
            (false, _) => Freed::default(),
            (true, false) => guard.objects().free(object),
            (true, true) => guard.empty(root),
        };
        let gone = guard.is_empty();
        drop((guard, unused));
        if gone {
            self.registry.clients.forget(&client);
            frame.file.file.sandbox.note_client_gone(client.handle);
        }
        drop(freed);
        self.reply(escape, frame, result)
    }

    /// Compare src/nvidia/src/libraries/resserv/src/rs_server.c:serverCopyResource(), which does not ask whose the
    /// source is.
    fn dup_object(&self, escape: &Escape<'_>, frame: &mut Frame<'_, D::File>) -> Result<Result<i32, Errno>, Refusal> {
        let to = self.registry.own(&frame.file.file, escape.handle(frame, field!(NVOS55_PARAMETERS, hClient)))?;
        let from = escape.handle(frame, field!(NVOS55_PARAMETERS, hClientSrc));
        let from = self.registry.foreign(&frame.file.file, from)?;
        frame.keep(&from)?;
        let source = escape.handle(frame, field!(NVOS55_PARAMETERS, hObjectSrc));
        let same = to.handle == from.handle;
        let mut origin = frame.origin(escape, None, None);
        let (mut to, mut from) = to.lock_with(&from).ok_or(Refusal::Client)?;
        self.registry.order(&mut origin);
        let result = self.forward(escape, frame);
        let mut stale = Freed::default();
        if escape.succeeded(frame, &result) {
            let new = escape.handle(frame, field!(NVOS55_PARAMETERS, hObject));
            let parent = escape.handle(frame, field!(NVOS55_PARAMETERS, hParent));
            let objects = from.as_mut().unwrap_or(&mut to).objects();
            let class = objects.class(source).unwrap_or(UNKNOWN_CLASS);
            let identity = objects.identity(source).unwrap_or_else(|| self.registry.clients.identity());
            let dependencies = objects.dependencies(source);
            objects.copied(source);
            let objects = to.objects();
            stale = objects.add(new, parent, identity, Details { class, origin, ..Details::default() });
            objects.copied(new);
            // The copy depends on the copies, in its own client, of what the original depends on (compare
            // src/nvidia/src/kernel/gpu/fifo/kernel_ctxshare.c:kctxshareapiCopyConstruct_IMPL()).
            for (on, identity) in dependencies {
                if let Some(on) = if same { Some(on) } else { objects.copy_of(identity) } {
                    objects.depend(new, on);
                }
            }
        }
        drop((to, from));
        drop(stale);
        self.reply(escape, frame, result)
    }
}

/// An ioctl whose parameters were read.
pub(super) struct Escape<'a> {
    pub row: &'a Row,
    pub shape: &'static Shape,
    pub argument: Argument,
    pub block: Range<usize>,
}

impl Escape<'_> {
    /// A handle in the parameters.
    pub(super) fn handle<F>(&self, frame: &Frame<'_, F>, field: FieldRef) -> NvHandle {
        NvHandle(frame.scratch.u32(self.block.start + field.offset))
    }

    /// Whether the driver did it.
    pub(super) fn succeeded<F>(&self, frame: &Frame<'_, F>, result: &Result<i32, Errno>) -> bool {
        result.is_ok() && status_of(self.shape.layout).is_none_or(|at| frame.scratch.u32(self.block.start + at) == 0)
    }
}

/// What a call is about of which nothing was read.
fn bare<F>(file: &GuestFile<F>, request: u32, number: u32) -> Subject<'_> {
    Subject { file: &file.file, request, table: Table::Frontend, number, argument: &[] }
}

/// Where the resource manager's status is in these parameters.
pub(super) fn status_of(layout: &Layout) -> Option<usize> {
    let own = layout.status().map(|field| field.offset);
    own.or_else(|| {
        let params = layout.fields.iter().find(|field| field.name == "params")?;
        Some(params.offset + status_of(params.ty.record()?)?)
    })
}

/// Takes an ioctl out of `NV_ESC_IOCTL_XFER_CMD`.
fn unwrap<F>(argument: Argument, guest: &Guest<'_, F>) -> Result<(u32, Argument), Refusal> {
    let mut bytes = [0; size_of::<nv_ioctl_xfer_t>()];
    if argument.size != bytes.len() {
        return Err(Refusal::Size { given: argument.size, known: bytes.len() });
    }
    guest.memory.read(argument.address, &mut bytes)?;
    let xfer: nv_ioctl_xfer_t = zerocopy::transmute!(bytes);
    // The driver takes any number here; none of the others is an ioctl.
    if xfer.cmd > 0xff || xfer.cmd == XFER_CMD.number {
        return Err(Refusal::NotListed);
    }
    let size = xfer.size as usize;
    if size > IOCTL_SIZE_MAX {
        return Err(Refusal::Size { given: size, known: IOCTL_SIZE_MAX });
    }
    Ok((xfer.cmd, Argument { address: xfer.ptr.0, size }))
}
