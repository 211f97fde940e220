//! The proxy: a guest's call on a device file, done or refused.

mod alloc;
mod alloc_memory;
mod ask;
mod budget;
mod client;
mod control;
mod counters;
mod engine;
mod file;
mod frontend;
mod gpus;
mod growth;
mod mapping;
mod objects;
mod observer;
mod pieces;
mod refusal;
mod sandbox;
pub mod save;
mod scratch;
mod uvm;

pub use counters::{Counter, Counters};
pub use file::{File, Mapping, MemoryType};
pub use gpus::Gpu;
pub use observer::{Asked, Observer, Refused};
pub use refusal::Refusal;
pub use sandbox::{EventKeys, Options, Sandbox, UvmMode};

pub(crate) use file::FileId;
pub(crate) use sandbox::SandboxId;

use crate::abi::{Abi, Parameters, Row, Table};
use crate::guest::{GuestFile, GuestFiles, GuestMemory};
use crate::host::{HostDriver, Node};
use client::{Client, Clients};
use engine::Frame;
use nix::errno::Errno;
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::abi::types::NvHandle;

/// Stands between guests and a driver of one release.
///
/// One proxy serves any number of sandboxes and threads: calls of different clients never wait for each other.
pub struct Proxy<D> {
    driver: D,
    abi: Arc<Abi>,
    registry: Arc<Registry>,
    counters: Arc<Counters>,
    memory_block_size: Option<u64>,
    only_proved: bool,
    /// Whether clients get back the handles that they had.
    restoring: bool,
    observer: Option<Arc<dyn Observer>>,
    times: bool,
}

/// The guest that makes a call.
pub struct Guest<'a, F> {
    /// Its memory.
    pub memory: &'a dyn GuestMemory,
    /// Its files.
    pub files: &'a dyn GuestFiles<F>,
}

/// What has become of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is done: this is what `ioctl(2)` returns.
    Done(i32),
    /// The guest's own call is to go to the driver, unchanged: see [`UvmMode::Native`] and
    /// [`Lending::Native`](crate::Lending).
    Native,
}

/// What is known across sandboxes.
pub(crate) struct Registry {
    clients: Arc<Clients>,
    gpus: RwLock<Vec<Gpu>>,
    numbers: AtomicU64,
}

impl Registry {
    /// A number that no other has; later ones are greater.
    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// The client of a file. It must have been made on that file, or on the control file it is registered with: the
    /// driver checks the same for most calls.
    fn own(&self, file: &File, handle: NvHandle) -> Result<Arc<Client>, Refusal> {
        let client = self.clients.get(handle).ok_or(Refusal::Client)?;
        if client.sandbox == file.sandbox.id && client.file == file.owner() { Ok(client) } else { Err(Refusal::Client) }
    }

    /// The client of a file's sandbox, on whichever of its files it was made.
    fn foreign(&self, file: &File, handle: NvHandle) -> Result<Arc<Client>, Refusal> {
        let client = self.clients.get(handle).ok_or(Refusal::Client)?;
        if client.sandbox == file.sandbox.id { Ok(client) } else { Err(Refusal::Client) }
    }
}

impl<D: HostDriver> Proxy<D> {
    /// A proxy for a driver of the release that `abi` is of.
    pub fn new(driver: D, abi: Abi) -> Self {
        let (counters, abi) = (Arc::new(Counters::new(&abi)), Arc::new(abi));
        let registry = Registry { clients: Arc::default(), gpus: RwLock::default(), numbers: AtomicU64::new(1) };
        Self {
            driver,
            abi,
            registry: Arc::new(registry),
            counters,
            memory_block_size: None,
            only_proved: false,
            restoring: false,
            observer: None,
            times: false,
        }
    }

    /// Says how large a block of the host's memory is, in bytes (`/sys/devices/system/memory/block_size_bytes`). Guests
    /// tell the driver; only this value is let through, and without it none.
    #[must_use]
    pub fn with_memory_block_size(mut self, bytes: u64) -> Self {
        self.memory_block_size = Some(bytes);
        self
    }

    /// Makes the proxy refuse every row that is only inferred ([`Evidence`](crate::abi::Evidence)). At a release with headers
    /// these are the few that no header defines.
    #[must_use]
    pub fn with_only_proved(mut self) -> Self {
        self.only_proved = true;
        self
    }

    /// Has the counters say how long calls take ([`Counter::time`]), for which the clock is read before and after each.
    #[must_use]
    pub fn with_times(mut self) -> Self {
        self.times = true;
        self
    }

    /// Has somebody told of every call that does not reach the driver.
    #[must_use]
    pub fn with_observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The driver.
    pub fn driver(&self) -> &D {
        &self.driver
    }

    /// What the proxy goes by.
    pub fn abi(&self) -> &Abi {
        &self.abi
    }

    /// What became of calls so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// A new sandbox.
    pub fn sandbox(&self, options: Options) -> Arc<Sandbox> {
        Arc::new(Sandbox::new(self.registry.number(), options))
    }

    /// Takes note that a guest of the sandbox opened a device file: a new open file description.
    ///
    /// # Errors
    /// `ENODEV` where it is a GPU that the sandbox was not given, or is only to be opened and the sandbox may not.
    pub fn file(&self, sandbox: &Arc<Sandbox>, node: Node) -> Result<Arc<File>, Errno> {
        if !sandbox.may_open(node) {
            return Err(Errno::ENODEV);
        }
        let id = FileId(self.registry.number());
        let file = Arc::new(File::new(id, node, sandbox.clone(), self.registry.clients.clone()));
        if sandbox.options.saveable {
            sandbox.files.lock().insert(id.0, Arc::downgrade(&file));
        }
        Ok(file)
    }

    /// Opens a device file for a guest: on the host, and here.
    ///
    /// # Errors
    /// Those of [`file`](Self::file) and [`HostDriver::open`].
    pub fn open(&self, sandbox: &Arc<Sandbox>, node: Node) -> Result<GuestFile<D::File>, Errno> {
        let file = self.file(sandbox, node)?;
        Ok(GuestFile { file, host: self.driver.open(node)? })
    }

    /// A guest's `ioctl(2)` on a device file.
    ///
    /// `request` is taken as the kernel takes it, 32 bits. What the call does not allow is refused as the driver would
    /// refuse it: with an error, or with success and a status of the resource manager's in the parameters.
    ///
    /// # Errors
    /// Those of the driver; `EINVAL` for what does not exist, `EFAULT` for a bad address.
    pub fn ioctl(
        &self,
        file: &GuestFile<D::File>,
        request: u32,
        argument: u64,
        guest: &Guest<'_, D::File>,
    ) -> Result<Outcome, Errno> {
        match file.file.node() {
            Node::Control | Node::Device(_) => self.frontend(file, request, argument, guest),
            Node::Uvm => self.uvm(file, request, argument, guest),
            Node::Capability(_) | Node::ImexChannel(_) | Node::DmaBuf => Err(Errno::ENOTTY),
        }
    }

    /// The row of a number, if the sandbox may use it.
    fn row(&self, file: &File, table: Table, number: u32) -> Result<(&Row, &Counter), Refusal> {
        let Some((index, row)) = self.abi.table(table).position(number) else {
            self.counters.unlisted(table, number);
            return Err(if self.abi.leaves_out(table, number) { Refusal::LeftOut } else { Refusal::NotListed });
        };
        let counter = self.counters.of(table, index);
        if self.only_proved && !self.abi.table(table).evidence(row).is_of_release() {
            let refusal = Refusal::Unproved { release: self.abi.version() };
            counter.refused(table, row.name, number, &refusal);
            return Err(refusal);
        }
        if row.capabilities.intersects(file.sandbox.options.capabilities) {
            Ok((row, counter))
        } else {
            let refusal = Refusal::Capability(row.capabilities);
            counter.refused(table, row.name, number, &refusal);
            Err(refusal)
        }
    }

    /// Why parameters of that size are refused.
    fn wrong_size(&self, table: Table, row: &Row, given: usize) -> Refusal {
        let sizes = match row.handling.parameters {
            Parameters::Repeated(layout) => Some(layout.size),
            _ => row.handling.shapes().iter().map(|shape| shape.layout.size).max(),
        };
        let known = sizes.unwrap_or(0);
        if self.abi.table(table).evidence(row).enforces_size() {
            Refusal::Size { given, known }
        } else {
            Refusal::InferredSize { release: self.abi.version(), given, known }
        }
    }

    /// What the guest is told, and whoever watches.
    fn answer(
        &self,
        result: Result<Result<Outcome, Errno>, Refusal>,
        frame: &Frame<'_, D::File>,
    ) -> Result<Outcome, Errno> {
        match result {
            Ok(Ok(Outcome::Native)) => {
                self.tell_native(&frame.subject());
                Ok(Outcome::Native)
            }
            Ok(result) => result,
            Err(refusal) => {
                self.tell_refused(&frame.subject(), refusal, None);
                Err(refusal.errno())
            }
        }
    }

    /// Counts what became of a call.
    fn count<T>(
        &self,
        counter: &Counter,
        table: Table,
        row: &Row,
        frame: &Frame<'_, D::File>,
        result: &Result<T, Refusal>,
    ) {
        match result {
            Ok(_) => counter.forwarded(frame.started.map(|started| started.elapsed())),
            Err(refusal) => counter.refused(table, row.name, row.number, refusal),
        }
    }
}
