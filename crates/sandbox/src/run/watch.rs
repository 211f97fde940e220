//! Telling open file descriptions apart, without holding any.
//!
//! The driver knows a guest's file by its open file description, which descriptors of several numbers and processes may
//! share, and frees what was made on it when the last of them is closed. So the supervisor must know the description
//! behind a descriptor, and must not keep one open.
//!
//! It watches the description with an epoll file that nobody waits for. The kernel's entry there belongs to the
//! description, does not keep it open, and goes when it is closed. `kcmp(2)` tells whether a descriptor, of this process
//! or a guest's, leads to the description that is watched. No other process can see the entry, make one like it, or take
//! it away, and what anybody does to the device's inode does not make looking slower.
//!
//! A file is watched once, before any event is asked for on it: the driver's `poll` takes pending events away (compare
//! kernel-open/nvidia/nv.c:nvidia_poll()), and nothing calls it for the entry later on.
#![allow(unsafe_code)]

use super::errno::errno;
use super::tokens::keep_above;
use nix::errno::Errno;
use nix::libc;
use rustix::event::epoll;
use std::cmp::Ordering;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// `KCMP_EPOLL_TFD`: compares a descriptor with what an epoll file watches.
const KCMP_EPOLL_TFD: i32 = 7;

/// `KCMP_VM`: compares what two threads have for memory.
const KCMP_VM: i32 = 1;

/// `struct kcmp_epoll_slot`.
#[repr(C)]
struct Slot {
    /// The epoll file.
    epoll: u32,
    /// The number that the descriptor had when it was added.
    number: u32,
    /// Which of several entries of that number.
    index: u32,
}

/// An open file description that is watched.
pub(crate) struct Watch {
    epoll: OwnedFd,
    number: RawFd,
}

impl Watch {
    /// Watches what a descriptor of this process leads to. `descriptors` is how many this process can have.
    ///
    /// # Errors
    /// `EPERM` if nothing can be waited for on the file; there is no descriptor or memory left.
    pub(crate) fn new(file: &OwnedFd, descriptors: usize) -> Result<Self, Errno> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(errno)?;
        // The low numbers are for what is duplicated.
        let epoll = keep_above(epoll.as_fd(), descriptors).map_err(errno)?;
        epoll::add(&epoll, file, epoll::EventData::new_u64(0), epoll::EventFlags::empty()).map_err(errno)?;
        Ok(Self { epoll, number: file.as_raw_fd() })
    }

    /// Whether a descriptor of a thread leads to it. A thread that is gone has none.
    pub(crate) fn is_at(&self, task: i32, descriptor: RawFd) -> bool {
        self.compare(task, descriptor) == Ok(Ordering::Equal)
    }

    /// How a descriptor of this process compares with it: descriptions are in some order, as long as they are open.
    ///
    /// # Errors
    /// `ENOENT` if it is closed.
    pub(crate) fn order(&self, file: BorrowedFd<'_>) -> Result<Ordering, Errno> {
        self.compare(own(), file.as_raw_fd())
    }

    /// Whether every descriptor and mapping of it is gone. The driver frees then what was made on it.
    pub(crate) fn is_closed(&self) -> bool {
        self.order(self.epoll.as_fd()) == Err(Errno::ENOENT)
    }

    fn compare(&self, task: i32, descriptor: RawFd) -> Result<Ordering, Errno> {
        let slot = Slot { epoll: self.epoll.as_raw_fd() as u32, number: self.number as u32, index: 0 };
        // SAFETY: the kernel only reads the slot, which outlives the call, and compares.
        let order = unsafe { libc::syscall(libc::SYS_kcmp, task, own(), KCMP_EPOLL_TFD, descriptor, &raw const slot) };
        match Errno::result(order)? {
            0 => Ok(Ordering::Equal),
            1 => Ok(Ordering::Less),
            _ => Ok(Ordering::Greater),
        }
    }
}

fn own() -> i32 {
    std::process::id() as i32
}

/// Whether two threads share their memory, as those of one process do.
pub(super) fn share_memory(one: i32, other: i32) -> bool {
    // SAFETY: the kernel compares two threads, and takes no pointer.
    let order = unsafe { libc::syscall(libc::SYS_kcmp, one, other, KCMP_VM, 0, 0) };
    order == 0
}

/// Tries what this needs on a file that is open for it.
///
/// # Errors
/// `ENOSYS` if the kernel does not have it (`CONFIG_KCMP`), or what keeps this process from it.
pub(crate) fn try_kcmp() -> Result<(), Errno> {
    let (reader, _writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(errno)?;
    match Watch::new(&reader, 64)?.order(reader.as_fd())? {
        Ordering::Equal => Ok(()),
        Ordering::Less | Ordering::Greater => Err(Errno::ENOSYS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tokens::tests::ALONE;
    use std::fs::File;

    fn device() -> OwnedFd {
        File::options().read(true).write(true).open("/dev/random").unwrap().into()
    }

    fn watch(file: &OwnedFd) -> Watch {
        Watch::new(file, 1024).unwrap()
    }

    #[test]
    fn a_description_is_known_by_every_duplicate_until_the_last_is_closed() {
        let _alone = ALONE.lock();
        let file = device();
        let watch = watch(&file);
        let other = file.try_clone().unwrap();
        assert_eq!(watch.order(file.as_fd()), Ok(Ordering::Equal));
        drop(file);
        assert_eq!(watch.order(other.as_fd()), Ok(Ordering::Equal));
        assert!(watch.is_at(own(), other.as_raw_fd()) && !watch.is_closed());
        drop(other);
        assert!(watch.is_closed());
        assert_eq!(watch.order(device().as_fd()), Err(Errno::ENOENT));
    }

    #[test]
    fn opens_of_one_device_are_in_one_order() {
        let _alone = ALONE.lock();
        let mut files: Vec<_> = (0..20).map(|_| device()).map(|file| (watch(&file), file)).collect();
        files.sort_by(|(_, a), (b, _)| b.order(a.as_fd()).unwrap());
        for (at, (watch, _)) in files.iter().enumerate() {
            for (other, (_, file)) in files.iter().enumerate() {
                assert_eq!(watch.order(file.as_fd()), Ok(other.cmp(&at)), "{at} {other}");
            }
        }
    }

    #[test]
    fn threads_of_one_process_share_memory() {
        let own = own();
        let thread = std::thread::spawn(|| rustix::thread::gettid().as_raw_nonzero().get());
        assert!(share_memory(own, rustix::thread::gettid().as_raw_nonzero().get()));
        let gone = thread.join().unwrap();
        assert!(!share_memory(own, gone));
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        assert!(!share_memory(own, child.id() as i32));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn what_cannot_be_polled_cannot_be_watched() {
        let _alone = ALONE.lock();
        let file = File::open("/dev/null").unwrap().into();
        assert_eq!(Watch::new(&file, 1024).err(), Some(Errno::EPERM));
    }

    #[test]
    fn other_processes_descriptors_are_compared_too() {
        let _alone = ALONE.lock();
        let file = device();
        let watch = watch(&file);
        let mut child = std::process::Command::new("sleep").arg("60").stdin(file).spawn().unwrap();
        let task = child.id() as i32;
        assert!(watch.is_at(task, 0) && !watch.is_at(task, 1) && !watch.is_at(task, 999));
        assert!(!watch.is_closed());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!watch.is_at(task, 0) && watch.is_closed());
    }
}
