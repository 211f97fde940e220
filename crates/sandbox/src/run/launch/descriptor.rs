//! The descriptors that this process was started with: numbers that nothing in it owns.

use nix::errno::Errno;
use nix::libc;
use rustix::fs::{OFlags, Stat};
use rustix::io::FdFlags;
use std::fs::{read_dir, read_link};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::PathBuf;

/// What the kernel says of a descriptor that a new program inherits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Descriptor {
    pub(super) number: RawFd,
    pub(super) flags: OFlags,
    pub(super) stat: Stat,
}

impl Descriptor {
    /// All that a program inherits: neither those that are closed when it starts, nor those that are closed by now.
    pub(super) fn all() -> io::Result<Vec<Self>> {
        let names = read_dir("/proc/self/fd")?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
        let numbers = names.iter().filter_map(|name| name.to_str()?.parse().ok());
        Ok(numbers.filter_map(Self::inherited).collect())
    }

    /// That one, if it is open and a new program inherits it.
    pub(super) fn inherited(number: RawFd) -> Option<Self> {
        if number < 0 {
            return None;
        }
        // SAFETY: it is not -1, and handed to the kernel only, which answers with an error where the number is not open.
        let it = unsafe { BorrowedFd::borrow_raw(number) };
        if rustix::io::fcntl_getfd(it).ok()?.contains(FdFlags::CLOEXEC) {
            return None;
        }
        Some(Self { number, flags: rustix::fs::fcntl_getfl(it).ok()?, stat: rustix::fs::fstat(it).ok()? })
    }

    /// Where the file is, as far as the kernel can say: it may be somewhere else by now, or nowhere.
    pub(super) fn path(&self) -> io::Result<PathBuf> {
        read_link(format!("/proc/self/fd/{}", self.number))
    }

    /// Has the number mean another file.
    pub(super) fn replace(&self, by: &OwnedFd) -> Result<(), Errno> {
        // SAFETY: the number is one that this process was started with, which nothing in it owns.
        Errno::result(unsafe { libc::dup2(by.as_raw_fd(), self.number) }).map(drop)
    }

    pub(super) fn close(&self) -> Result<(), Errno> {
        // SAFETY: the number is one that this process was started with, which nothing in it owns.
        Errno::result(unsafe { libc::close(self.number) }).map(drop)
    }
}
