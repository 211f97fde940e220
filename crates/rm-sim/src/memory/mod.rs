//! Memory: of the simulated machine, and of guests.

mod loan;
mod store;

pub(crate) use loan::Loans;
pub(crate) use store::{Budget, Store};

use std::os::fd::OwnedFd;
use std::sync::Arc;

/// The memory of a guest process.
///
/// A GPU reads and writes memory of its clients at any time, not only during their calls; so does the simulated one,
/// from a thread of its own.
pub trait GuestMemory: Send + Sync {
    /// Copies from the guest's memory. `false` where not all of it can be read.
    fn read_at(&self, address: u64, into: &mut [u8]) -> bool;

    /// Copies to the guest's memory. `false` where not all of it can be written.
    fn write_at(&self, address: u64, bytes: &[u8]) -> bool;
}

/// Pages of guests and of the simulated machine are of this size, in bytes.
pub(crate) const PAGE: u64 = 4096;

/// What a memory object stands for.
pub(crate) enum Memory {
    /// Memory of the machine, a GPU's or the host's.
    Store(Store),
    /// Memory that a guest lent.
    Guest { memory: Arc<dyn GuestMemory>, address: u64, length: u64 },
    /// Addresses without memory.
    Virtual { length: u64 },
}

impl Memory {
    /// In bytes.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Store(store) => store.len(),
            Self::Guest { length, .. } | Self::Virtual { length } => *length,
        }
    }

    /// Copies from it; `false` where not all of it is there.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> bool {
        self.within(offset, into.len())
            && match self {
                Self::Store(store) => store.read(offset, into),
                Self::Guest { memory, address, .. } => memory.read_at(address.wrapping_add(offset), into),
                Self::Virtual { .. } => false,
            }
    }

    /// Copies to it; `false` where not all of it is there.
    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> bool {
        self.within(offset, bytes.len())
            && match self {
                Self::Store(store) => store.write(offset, bytes),
                Self::Guest { memory, address, .. } => memory.write_at(address.wrapping_add(offset), bytes),
                Self::Virtual { .. } => false,
            }
    }

    /// The memory file behind it, if it has one.
    pub(crate) fn descriptor(&self) -> Option<Arc<OwnedFd>> {
        match self {
            Self::Store(store) => store.descriptor(),
            Self::Guest { .. } | Self::Virtual { .. } => None,
        }
    }

    fn within(&self, offset: u64, len: usize) -> bool {
        offset.checked_add(len as u64).is_some_and(|end| end <= self.len())
    }
}
