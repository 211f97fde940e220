//! The threads of guests: their descriptors and memory.

use super::errno::errno;
use super::files::What;
use super::tokens::keep_above;
use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use smallvec::SmallVec;
use std::ffi::CString;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

/// `PIDFD_THREAD`, since Linux 6.9: a thread, not its process.
const THREAD: PidfdFlags = PidfdFlags::from_bits_retain(nix::libc::O_EXCL as u32);
/// As many threads are remembered, and as many descriptors of theirs, or one of each for so many descriptors that there can
/// be; a guest that has more in its calls pays for looking them up again.
const REMEMBERED: usize = 256;
const DESCRIPTORS_EACH: usize = 16;

/// So many blocks of memory are written at once.
const AT_ONCE: usize = 8;

/// Descriptors of threads, kept so that a call need not look its thread up.
///
/// One of a thread that is gone finds nothing (`ESRCH`), also if its number was given again.
pub(crate) struct Tasks {
    by_number: Mutex<FxHashMap<i32, Arc<OwnedFd>>>,
    /// `/proc`.
    proc: OwnedFd,
    threads: bool,
    /// How many descriptors this process can have.
    descriptors: usize,
}

impl Tasks {
    /// To be made while files can still be opened, by a process that can have so many descriptors.
    ///
    /// # Errors
    /// There is no `/proc`.
    pub(crate) fn new(descriptors: usize) -> std::io::Result<Self> {
        use rustix::fs::{CWD, Mode, OFlags, openat};
        let proc = openat(CWD, "/proc", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let proc = keep_above(proc.as_fd(), descriptors)?;
        Ok(Self { by_number: Mutex::default(), proc, threads: kernel_knows_threads(), descriptors })
    }

    /// A duplicate of a descriptor of the thread that waits for an answer: whatever the guest does with the number from now
    /// on, this is the file. `waits` tells whether it still does; a thread is remembered only if it did after it was looked
    /// up, because else its number may have been given to somebody else's.
    ///
    /// # Errors
    /// `EBADF` if there is no such descriptor, `ESRCH` if the thread is gone, `EMFILE` if too many files are open.
    pub(crate) fn duplicate(&self, task: i32, descriptor: i32, waits: impl Fn() -> bool) -> Result<OwnedFd, Errno> {
        if descriptor < 0 {
            return Err(Errno::EBADF);
        }
        match self.look_up(task, descriptor, &waits) {
            // Threads that are gone may have the rest.
            Err(Errno::EMFILE) => {
                self.by_number.lock().clear();
                self.look_up(task, descriptor, &waits)
            }
            other => other,
        }
    }

    /// What a thread's descriptor leads to, without a duplicate of it: closing that could wait for whoever serves the file.
    /// Where the kernel does not show the descriptors of a thread to its own user, because its process cannot be dumped or
    /// made a user namespace, a duplicate must do.
    ///
    /// # Errors
    /// `EBADF` if there is no such descriptor.
    pub(crate) fn what(&self, task: i32, descriptor: i32) -> Result<What, Errno> {
        let path = CString::new(format!("{task}/fd/{descriptor}")).map_err(|_| Errno::EBADF)?;
        match What::at(&self.proc, &path) {
            Err(Errno::ENOENT) => Err(Errno::EBADF),
            Err(Errno::EACCES) => What::of(&self.duplicate_of_any(task, descriptor)?),
            other => other,
        }
    }

    /// A duplicate of a descriptor of a thread that need not wait for an answer. It may be any thread by now, so whoever
    /// asks must look what the duplicate is of; the thread is not remembered.
    ///
    /// # Errors
    /// Those of [`duplicate`](Self::duplicate).
    pub(crate) fn duplicate_of_any(&self, task: i32, descriptor: i32) -> Result<OwnedFd, Errno> {
        let known = self.by_number.lock().get(&task).cloned();
        let pidfd = match known {
            Some(pidfd) => pidfd,
            None => Arc::new(self.open(task)?),
        };
        pidfd_getfd(&pidfd, descriptor, PidfdGetfdFlags::empty()).map_err(errno)
    }

    /// Forgets threads that ended.
    pub(crate) fn forget(&self) {
        let all: Vec<_> = self.by_number.lock().iter().map(|(task, pidfd)| (*task, pidfd.clone())).collect();
        for (task, pidfd) in all.into_iter().filter(|(_, pidfd)| ended(pidfd)) {
            let mut by_number = self.by_number.lock();
            // It may have been looked up again.
            if by_number.get(&task).is_some_and(|now| Arc::ptr_eq(now, &pidfd)) {
                by_number.remove(&task);
            }
        }
    }

    fn remembered(&self) -> usize {
        REMEMBERED.min(self.descriptors / DESCRIPTORS_EACH)
    }

    fn look_up(&self, task: i32, descriptor: i32, waits: &impl Fn() -> bool) -> Result<OwnedFd, Errno> {
        let from = |pidfd: &OwnedFd| pidfd_getfd(pidfd, descriptor, PidfdGetfdFlags::empty()).map_err(errno);
        let still = |file| if waits() { Ok(file) } else { Err(Errno::ESRCH) };
        let known = self.by_number.lock().get(&task).cloned();
        if let Some(pidfd) = known {
            match from(&pidfd) {
                Err(Errno::ESRCH) => {}
                // It is a guest's, and as long as it lives its number is nobody else's.
                other if self.threads => return other,
                // A process's descriptor says nothing of its threads.
                other => return other.and_then(still),
            }
        }
        let pidfd = Arc::new(self.open(task)?);
        let result = from(&pidfd);
        if !waits() {
            return Err(Errno::ESRCH);
        }
        let mut by_number = self.by_number.lock();
        if by_number.len() >= self.remembered() {
            by_number.clear();
        }
        by_number.insert(task, pidfd);
        result
    }

    fn open(&self, task: i32) -> Result<OwnedFd, Errno> {
        let open = |number: i32, flags| {
            let number = rustix::process::Pid::from_raw(number).ok_or(Errno::ESRCH)?;
            pidfd_open(number, flags).map_err(errno)
        };
        let pidfd = if self.threads { open(task, THREAD)? } else { open(process_of(task)?, PidfdFlags::empty())? };
        // The low numbers are for what is duplicated.
        Ok(keep_above(pidfd.as_fd(), self.descriptors).unwrap_or(pidfd))
    }
}

fn ended(thread: &OwnedFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut [PollFd::new(thread, PollFlags::IN)], Some(&now)).is_ok_and(|ready| ready == 1)
}

/// Whether a thread can be held on to. If not, its process is, which `/proc` tells: a supervisor must be able to open
/// files there.
pub(crate) fn kernel_knows_threads() -> bool {
    pidfd_open(rustix::thread::gettid(), THREAD).is_ok()
}

/// The number of a thread's process.
pub(crate) fn process_of(task: i32) -> Result<i32, Errno> {
    let status = std::fs::read_to_string(format!("/proc/{task}/status")).map_err(|_| Errno::ESRCH)?;
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"));
    line.and_then(|number| number.trim().parse().ok()).ok_or(Errno::ESRCH)
}

/// Copies from a thread's memory. `false` unless all of it can be read.
pub(crate) fn read(task: i32, address: u64, into: &mut [u8]) -> bool {
    let len = into.len();
    read_some(task, address, into) == len
}

/// Copies from a thread's memory as much as there is, and says how much.
pub(crate) fn read_some(task: i32, address: u64, into: &mut [u8]) -> usize {
    let Ok(base) = usize::try_from(address) else { return 0 };
    let there = [RemoteIoVec { base, len: into.len() }];
    process_vm_readv(Pid::from_raw(task), &mut [IoSliceMut::new(into)], &there).unwrap_or(0)
}

/// Copies to a thread's memory. `false` unless all of it can be written.
pub(crate) fn write(task: i32, address: u64, bytes: &[u8]) -> bool {
    write_all(task, &[(address, bytes)])
}

/// Copies several blocks to a thread's memory, in this order, up to the first that cannot be written. `false` unless all
/// of them can be.
pub(crate) fn write_all(task: i32, blocks: &[(u64, &[u8])]) -> bool {
    if let [(address, bytes)] = blocks {
        // As it mostly is.
        let there = [RemoteIoVec { base: *address as usize, len: bytes.len() }];
        return process_vm_writev(Pid::from_raw(task), &[IoSlice::new(bytes)], &there) == Ok(bytes.len());
    }
    // More than the kernel takes at once are rare.
    blocks.chunks(AT_ONCE).all(|blocks| {
        let here: SmallVec<[_; AT_ONCE]> = blocks.iter().map(|(_, bytes)| IoSlice::new(bytes)).collect();
        let there = blocks.iter().map(|(address, bytes)| RemoteIoVec { base: *address as usize, len: bytes.len() });
        let there: SmallVec<[_; AT_ONCE]> = there.collect();
        let len = blocks.iter().map(|(_, bytes)| bytes.len()).sum();
        process_vm_writev(Pid::from_raw(task), &here, &there) == Ok(len)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tokens::tests::ALONE;
    use nix::libc;
    use std::fs::File;
    use std::os::fd::AsRawFd;

    #[test]
    fn whoever_waits_no_more_is_not_remembered() {
        let _alone = ALONE.lock();
        let file = OwnedFd::from(File::open("/dev/null").unwrap());
        let tasks = Tasks::new(1024).unwrap();
        let task = rustix::thread::gettid().as_raw_nonzero().get();
        for _ in 0..2 {
            assert_eq!(tasks.duplicate(task, file.as_raw_fd(), || false).err(), Some(Errno::ESRCH));
        }
        assert!(tasks.by_number.lock().is_empty());
    }

    #[test]
    fn a_descriptor_is_looked_at_where_it_is() {
        let _alone = ALONE.lock();
        let tasks = Tasks::new(1024).unwrap();
        let task = rustix::thread::gettid().as_raw_nonzero().get();
        let file = OwnedFd::from(File::open("/dev/null").unwrap());
        let what = tasks.what(task, file.as_raw_fd()).unwrap();
        assert_eq!(what.identity, What::of(&file).unwrap().identity);
        assert_eq!((what.device, what.mode & libc::S_IFMT), ((1, 3), libc::S_IFCHR));
        let closed = file.as_raw_fd();
        drop(file);
        assert_eq!(tasks.what(task, closed).err(), Some(Errno::EBADF));
        assert_eq!(tasks.what(task, -1).err(), Some(Errno::EBADF));
    }

    #[test]
    fn who_ended_is_forgotten() {
        let _alone = ALONE.lock();
        for threads in [false, kernel_knows_threads()] {
            let tasks = Tasks { threads, ..Tasks::new(1024).unwrap() };
            let mut other = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
            drop(tasks.duplicate(other.id() as i32, 0, || true).unwrap());
            tasks.forget();
            assert_eq!(tasks.by_number.lock().len(), 1);
            other.kill().unwrap();
            other.wait().unwrap();
            tasks.forget();
            assert!(tasks.by_number.lock().is_empty());
        }
    }

    #[test]
    fn a_threads_descriptor_is_found_whether_the_kernel_knows_threads_or_not() {
        let _alone = ALONE.lock();
        let file = OwnedFd::from(File::open("/dev/null").unwrap());
        for threads in [false, kernel_knows_threads()] {
            let tasks = Tasks { threads, ..Tasks::new(1024).unwrap() };
            let task = rustix::thread::gettid().as_raw_nonzero().get();
            let mut asked = 0;
            for _ in 0..2 {
                let asks = std::cell::Cell::new(0);
                let waits = || {
                    asks.set(asks.get() + 1);
                    true
                };
                let copy = tasks.duplicate(task, file.as_raw_fd(), waits).unwrap();
                asked += asks.get();
                let inode = |file: &OwnedFd| rustix::fs::fstat(file).unwrap().st_ino;
                assert_eq!(inode(&copy), inode(&file));
            }
            assert_eq!(asked, if threads { 1 } else { 2 }, "who is known need not be asked for");
            tasks.forget();
            assert_eq!(tasks.by_number.lock().len(), 1, "a thread that lives is remembered");
        }
    }
}
