//! The simulator as a host driver.

use crate::file::Open;
use crate::{File, GuestMemory, NodeInfo, Profile, Unknown};
use nvproxy::abi::Abi;
use nvproxy::{Call, Errno, HostDriver, Mapped, Node};
use std::path::PathBuf;
use std::sync::Arc;

/// A machine with NVIDIA GPUs and their driver. Clones are the same machine.
#[derive(Clone)]
pub struct Simulator {
    abi: Arc<Abi>,
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
        Ok(Self { abi: Arc::new(abi) })
    }

    /// The interface that the driver has.
    pub fn abi(&self) -> &Abi {
        &self.abi
    }

    /// What NVIDIA's libraries read in `/proc` and `/sys` of such a machine: absolute paths and contents. Of
    /// `/proc/devices` it is the whole file of a machine that has nothing else.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        Vec::new()
    }

    /// The device files.
    pub fn nodes(&self) -> Vec<NodeInfo> {
        Vec::new()
    }

    /// Makes memory of a guest known to the driver, for as long as the result lives: what a runtime's
    /// [`nvproxy::GuestMemory::lend`] returns.
    pub fn lend(&self, memory: Arc<dyn GuestMemory>, address: u64, length: u64) -> Box<dyn Mapped> {
        drop(memory);
        Box::new(Token(address ^ length))
    }

    /// What was asked for and is not there, most often asked first.
    pub fn unknown(&self) -> Vec<Unknown> {
        Vec::new()
    }
}

struct Token(u64);

impl Mapped for Token {
    fn address(&self) -> u64 {
        self.0
    }
}

impl HostDriver for Simulator {
    type File = File;

    fn open(&self, node: Node) -> Result<File, Errno> {
        Ok(File(Arc::new(Open { node })))
    }

    fn ioctl(&self, _file: &File, _call: &mut Call<'_, File>) -> Result<i32, Errno> {
        Err(Errno::EINVAL)
    }
}
