//! What differs between the kernel's driver and a simulated one.

use super::memory::Own;
use nix::errno::Errno;
use nvproxy::{HostDriver, Lending, Linux, Mapped, Node};
use rm_sim::{Backing, Simulator};
use rustix::fs::{FileType, fstat, stat};
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd};
use std::sync::Arc;

/// The driver that a process has.
pub(super) trait Driver: Send + Sync + 'static {
    /// A file of the driver.
    type File: Send + Sync + 'static;
    /// The driver itself.
    type Host: HostDriver<File = Self::File> + 'static;

    /// Which of the kernel's device files a descriptor leads to.
    fn kernels(&self, descriptor: BorrowedFd<'_>) -> Option<Node>;

    /// The driver's file for one call; `kept` is what [`open`](Self::open) gave.
    fn host(&self, descriptor: BorrowedFd<'_>, kept: Option<&Self::File>) -> Option<Self::File>;

    /// What is kept of a file that the driver made, and the program's descriptor of it.
    ///
    /// # Errors
    /// There can be no more descriptors.
    fn open(&self, file: Self::File) -> Result<(Option<Self::File>, i32), Errno>;

    /// Makes memory of the program available to the driver.
    ///
    /// # Errors
    /// It cannot be.
    fn lend(&self, address: u64, length: u64) -> Result<Lending, Errno>;

    /// What the program is to map in the place of a file.
    fn mapped(&self, file: &Self::File) -> Option<Backing>;

    /// Whether the program makes a call that is its own to make.
    const NATIVE: bool;
}

/// The kernel's driver. The program opens its device files itself.
pub(super) struct Kernel;

/// Memory of this very process, which also makes the call.
struct Here(u64);

impl Mapped for Here {
    fn address(&self) -> u64 {
        self.0
    }
}

/// The device number of a path.
fn number(node: Node) -> Option<u64> {
    let stat = stat(node.to_string()).ok()?;
    (FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice).then_some(stat.st_rdev)
}

impl Driver for Kernel {
    type File = OwnedFd;
    type Host = Linux;
    const NATIVE: bool = true;

    fn kernels(&self, descriptor: BorrowedFd<'_>) -> Option<Node> {
        let of = fstat(descriptor).ok()?;
        if FileType::from_raw_mode(of.st_mode) != FileType::CharacterDevice {
            return None;
        }
        // Device files can come late: the driver's programs make them when they are needed.
        let is = |node: &Node| number(*node) == Some(of.st_rdev);
        [Node::Control, Node::Device(rustix::fs::minor(of.st_rdev)), Node::Uvm].into_iter().find(is)
    }

    fn host(&self, descriptor: BorrowedFd<'_>, _: Option<&OwnedFd>) -> Option<OwnedFd> {
        descriptor.try_clone_to_owned().ok()
    }

    fn open(&self, file: OwnedFd) -> Result<(Option<OwnedFd>, i32), Errno> {
        Ok((None, file.into_raw_fd()))
    }

    fn lend(&self, address: u64, _: u64) -> Result<Lending, Errno> {
        Ok(Lending::Mapped(Box::new(Here(address))))
    }

    fn mapped(&self, _: &OwnedFd) -> Option<Backing> {
        None
    }
}

/// A simulated driver, in this process alone.
pub(super) struct Simulated {
    pub(super) simulator: Simulator,
    pub(super) memory: Own,
}

impl Driver for Simulated {
    type File = rm_sim::File;
    type Host = Simulator;
    const NATIVE: bool = false;

    fn kernels(&self, _: BorrowedFd<'_>) -> Option<Node> {
        None
    }

    fn host(&self, _: BorrowedFd<'_>, kept: Option<&rm_sim::File>) -> Option<rm_sim::File> {
        kept.cloned()
    }

    fn open(&self, file: rm_sim::File) -> Result<(Option<rm_sim::File>, i32), Errno> {
        file.set_guest(Arc::new(self.memory));
        let descriptor = file.backing()?.into_raw_fd();
        Ok((Some(file), descriptor))
    }

    fn lend(&self, address: u64, length: u64) -> Result<Lending, Errno> {
        let lent = self.simulator.lend(Arc::new(self.memory), address, length);
        lent.map(Lending::Mapped).ok_or(Errno::EINVAL)
    }

    fn mapped(&self, file: &rm_sim::File) -> Option<Backing> {
        file.mapped()
    }
}
