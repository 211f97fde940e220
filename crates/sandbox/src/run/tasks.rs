//! The threads of guests: their descriptors and memory.

use super::errno::errno;
use super::tokens::keep_above;
use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use smallvec::SmallVec;
use std::fs::File;
use std::hash::Hash;
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
    /// What `/proc` tells of threads' descriptors.
    told: Mutex<FxHashMap<(i32, i32), Arc<File>>>,
    threads: bool,
    /// How many descriptors this process can have.
    descriptors: usize,
}

impl Tasks {
    pub(crate) fn new(descriptors: usize) -> Self {
        Self { by_number: Mutex::default(), told: Mutex::default(), threads: kernel_knows_threads(), descriptors }
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
                self.told.lock().clear();
                self.look_up(task, descriptor, &waits)
            }
            other => other,
        }
    }

    /// What is found by what `/proc` tells of a descriptor of the thread that waits for an answer: of one that is gone, and
    /// of a descriptor that is, it tells nothing. As with threads, it is remembered only where the thread was seen to wait.
    pub(crate) fn told<R>(
        &self,
        task: i32,
        descriptor: i32,
        waits: impl Fn() -> bool,
        find: impl Fn(&File) -> Option<R>,
    ) -> Option<R> {
        let key = (task, descriptor);
        let known = self.told.lock().get(&key).cloned();
        if let Some(info) = known {
            match find(&info) {
                None => drop(self.told.lock().remove(&key)),
                found => return found,
            }
        }
        let info = File::open(format!("/proc/{task}/fdinfo/{descriptor}")).ok()?;
        let found = find(&info)?;
        if !waits() {
            return None;
        }
        // The low numbers are for what is duplicated. Without room for it, it is looked up again next time.
        if let Ok(info) = keep_above(info.as_fd(), self.descriptors) {
            let mut told = self.told.lock();
            let full = told.len() >= self.remembered();
            let before = if full { std::mem::take(&mut *told) } else { FxHashMap::default() };
            told.insert(key, Arc::new(info.into()));
            drop((told, before));
        }
        Some(found)
    }

    /// Forgets threads that ended, and what tells of nothing any more.
    pub(crate) fn forget<R>(&self, find: impl Fn(&File) -> Option<R>) {
        forget(&self.by_number, ended);
        forget(&self.told, |info| find(info).is_none());
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

fn forget<K: Copy + Eq + Hash, V>(map: &Mutex<FxHashMap<K, Arc<V>>>, gone: impl Fn(&V) -> bool) {
    let all: Vec<_> = map.lock().iter().map(|(key, value)| (*key, value.clone())).collect();
    for (key, value) in all.into_iter().filter(|(_, value)| gone(value)) {
        let mut map = map.lock();
        // It may have been looked up again.
        if map.get(&key).is_some_and(|now| Arc::ptr_eq(now, &value)) {
            map.remove(&key);
        }
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
    use std::os::fd::AsRawFd;

    #[test]
    fn whoever_waits_no_more_is_not_remembered() {
        let _alone = ALONE.lock();
        let file = OwnedFd::from(File::open("/dev/null").unwrap());
        let tasks = Tasks::new(1024);
        let task = rustix::thread::gettid().as_raw_nonzero().get();
        for _ in 0..2 {
            assert_eq!(tasks.duplicate(task, file.as_raw_fd(), || false).err(), Some(Errno::ESRCH));
        }
        assert!(tasks.by_number.lock().is_empty());
    }

    #[test]
    fn what_is_told_of_a_descriptor_is_of_what_it_leads_to_now() {
        use std::os::unix::fs::FileExt;
        let _alone = ALONE.lock();
        let tasks = Tasks::new(1024);
        let task = rustix::thread::gettid().as_raw_nonzero().get();
        let access = |info: &File| {
            let mut text = [0; 64];
            let len = info.read_at(&mut text, 0).ok()?;
            let flags = str::from_utf8(&text[..len]).ok()?.lines().find_map(|line| line.strip_prefix("flags:"))?;
            flags.trim().chars().last()
        };
        let told = |descriptor, waits| tasks.told(task, descriptor, || waits, access);
        let reads = OwnedFd::from(File::open("/dev/null").unwrap());
        let writes = OwnedFd::from(File::options().write(true).open("/dev/null").unwrap());
        let number = rustix::io::fcntl_dupfd_cloexec(&reads, 100).unwrap();
        assert_eq!(told(number.as_raw_fd(), false), None);
        assert!(tasks.told.lock().is_empty(), "whoever waits no more is not remembered");
        for _ in 0..2 {
            assert_eq!(told(number.as_raw_fd(), true), Some('0'));
        }
        assert_eq!(tasks.told.lock().len(), 1);
        let mut number = number;
        rustix::io::dup3(&writes, &mut number, rustix::io::DupFlags::CLOEXEC).unwrap();
        assert_eq!(told(number.as_raw_fd(), true), Some('1'));
        let closed = number.as_raw_fd();
        drop(number);
        assert_eq!((told(closed, true), told(-1, true)), (None, None));
        assert_eq!(told(reads.as_raw_fd(), true), Some('0'));
        tasks.forget(access);
        assert_eq!(tasks.told.lock().keys().collect::<Vec<_>>(), [&(task, reads.as_raw_fd())]);
    }

    #[test]
    fn who_ended_is_forgotten() {
        let _alone = ALONE.lock();
        for threads in [false, kernel_knows_threads()] {
            let tasks = Tasks { threads, ..Tasks::new(1024) };
            let mut other = std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
            drop(tasks.duplicate(other.id() as i32, 0, || true).unwrap());
            tasks.forget(|_| Some(()));
            assert_eq!(tasks.by_number.lock().len(), 1);
            other.kill().unwrap();
            other.wait().unwrap();
            tasks.forget(|_| Some(()));
            assert!(tasks.by_number.lock().is_empty());
        }
    }

    #[test]
    fn a_threads_descriptor_is_found_whether_the_kernel_knows_threads_or_not() {
        let _alone = ALONE.lock();
        let file = OwnedFd::from(File::open("/dev/null").unwrap());
        for threads in [false, kernel_knows_threads()] {
            let tasks = Tasks { threads, ..Tasks::new(1024) };
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
            tasks.forget(|_| Some(()));
            assert_eq!(tasks.by_number.lock().len(), 1, "a thread that lives is remembered");
        }
    }
}
