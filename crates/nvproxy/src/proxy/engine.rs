//! What is done for every entry, as its row says: copy in once, hold against limits, say what the driver is to find in
//! the place of pointers and descriptors, and copy out.

use super::budget::Charge;
use super::client::{Client, InUse};
use super::growth::Growth;
use super::observer::Subject;
use super::refusal::Refusal;
use super::sandbox::EventKeys;
use super::scratch::Scratch;
use super::{FileId, Guest, Registry};
use crate::abi::row::{Absent, Descriptor, Direction, File as Kind, PARAMS_SIZE_MAX, Pointer};
use crate::abi::types::NvHandle;
use crate::abi::{Param, Shape, Table};
use crate::guest::GuestFile;
use crate::host::{Call, HostDriver, Node, Value};
use crate::{File, abi::reflect::FieldRef};
use nix::errno::Errno;
use smallvec::SmallVec;
use std::ops::Range;
use std::time::Instant;

/// What stands for no descriptor: -1.
const NO_DESCRIPTOR: u32 = u32::MAX;

/// The most clients that a call may name. Programs name one or two.
const CLIENTS_MAX: usize = 64;

/// A count that is greater than what means anything to the driver: see [`Pointer::clamp`].
struct Clamped {
    at: usize,
    width: usize,
    /// What the guest gave.
    given: u64,
    /// What the driver gets.
    told: u64,
}

/// A call in the making.
pub(super) struct Frame<'a, F> {
    pub registry: &'a Registry,
    pub guest: &'a Guest<'a, F>,
    /// The file that the call is made on.
    pub file: &'a GuestFile<F>,
    pub scratch: Scratch,
    /// What the call takes of the sandbox's memory: given back after the scratch memory is.
    charge: Charge<'a>,
    pub files: SmallVec<[GuestFile<F>; 2]>,
    /// The guest's descriptors of the files that it means, for a sandbox that may be saved.
    pub named: SmallVec<[(i32, FileId); 2]>,
    /// What of the call goes back to the guest, in that order: where to, and which bytes.
    pub out: SmallVec<[(u64, Range<usize>); 4]>,
    /// What the driver writes that the guest is not to see.
    pub wiped: Vec<Range<usize>>,
    /// Files of clients that the call names, open until it is done.
    pub held: SmallVec<[GuestFile<F>; 1]>,
    /// Those clients: none of them is freed until the call is done.
    pub in_use: SmallVec<[InUse; 2]>,
    /// Counts that the driver gets smaller than the guest gave them.
    clamped: Vec<Clamped>,
    /// What stands behind parameters whose size is not known.
    pub growth: Option<Growth>,
    /// The request number, as the guest gave it.
    request: u32,
    /// The innermost thing that is asked for, as far as it was read.
    pub subject: (Table, u32),
    /// The ioctl's own parameters, once they were read.
    pub argument: Option<Range<usize>>,
    /// When the call began, if anybody wants to know how long it takes.
    pub started: Option<Instant>,
}

impl<'a, F> Frame<'a, F> {
    pub(super) fn new(
        registry: &'a Registry,
        guest: &'a Guest<'a, F>,
        file: &'a GuestFile<F>,
        request: u32,
        subject: (Table, u32),
    ) -> Self {
        Self {
            registry,
            guest,
            file,
            scratch: Scratch::take(),
            charge: Charge::new(&file.file.sandbox.budget),
            files: SmallVec::new(),
            named: SmallVec::new(),
            out: SmallVec::new(),
            wiped: Vec::new(),
            held: SmallVec::new(),
            in_use: SmallVec::new(),
            clamped: Vec::new(),
            growth: None,
            request,
            subject,
            argument: None,
            started: None,
        }
    }

    /// What it is about.
    pub(super) fn subject(&self) -> Subject<'_> {
        let argument = self.argument.clone().and_then(|block| self.scratch.bytes().get(block)).unwrap_or(&[]);
        let (table, number) = self.subject;
        Subject { file: &self.file.file, request: self.request, table, number, argument }
    }

    /// A block with the guest's bytes.
    pub(super) fn read(&mut self, address: u64, len: usize) -> Result<Range<usize>, Refusal> {
        self.charge.hold(self.scratch.used_with(len))?;
        let block = self.scratch.block(len);
        self.guest.memory.read(address, &mut self.scratch.bytes_mut()[block.clone()])?;
        Ok(block)
    }

    /// A block of zeros.
    pub(super) fn zeros(&mut self, len: usize) -> Result<Range<usize>, Refusal> {
        self.charge.hold(self.scratch.used_with(len))?;
        Ok(self.scratch.zeros(len))
    }

    /// Does what the row says about the fields of a struct that was read. What its pointers lead to is read, too, and
    /// will be written back.
    pub(super) fn prepare(&mut self, block: &Range<usize>, shape: &Shape) -> Result<(), Refusal> {
        for param in shape.params {
            let field = param.field();
            let at = block.start + field.offset;
            match param {
                Param::Zero(_) => {
                    if self.scratch.number(at, field.size) != 0 {
                        return Err(Refusal::NotZero(field.path));
                    }
                }
                Param::Null(_) => self.scratch.lend(at, field.size, Value::Number(0))?,
                Param::Fixed { value, .. } => self.scratch.lend(at, field.size, Value::Number(*value as u64))?,
                Param::Descriptor(descriptor) => self.descriptor(at, descriptor)?,
                Param::Pointer(pointer) => self.pointer(block, pointer)?,
                Param::Client(_) => self.clients(at..at + field.size)?,
                Param::OwnClient(_) => {
                    let client = self.registry.own(&self.file.file, NvHandle(self.scratch.u32(at)))?;
                    self.keep(&client)?;
                }
                Param::GpuIds(_, Direction::In) => self.gpu_ids(at, field)?,
                Param::GpuUuid(_) => self.gpu_uuid(at, field)?,
                Param::Wipe { count, stride, .. } => self.wipe(at, field.size, *count, *stride),
                Param::GpuIds(..) | Param::Key(_) | Param::Dependency { .. } | Param::Special(_) => {}
            }
        }
        Ok(())
    }

    fn descriptor(&mut self, at: usize, descriptor: &Descriptor) -> Result<(), Refusal> {
        let field = &descriptor.field;
        if descriptor.file == Kind::ClientFile {
            let is_absent = (self.scratch.number(at, field.size) as i32) < 0;
            return match self.held.pop() {
                Some(file) => self.lend_file(at, field.size, file),
                None if is_absent => Ok(()),
                None => self.scratch.lend(at, field.size, Value::Number(u64::from(NO_DESCRIPTOR))),
            };
        }
        let wrong = Refusal::Descriptor(field.path);
        let raw = self.scratch.number(at, field.size);
        let number = if field.size == 4 { i64::from(raw as u32 as i32) } else { raw as i64 };
        match descriptor.absent {
            Absent::Negative if number < 0 => return Ok(()),
            Absent::Zero if number == 0 => return Ok(()),
            _ => {}
        }
        // Of eight bytes, the driver would take four; a number that means something else then is none.
        let number = i32::try_from(number).map_err(|_| wrong)?;
        let found = self.guest.files.get(number).ok_or(wrong)?;
        self.check_file(&found.file, descriptor.file).ok_or(wrong)?;
        if self.file.file.sandbox.options.saveable {
            self.named.push((number, found.file.id));
        }
        if descriptor.file == Kind::Event && self.file.file.sandbox.options.events == EventKeys::Guest {
            // Lent all the same: the driver leaves an address of its own there (compare
            // src/nvidia/src/kernel/rmapi/event.c:eventInit()).
            return self.scratch.lend(at, field.size, Value::Number(raw));
        }
        self.lend_file(at, field.size, found)
    }

    /// Has the driver find a file's descriptor.
    pub(super) fn lend_file(&mut self, at: usize, width: usize, file: GuestFile<F>) -> Result<(), Refusal> {
        self.scratch.lend(at, width, Value::File(self.files.len()))?;
        self.files.push(file);
        Ok(())
    }

    fn check_file(&self, file: &File, kind: Kind) -> Option<()> {
        let node = file.node();
        let fits = match kind {
            Kind::Control => node == Node::Control,
            Kind::Device => matches!(node, Node::Device(_)),
            Kind::Frontend | Kind::Event => node.is_frontend(),
            Kind::Uvm => node == Node::Uvm,
            Kind::ClientFile => false,
            Kind::DmaBuf => node == Node::DmaBuf,
            Kind::Capability => matches!(node, Node::Capability(_) | Node::ImexChannel(_)),
        };
        (fits && file.sandbox.id == self.file.file.sandbox.id).then_some(())
    }

    fn pointer(&mut self, block: &Range<usize>, pointer: &Pointer) -> Result<(), Refusal> {
        let at = block.start + pointer.field.offset;
        let address = self.scratch.number(at, pointer.field.size);
        if address == 0 {
            return Ok(());
        }
        let count_at = block.start + pointer.count.offset;
        let mut count = self.scratch.number(count_at, pointer.count.size);
        if let Some(most) = pointer.clamp
            && count > u64::from(most)
        {
            self.clamp(count_at, pointer.count.size, count, u64::from(most));
            count = u64::from(most);
        }
        let elements = if pointer.squared { count.checked_mul(count) } else { Some(count) };
        let len = elements
            .and_then(|elements| elements.checked_mul(pointer.element.size() as u64))
            .and_then(|len| usize::try_from(len).ok())
            // What may be more is done in pieces.
            .filter(|len| *len <= pointer.limit.min(PARAMS_SIZE_MAX))
            .ok_or(Refusal::TooLong(pointer.field.path))?;
        if len == 0 {
            // Nothing to lead to; the driver has its own mind about a count of zero.
            return self.scratch.lend(at, pointer.field.size, Value::Number(0));
        }
        let target = match pointer.direction {
            Direction::Out => self.zeros(len)?,
            Direction::In | Direction::InOut => self.read(address, len)?,
        };
        if pointer.clients {
            self.clients(target.clone())?;
        }
        if pointer.direction != Direction::In {
            self.out.push((address, target.clone()));
        }
        self.scratch.lend(at, pointer.field.size, Value::Bytes(target))
    }

    /// Has the driver find a smaller count. Several pointers may have the same one.
    fn clamp(&mut self, at: usize, width: usize, given: u64, told: u64) {
        match self.clamped.iter_mut().find(|clamped| clamped.at == at) {
            Some(clamped) => clamped.told = clamped.told.min(told),
            None => self.clamped.push(Clamped { at, width, given, told }),
        }
    }

    /// Fields that are zero for the driver, and for the guest afterwards.
    fn wipe(&mut self, first: usize, size: usize, count: usize, stride: usize) {
        for at in (0..count).map(|index| first + index * stride) {
            self.scratch.set(at, size, 0);
            self.wiped.push(at..at + size);
        }
    }

    /// Every handle of a list is null or a client of this sandbox.
    fn clients(&mut self, handles: Range<usize>) -> Result<(), Refusal> {
        for at in handles.step_by(4) {
            let handle = NvHandle(self.scratch.u32(at));
            if handle.0 != 0 {
                let client = self.registry.foreign(&self.file.file, handle)?;
                self.keep(&client)?;
            }
        }
        Ok(())
    }

    /// Keeps a client until the call is done. The driver does not ask whose some clients are that a call names, so the
    /// handle must not become another sandbox's meanwhile: the client's file stays open, and no other call frees the
    /// client.
    pub(super) fn keep(&mut self, client: &Client) -> Result<(), Refusal> {
        if self.in_use.iter().any(|in_use| in_use.is_of(client)) {
            return Ok(());
        }
        if self.in_use.len() >= CLIENTS_MAX {
            return Err(Refusal::TooLong("a list of clients"));
        }
        let own = &self.file.file;
        // The driver keeps the control file open that this one is registered with.
        if client.file != own.id && client.file != own.owner() {
            self.held.push(self.guest.files.hold(client.file.0).ok_or(Refusal::Client)?);
        }
        self.in_use.push(client.in_use().ok_or(Refusal::Client)?);
        Ok(())
    }

    /// Every identity of the field is of a GPU that the sandbox was given, or none. What the driver is not to find does
    /// not matter.
    fn gpu_ids(&self, at: usize, field: &FieldRef) -> Result<(), Refusal> {
        let sandbox = &self.file.file.sandbox;
        let lent = |at| self.scratch.lent.iter().any(|lent| lent.at == at);
        let allowed = |at| self.registry.gpu_allowed(sandbox, self.scratch.u32(at)) || lent(at);
        if (at..at + field.size).step_by(4).all(allowed) { Ok(()) } else { Err(Refusal::Gpu) }
    }

    fn gpu_uuid(&self, at: usize, field: &FieldRef) -> Result<(), Refusal> {
        let uuid = self.scratch.bytes().get(at..at + field.size).unwrap_or_default();
        if self.file.file.sandbox.has_uuid(uuid) { Ok(()) } else { Err(Refusal::Gpu) }
    }

    /// Has the driver do it.
    pub(super) fn issue<D: HostDriver<File = F>>(
        &mut self,
        driver: &D,
        request: u32,
        argument: Option<Range<usize>>,
    ) -> Result<i32, Errno> {
        self.issue_opening(driver, request, argument, None).0
    }

    /// Has the driver do it, and put the descriptor of a new file at `opens`.
    pub(super) fn issue_opening<D: HostDriver<File = F>>(
        &mut self,
        driver: &D,
        request: u32,
        argument: Option<Range<usize>>,
        opens: Option<usize>,
    ) -> (Result<i32, Errno>, Option<F>) {
        let files: SmallVec<[&F; 4]> = self.files.iter().map(|file| &file.host).collect();
        for Clamped { at, width, told, .. } in &self.clamped {
            self.scratch.set(*at, *width, *told);
        }
        let (bytes, lent) = self.scratch.split();
        let mut call = Call::new(request, bytes, argument, lent, &files).of(&self.file.file, &self.files);
        if let Some(at) = opens {
            call = call.opening(at);
        }
        let result = driver.ioctl(&self.file.host, &mut call);
        let opened = call.take_opened();
        for range in &self.wiped {
            self.scratch.bytes_mut()[range.clone()].fill(0);
        }
        // The guest's own count comes back, unless the driver has put another in its place.
        for Clamped { at, width, given, told } in &self.clamped {
            if self.scratch.number(*at, *width) == *told {
                self.scratch.set(*at, *width, *given);
            }
        }
        (result, opened)
    }

    /// Gives the guest what the driver wrote behind its pointers.
    pub(super) fn copy_out(&self) -> Result<(), Refusal> {
        for (address, block) in &self.out {
            self.write(*address, block)?;
        }
        match self.grown() {
            Some((address, block)) => self.write(address, &block),
            None => Ok(()),
        }
    }

    /// Gives the guest what the driver wrote behind its pointers, and then a block: in one go.
    pub(super) fn copy_out_with(&self, address: u64, block: &Range<usize>) -> Result<(), Refusal> {
        let grown = self.grown();
        let out = self.out.iter().chain(&grown).map(|(address, block)| (*address, block));
        let all = out.chain([(address, block)]);
        let bytes = |block: &Range<usize>| self.scratch.bytes().get(block.clone()).unwrap_or(&[]);
        let blocks: SmallVec<[(u64, &[u8]); 5]> = all.map(|(address, block)| (address, bytes(block))).collect();
        Ok(self.guest.memory.write_all(&blocks)?)
    }

    /// Gives the guest a block.
    pub(super) fn write(&self, address: u64, block: &Range<usize>) -> Result<(), Refusal> {
        let bytes = self.scratch.bytes().get(block.clone()).unwrap_or(&[]);
        Ok(self.guest.memory.write(address, bytes)?)
    }
}
