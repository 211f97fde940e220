//! The simulator as a host driver.

use crate::control::Answers;
use crate::frame::{BASE, Frame};
use crate::gpu::Engine;
use crate::machine::{self, Gpu, MOST_GPUS};
use crate::memory::{Budget, Loans, Memory, PAGE, Store};
use crate::rm::{Kinds, Rm};
use crate::unknown::{Kind, Unknowns};
use crate::{File, GuestMemory, NodeInfo, Profile, Unknown};
use nvproxy::abi::Abi;
use nvproxy::{Call, Errno, HostDriver, Mapped, Node};
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// As much memory as the host's side of all objects can have, in bytes: address space, most of it never filled.
const HOST_MEMORY: u64 = 1 << 40;
/// As much as the simulator fills by itself, in bytes, unless told otherwise: what GPUs write.
const FILLED: u64 = 8 << 30;

/// Where addresses of the GPUs' begin that the resource manager chooses.
const FIRST_ADDRESS: u64 = 1 << 44;
/// Where mappings begin before their owners say where they put them.
const FIRST_MAPPING: u64 = 1 << 45;

/// A machine with NVIDIA GPUs and their driver. Clones are the same machine.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
    /// The machine's GPUs stop when the last of these goes, whatever files are still open.
    _power: Arc<Power>,
}

/// What files, too, hold on to.
pub(crate) struct Inner {
    pub abi: Abi,
    pub gpus: Vec<Gpu>,
    pub kinds: Kinds,
    pub answers: Answers,
    pub rm: Mutex<Rm>,
    pub loans: Loans,
    pub engine: Arc<Engine>,
    pub unknown: Arc<Unknowns>,
    /// What is left of the memory of the host that objects can stand for.
    pub system: Arc<Budget>,
    /// What is left of the memory that the simulator itself may fill.
    pub host: Arc<Budget>,
    /// How many channels came to an address that leads nowhere.
    pub faults: Arc<AtomicU64>,
    numbers: AtomicU64,
    /// Addresses of the GPUs' that nobody was given yet.
    pub next_address: AtomicU64,
    /// What mappings are known by that nobody has yet.
    pub next_mapping: AtomicU64,
}

struct Power(Arc<Engine>);

impl Drop for Power {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Why a machine cannot be simulated.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// A machine without a GPU has no driver.
    #[error("a simulated machine needs at least one GPU profile")]
    NoGpu,
    /// More than the driver's own limit.
    #[error("a simulated machine can have at most {1} GPUs, not {0}")]
    TooMany(usize, usize),
    /// What the crate declares is wrong.
    #[error("the simulator's own data is wrong: {0}")]
    Data(String),
}

impl Simulator {
    /// A machine with a GPU of each profile, by minor number, whose driver is of the release of `abi`.
    ///
    /// # Errors
    /// No profile, or more than a machine can have.
    pub fn new(abi: Abi, profiles: &[Profile]) -> Result<Self, SimulatorError> {
        if profiles.is_empty() {
            return Err(SimulatorError::NoGpu);
        }
        if profiles.len() > MOST_GPUS {
            return Err(SimulatorError::TooMany(profiles.len(), MOST_GPUS));
        }
        let unknown = Arc::new(Unknowns::default());
        let engine = Engine::new(unknown.clone());
        let inner = Inner {
            gpus: profiles.iter().zip(0..).map(|(profile, minor)| Gpu::new(minor, profile.clone())).collect(),
            kinds: Kinds::new(&abi).map_err(|error| SimulatorError::Data(error.to_string()))?,
            answers: Answers::new(&abi).map_err(|error| SimulatorError::Data(error.to_string()))?,
            rm: Mutex::new(Rm::new()),
            loans: Loans::default(),
            engine: engine.clone(),
            unknown,
            system: Budget::new(HOST_MEMORY),
            host: Budget::new(FILLED),
            faults: Arc::default(),
            numbers: AtomicU64::new(1),
            next_address: AtomicU64::new(FIRST_ADDRESS),
            next_mapping: AtomicU64::new(FIRST_MAPPING),
            abi,
        };
        Ok(Self { inner: Arc::new(inner), _power: Arc::new(Power(engine)) })
    }

    /// The interface that the driver has.
    pub fn abi(&self) -> &Abi {
        &self.inner.abi
    }

    /// What NVIDIA's libraries read in `/proc` and `/sys` of such a machine: absolute paths and contents. Of
    /// `/proc/devices` it is the whole file of a machine that has nothing else.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        machine::files(self.inner.abi.version(), &self.inner.gpus)
    }

    /// The device files.
    pub fn nodes(&self) -> Vec<NodeInfo> {
        machine::nodes(self.inner.gpus.len())
    }

    /// The identities of the GPUs as tools print them, by minor number.
    pub fn uuids(&self) -> Vec<String> {
        self.inner.gpus.iter().map(Gpu::uuid_text).collect()
    }

    /// Makes memory of a guest known to the driver, for as long as the result lives: what a runtime's
    /// [`nvproxy::GuestMemory::lend`] returns. `None` of more than any memory.
    pub fn lend(&self, memory: Arc<dyn GuestMemory>, address: u64, length: u64) -> Option<Box<dyn Mapped>> {
        self.inner.loans.add(memory, address, length)
    }

    /// What was asked for and is not there, most often asked first.
    pub fn unknown(&self) -> Vec<Unknown> {
        let abi = &self.inner.abi;
        self.inner.unknown.list(|kind, number| {
            let rows = match kind {
                Kind::Escape => abi.frontend(),
                Kind::Uvm => abi.uvm(),
                Kind::Control => abi.control(),
                Kind::Class => abi.alloc(),
                Kind::Method => return None,
            };
            rows.get(number).map(|row| row.name)
        })
    }

    /// Prepares a file to be mapped as memory that holds nothing, as long as those bytes say.
    pub(crate) fn map_nothing(&self, file: &File, length: Option<&[u8]>) {
        let length = length.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
        let length = length.checked_next_multiple_of(PAGE).unwrap_or(0);
        if let Some(store) = Store::new(length, &self.inner.system, &self.inner.host).filter(|_| length > 0) {
            file.map(Arc::new(Memory::Store(store)), 0, length);
        }
    }

    /// How many clients and objects there are now, and how many bytes of memory are filled that the simulator answers
    /// for.
    pub fn usage(&self) -> Usage {
        let rm = self.inner.rm.lock();
        Usage {
            clients: rm.clients(),
            objects: rm.objects(),
            filled: FILLED - self.inner.host.left(),
            faults: self.inner.faults.load(Ordering::Relaxed),
        }
    }
}

/// What a simulator holds for its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Clients.
    pub clients: usize,
    /// Objects of theirs.
    pub objects: usize,
    /// Bytes of memory files that the simulator itself filled.
    pub filled: u64,
    /// Channels that stopped at an address that leads nowhere, since the beginning.
    pub faults: u64,
}

impl HostDriver for Simulator {
    type File = File;

    fn open(&self, node: Node) -> Result<File, Errno> {
        let there = match node {
            Node::Control | Node::Uvm => true,
            Node::Device(minor) => (minor as usize) < self.inner.gpus.len(),
            Node::Capability(_) | Node::ImexChannel(_) | Node::DmaBuf => false,
        };
        if there { Ok(File::new(&self.inner, node)) } else { Err(Errno::ENODEV) }
    }

    fn ioctl(&self, file: &File, call: &mut Call<'_, File>) -> Result<i32, Errno> {
        let (request, argument, files) = (call.request(), call.argument(), call.files());
        let kept = call.lend(BASE, File::number);
        let mut frame = Frame { bytes: call.bytes(), argument, files };
        let result = match file.node() {
            Node::Control | Node::Device(_) => self.inner.escape(file, request, &mut frame),
            Node::Uvm => self.inner.uvm(file, request, &mut frame),
            Node::Capability(_) | Node::ImexChannel(_) | Node::DmaBuf => Err(Errno::ENOTTY),
        };
        call.restore(&kept);
        result
    }
}

impl Inner {
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// A file has gone, and with it everything made on it.
    pub(crate) fn closed(&self, file: u64) {
        let gone = self.rm.lock().close(file);
        // What that holds on to may be files.
        drop(gone);
    }
}
