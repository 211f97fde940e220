//! What differs between the kernel's driver and a simulated one.

use super::files::{Open, What};
use super::plan::Pinning;
use super::tasks;
use nix::errno::Errno;
use nvproxy::devices::DeviceFile;
use nvproxy::{Lending, Node};
use rm_sim::{Simulator, Usage};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

/// What stands behind the device files of guests.
pub(crate) trait Backend: Send + Sync + 'static {
    /// A file of the driver.
    type File: Send + Sync + 'static;

    /// Which device file something is. `None` where it is none that the guest may have.
    fn node(&self, what: &What) -> Option<Node>;

    /// Whether files are kept: then a call needs no duplicate of the guest's descriptor.
    const KEEPS: bool;

    /// The driver's file for one call of the guest on a descriptor of that file.
    fn host(&self, open: &Open<Self::File>, descriptor: Option<OwnedFd>) -> Option<Self::File>;

    /// Whether the guests have closed a file that is kept, where that can be told. Then its inode is its alone.
    fn closed(file: &Self::File) -> Option<bool>;

    /// What is kept of a file that the driver made, and the descriptor that the guest gets for it.
    ///
    /// # Errors
    /// No descriptor can be made.
    fn keep(&self, file: Self::File) -> Result<(Option<Self::File>, OwnedFd), Errno>;

    /// Makes memory of a guest available to the driver.
    ///
    /// # Errors
    /// It cannot be.
    fn lend(&self, task: i32, address: u64, length: u64) -> Result<Lending, Errno>;

    /// A guest of that thread opened a file.
    fn opened(&self, file: &Self::File, task: i32);

    /// The memory file that the guest is to have in place of a descriptor, now that it may map the file.
    fn mapped(&self, file: &Self::File) -> Option<Arc<OwnedFd>>;

    /// What a simulated driver holds for guests. `None` of the kernel's, which does not tell.
    fn usage(&self) -> Option<Usage>;
}

/// The driver of this machine's kernel. Guests open its device files themselves.
pub(crate) struct Kernel {
    devices: Vec<DeviceFile>,
    pinning: Pinning,
}

impl Kernel {
    pub(crate) fn new(devices: Vec<DeviceFile>, pinning: Pinning) -> Self {
        Self { devices, pinning }
    }
}

impl Backend for Kernel {
    type File = OwnedFd;
    const KEEPS: bool = false;

    fn node(&self, what: &What) -> Option<Node> {
        let number = what.character_device()?;
        self.devices.iter().find(|device| (device.major, device.minor) == number).map(|device| device.node)
    }

    fn host(&self, _: &Open<OwnedFd>, descriptor: Option<OwnedFd>) -> Option<OwnedFd> {
        descriptor
    }

    fn closed(_: &OwnedFd) -> Option<bool> {
        None
    }

    fn keep(&self, file: OwnedFd) -> Result<(Option<OwnedFd>, OwnedFd), Errno> {
        Ok((None, file))
    }

    fn lend(&self, _: i32, _: u64, _: u64) -> Result<Lending, Errno> {
        match self.pinning {
            Pinning::Refused => Err(Errno::ENOSYS),
            Pinning::Native => Ok(Lending::Native),
        }
    }

    fn opened(&self, _: &OwnedFd, _: i32) {}

    fn mapped(&self, _: &OwnedFd) -> Option<Arc<OwnedFd>> {
        None
    }

    fn usage(&self) -> Option<Usage> {
        None
    }
}

/// A simulated driver. The supervisor makes the descriptors of its files.
pub(crate) struct Simulated {
    simulator: Simulator,
}

impl Simulated {
    pub(crate) fn new(simulator: Simulator) -> Self {
        Self { simulator }
    }
}

impl Backend for Simulated {
    type File = rm_sim::File;
    const KEEPS: bool = true;

    fn node(&self, _: &What) -> Option<Node> {
        // Guests have none but those that the supervisor made and marked.
        None
    }

    fn host(&self, open: &Open<rm_sim::File>, _: Option<OwnedFd>) -> Option<rm_sim::File> {
        open.host.clone()
    }

    fn closed(file: &rm_sim::File) -> Option<bool> {
        file.is_closed()
    }

    fn keep(&self, file: rm_sim::File) -> Result<(Option<rm_sim::File>, OwnedFd), Errno> {
        let backing = file.backing()?;
        let own = reopen(&backing, rustix::fs::OFlags::RDWR)?;
        Ok((Some(file), own))
    }

    fn lend(&self, task: i32, address: u64, length: u64) -> Result<Lending, Errno> {
        let memory = Arc::new(ProcessMemory::of(task)?);
        self.simulator.lend(memory, address, length).map(Lending::Mapped).ok_or(Errno::EINVAL)
    }

    fn opened(&self, file: &rm_sim::File, task: i32) {
        if file.node() == Node::Uvm
            && let Ok(memory) = ProcessMemory::of(task)
        {
            file.set_guest(Arc::new(memory));
        }
    }

    fn mapped(&self, file: &rm_sim::File) -> Option<Arc<OwnedFd>> {
        let backing = file.mapped()?;
        // The guest maps from the beginning.
        (backing.offset == 0).then_some(backing.memory)
    }

    fn usage(&self) -> Option<Usage> {
        Some(self.simulator.usage())
    }
}

/// Another open file description of the same file.
///
/// # Errors
/// Those of `open(2)`.
pub(crate) fn reopen(file: &impl AsFd, flags: rustix::fs::OFlags) -> Result<OwnedFd, Errno> {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
    let flags = flags | rustix::fs::OFlags::CLOEXEC;
    rustix::fs::openat(rustix::fs::CWD, path, flags, rustix::fs::Mode::empty()).map_err(super::errno::errno)
}

/// The memory of a process, for as long as it lives.
struct ProcessMemory {
    process: i32,
    alive: OwnedFd,
}

impl ProcessMemory {
    fn of(task: i32) -> Result<Self, Errno> {
        let process = tasks::process_of(task)?;
        let number = rustix::process::Pid::from_raw(process).ok_or(Errno::ESRCH)?;
        let alive = rustix::process::pidfd_open(number, rustix::process::PidfdFlags::empty());
        Ok(Self { process, alive: alive.map_err(super::errno::errno)? })
    }

    /// Whether its number still means this process.
    fn lives(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut process = [PollFd::new(&self.alive, PollFlags::IN)];
        poll(&mut process, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) == Ok(0)
    }
}

impl rm_sim::GuestMemory for ProcessMemory {
    fn read_at(&self, address: u64, into: &mut [u8]) -> bool {
        // A number is not given again before its process is gone.
        tasks::read(self.process, address, into) && self.lives()
    }

    fn write_at(&self, address: u64, bytes: &[u8]) -> bool {
        self.lives() && tasks::write(self.process, address, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A driver whose control file is the null device.
    fn kernel() -> Kernel {
        Kernel::new(vec![DeviceFile { node: Node::Control, major: 1, minor: 3, mode: 0o666 }], Pinning::Refused)
    }

    #[test]
    fn a_device_is_known_by_its_number_alone() {
        let node = |path: &str| kernel().node(&What::of(&std::fs::File::open(path).unwrap().into()).unwrap());
        assert_eq!(node("/dev/null"), Some(Node::Control));
        assert_eq!(node("/dev/zero"), None);
        assert_eq!(node("/proc/self/exe"), None);
    }
}
