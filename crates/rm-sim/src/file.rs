//! An open device file of the simulated driver.

use crate::GuestMemory;
use crate::memory::Memory;
use crate::simulator::Inner;
use crate::uvm::Managed;
use nix::fcntl::{OFlag, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nvproxy::{Errno, Node};
use parking_lot::Mutex;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// An open file description of a device file. Clones are the same file; what was made on it is freed when the last
/// of them is dropped, as the driver does at the last reference.
#[derive(Clone)]
pub struct File(pub(crate) Arc<Open>);

pub(crate) struct Open {
    pub node: Node,
    /// Tells open files apart. It also stands for the descriptor that the issuing process has of it.
    pub id: u64,
    pub inner: Arc<Inner>,
    /// The control file it is registered with.
    pub control: OnceLock<Arc<Open>>,
    mapping: Mutex<Option<Mapped>>,
    managed: Option<Arc<Managed>>,
    fifo: OnceLock<Option<OwnedFd>>,
    posted: AtomicBool,
}

/// What a file was prepared to be mapped as.
struct Mapped {
    memory: Arc<Memory>,
    offset: u64,
    length: u64,
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
        let mapping = self.0.mapping.lock();
        let mapped = mapping.as_ref()?;
        Some(Backing { memory: mapped.memory.descriptor()?, offset: mapped.offset, length: mapped.length })
    }

    /// A new descriptor that a guest may have for this file until it maps it, of an open file description of its own: of
    /// a FIFO, on which nothing is ever to be read until an event is posted; of `/dev/nvidia-uvm` a memory file of 2^47
    /// bytes, in which an address is its own offset, always the same one.
    ///
    /// Where nobody has the FIFO open any more, an event raises `SIGPIPE`: that should be ignored, as it is in programs of
    /// Rust.
    ///
    /// # Errors
    /// Those of `memfd_create(2)`, `pipe(2)` and `open(2)`; there must be a `/proc`.
    pub fn backing(&self) -> Result<OwnedFd, Errno> {
        match &self.0.managed {
            Some(managed) => again(&*managed.descriptor().ok_or(Errno::ENOMEM)?, OFlag::O_RDWR),
            None => again(self.0.fifo().ok_or(Errno::EMFILE)?, OFlag::O_RDWR),
        }
    }

    /// Whether nobody can read from what [`backing`](Self::backing) gave: it is closed. `None` before it gave anything, and
    /// where that cannot be told: of `/dev/nvidia-uvm`.
    pub fn is_closed(&self) -> Option<bool> {
        let fifo = self.0.fifo.get()?.as_ref()?;
        let mut ends = [PollFd::new(fifo.as_fd(), PollFlags::empty())];
        // The guest has the only end to read from, if any.
        poll(&mut ends, PollTimeout::ZERO).ok()?;
        Some(ends[0].revents()?.contains(PollFlags::POLLERR))
    }

    /// Says whose file it is: the memory that managed addresses of `/dev/nvidia-uvm` are in. To be called once, before
    /// the first ioctl.
    pub fn set_guest(&self, memory: Arc<dyn GuestMemory>) {
        if let Some(managed) = &self.0.managed {
            managed.set_guest(memory);
        }
    }

    pub(crate) fn new(inner: &Arc<Inner>, node: Node) -> Self {
        Self(Arc::new(Open {
            node,
            id: inner.number(),
            inner: inner.clone(),
            control: OnceLock::new(),
            mapping: Mutex::new(None),
            managed: (node == Node::Uvm).then(|| Arc::new(Managed::new(&inner.host))),
            fifo: OnceLock::new(),
            posted: AtomicBool::new(false),
        }))
    }

    /// Its descriptor in the issuing process, so to say.
    pub(crate) fn number(&self) -> i32 {
        (self.0.id & 0x3fff_ffff) as i32 | 0x4000_0000
    }

    /// The file in whose name clients are looked for: the registered control file, else this one.
    pub(crate) fn owner(&self) -> u64 {
        self.0.control.get().map_or(self.0.id, |control| control.id)
    }

    pub(crate) fn managed(&self) -> Option<&Arc<Managed>> {
        self.0.managed.as_ref()
    }

    /// Prepares it to be mapped; `false` if it is already. The driver does it once in a file's life (compare
    /// kernel-open/nvidia/nv-usermap.c:nv_add_mapping_context_to_file()).
    pub(crate) fn map(&self, memory: Arc<Memory>, offset: u64, length: u64) -> bool {
        let mut mapping = self.0.mapping.lock();
        let free = mapping.is_none();
        if free {
            *mapping = Some(Mapped { memory, offset, length });
        }
        free
    }
}

/// Another open file description of a file.
fn again(file: &OwnedFd, access: OFlag) -> Result<OwnedFd, Errno> {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    open(path.as_str(), access | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK, Mode::empty())
}

impl Open {
    /// The end of a FIFO to write to. None to read from is kept, so that it can be told when the guest has none.
    fn fifo(&self) -> Option<&OwnedFd> {
        let make = || Some(nix::unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).ok()?.1);
        self.fifo.get_or_init(make).as_ref()
    }

    /// Makes it readable.
    pub(crate) fn post(self: &Arc<Self>) {
        if self.posted.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(fifo) = self.fifo() {
            let _ = nix::unistd::write(fifo, &[1]);
            self.inner.engine.settle_later(Arc::downgrade(self));
        }
    }

    /// Takes back what was posted; `false` where no descriptor can be had for it now.
    pub(crate) fn settle(&self) -> bool {
        let Some(Ok(reader)) = self.fifo().map(|fifo| again(fifo, OFlag::O_RDONLY)) else { return false };
        self.posted.store(false, Ordering::Relaxed);
        let _ = nix::unistd::read(reader, &mut [0; 64]);
        true
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.node.is_frontend() {
            self.inner.closed(self.id);
        }
    }
}
