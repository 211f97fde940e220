//! An open device file of the simulated driver.

use crate::GuestMemory;
use nvproxy::{Errno, Node};
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// An open file description of a device file. Clones are the same file; what was made on it is freed when the last
/// of them is dropped, as the driver does at the last reference.
#[derive(Clone)]
pub struct File(pub(crate) Arc<Open>);

pub(crate) struct Open {
    pub(crate) node: Node,
}

/// Part of a memory file that stands for memory of the driver's.
#[derive(Debug, Clone)]
pub struct Backing {
    /// A memfd.
    pub memory: Arc<OwnedFd>,
    /// Where in it, in bytes; a multiple of the page size.
    pub offset: u64,
    /// In bytes.
    pub length: u64,
}

impl File {
    /// The device file it is of.
    pub fn node(&self) -> Node {
        self.0.node
    }

    /// What a guest is to get when it maps this file at offset 0: something once it has asked for that by
    /// `NV_ESC_RM_MAP_MEMORY` (or `NV_ESC_RM_ALLOC_MEMORY`) naming this file.
    pub fn mapped(&self) -> Option<Backing> {
        None
    }

    /// A new descriptor that a guest may have for this file until it maps it: the end of a FIFO, on which nothing is
    /// ever to be read until an event is posted; of `/dev/nvidia-uvm` a memory file of 2^47 bytes, in which an address
    /// is its own offset, always the same one.
    ///
    /// # Errors
    /// Those of `memfd_create(2)`, `pipe(2)` and `dup(2)`.
    pub fn backing(&self) -> Result<OwnedFd, Errno> {
        Err(Errno::ENOSYS)
    }

    /// Says whose file it is: the memory that managed addresses of `/dev/nvidia-uvm` are in. To be called once, before
    /// the first ioctl.
    pub fn set_guest(&self, memory: Arc<dyn GuestMemory>) {
        drop(memory);
    }
}
