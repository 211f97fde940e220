//! Telling open file descriptions apart, without holding any.
//!
//! The driver knows a guest's file by its open file description, which descriptors of several numbers and processes may
//! share, and frees what was made on it when the last of them is closed. So the supervisor must know the description
//! behind a descriptor, and must not keep one open.
//!
//! It leaves a mark: a lock (`F_OFD_SETLK`) of one byte at an offset that is used once. Such a lock belongs to the
//! description, is seen in `/proc/self/fdinfo` through any descriptor of it, and is gone when it is. No file is locked
//! by it for anybody: the offsets are beyond what any file has. A file that tells by itself when it is closed, and is known
//! by its inode until then, needs none.
//!
//! A guest can take a mark away, or make others; then the file is nobody's, and its clients cannot be used any more.

use super::errno::errno;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use parking_lot::Mutex;
use rustc_hash::FxHashSet;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Descriptors that are kept are above this, or in the upper half of those that there can be.
const KEPT_ABOVE: usize = 512;
/// Of a token's 62 bits, those that count.
const COUNTED: u32 = 32;
/// As much is read of what `/proc` tells of a descriptor.
const INFO_MAX: usize = 1024;

/// A mark of an open file description. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Token(u64);

/// What is known of a description by its marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// None: nobody has seen it.
    None,
    /// One of this supervisor's.
    Own(Token),
    /// One that somebody else made: another sandbox's supervisor, or the guest.
    Foreign,
}

/// A file as `/proc` names it: by mount and inode. Mounts' numbers are given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Name(u64, u64);

/// What `/proc` tells of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Which file it leads to.
    pub(crate) file: Name,
    /// By what its description is known.
    pub(crate) mark: Mark,
    /// Whether all was read that there is to tell. If not, the guest has put so many locks on the file that the mark may be
    /// behind them, and what is kept open of `/proc` keeps memory for them.
    pub(crate) whole: bool,
}

/// Makes and reads marks.
pub(crate) struct Tokens {
    /// What tells this supervisor's tokens from others'.
    prefix: u64,
    next: AtomicU64,
    /// `/proc/self/fdinfo/N`, from the first N on: it tells of whatever is there when it is read.
    slots: Vec<File>,
    first: RawFd,
    /// A slot for descriptors that have none, and what is in it otherwise.
    spare: Mutex<(OwnedFd, OwnedFd)>,
    locks: File,
}

impl Tokens {
    /// To be made while files can still be opened, by a process that can have so many descriptors.
    ///
    /// So many of the lowest free descriptors, and whatever is below them, can be looked at where they are, which takes five
    /// system calls each when a sandbox starts. The last of them is kept: others are put there to be looked at, one at a
    /// time, which takes two more calls each time. With one, that is how all are looked at.
    pub(crate) fn new(descriptors: usize, slots: usize) -> io::Result<Self> {
        let null: OwnedFd = File::open("/dev/null")?.into();
        let above = |file: BorrowedFd<'_>| keep_above(file, descriptors);
        let occupy = || rustix::io::fcntl_dupfd_cloexec(&null, 0);
        // `/proc` has files only for descriptors that there are.
        let occupied = (1..slots).map(|_| occupy()).collect::<Result<Vec<_>, _>>()?;
        let spare = occupy()?;
        // A lower one that is taken now may be free later.
        let first = if occupied.is_empty() { spare.as_raw_fd() } else { 0 };
        let slots = (first..=spare.as_raw_fd())
            .map(|number| Ok(above(File::open(format!("/proc/self/fdinfo/{number}"))?.as_fd())?.into()))
            .collect::<io::Result<_>>()?;
        drop(occupied);
        let mut random = [0; 4];
        rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())?;
        let prefix = u64::from(u32::from_le_bytes(random)) >> 2 | 1 << 29;
        Ok(Self {
            prefix: prefix << COUNTED,
            next: AtomicU64::new(0),
            slots,
            first,
            spare: Mutex::new((spare, above(null.as_fd())?)),
            locks: above(File::open("/proc/locks")?.as_fd())?.into(),
        })
    }

    /// What is behind a descriptor of this process.
    ///
    /// # Errors
    /// `/proc` does not tell.
    pub(crate) fn read(&self, file: &OwnedFd) -> Result<Seen, Errno> {
        if let Some(slot) = self.slot(file) {
            return self.tell(slot);
        }
        let mut spare = self.spare.lock();
        let (slot, empty) = &mut *spare;
        let info = self.slot(slot).ok_or(Errno::EMFILE)?;
        rustix::io::dup3(file, slot, rustix::io::DupFlags::CLOEXEC).map_err(errno)?;
        let seen = self.tell(info);
        rustix::io::dup3(empty.as_fd(), slot, rustix::io::DupFlags::CLOEXEC).map_err(errno)?;
        seen
    }

    fn slot(&self, file: &OwnedFd) -> Option<&File> {
        self.slots.get(usize::try_from(file.as_raw_fd() - self.first).ok()?)
    }

    /// What a file of `/proc` that is about a descriptor says of it now.
    ///
    /// # Errors
    /// There is no such descriptor any more, or nothing is said of its file (before Linux 5.14).
    pub(crate) fn tell(&self, info: &File) -> Result<Seen, Errno> {
        let mut text = [0; INFO_MAX];
        let len =
            info.read_at(&mut text, 0).map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))?;
        let whole = len < text.len();
        let text = text.get(..len).unwrap_or_default();
        let (mut mount, mut inode, mut mark) = (None, None, Mark::None);
        // `mnt_id:	15` and `ino:	77`, then what is peculiar to the kind of file, with the locks before it:
        // `lock:	1: OFDLCK ADVISORY  WRITE -1 00:06:3 77 77`.
        for line in text.split(|byte| *byte == b'\n') {
            let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':').unwrap_or(0));
            match name {
                b"mnt_id" if mount.is_none() => mount = number(value),
                b"ino" if inode.is_none() => inode = number(value),
                b"lock" => match str::from_utf8(line).map(start_of) {
                    // Not a description's.
                    Ok(None) => {}
                    // The first: they are in order.
                    Ok(Some(start)) if mark == Mark::None => mark = self.own(start).map_or(Mark::Foreign, Mark::Own),
                    _ => mark = Mark::Foreign,
                },
                _ => {}
            }
        }
        let file = mount.zip(inode).map(|(mount, inode)| Name(mount, inode)).ok_or(Errno::ENOSYS)?;
        Ok(Seen { file, mark: if whole { mark } else { Mark::Foreign }, whole })
    }

    fn own(&self, start: u64) -> Option<Token> {
        (start >> COUNTED == self.prefix >> COUNTED).then_some(Token(start))
    }

    /// Marks a file that has no mark.
    ///
    /// # Errors
    /// `fcntl(2)`'s.
    pub(crate) fn set(&self, file: &OwnedFd) -> Result<Token, Errno> {
        let token = Token(self.prefix | self.next.fetch_add(1, Ordering::Relaxed));
        self.put(file, token)?;
        Ok(token)
    }

    /// Puts a mark on a file.
    pub(super) fn put(&self, file: &OwnedFd, token: Token) -> Result<(), Errno> {
        let lock = |kind: i32| libc::flock {
            l_type: kind as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: token.0 as libc::off_t,
            l_len: 1,
            l_pid: 0,
        };
        match fcntl(file, FcntlArg::F_OFD_SETLK(&lock(libc::F_WRLCK))) {
            // Opened for reading only.
            Err(Errno::EBADF) => fcntl(file, FcntlArg::F_OFD_SETLK(&lock(libc::F_RDLCK)))?,
            other => other?,
        };
        Ok(())
    }

    /// The marks that are on files which somebody has open.
    ///
    /// What is read is no snapshot: one may be missing by chance when others go at the same time.
    ///
    /// # Errors
    /// `/proc/locks` cannot be read.
    pub(crate) fn alive(&self) -> Result<FxHashSet<Token>, io::Error> {
        let mut text = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            match self.locks.read_at(&mut chunk, text.len() as u64)? {
                0 => break,
                len => text.extend_from_slice(&chunk[..len]),
            }
        }
        let text = String::from_utf8_lossy(&text);
        Ok(text.lines().filter_map(start_of).filter_map(|start| self.own(start)).collect())
    }
}

/// A duplicate with a number that is out of the way.
pub(super) fn keep_above(file: BorrowedFd<'_>, descriptors: usize) -> rustix::io::Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(file, KEPT_ABOVE.min(descriptors / 2) as i32)
}

/// The number in a value of `/proc`'s.
fn number(value: &[u8]) -> Option<u64> {
    str::from_utf8(value.get(1..)?).ok()?.trim_ascii().parse().ok()
}

/// Where the lock of a line begins, if it is a description's.
fn start_of(line: &str) -> Option<u64> {
    let (_, lock) = line.split_once(" OFDLCK ")?;
    lock.split_ascii_whitespace().nth_back(1)?.parse().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::os::fd::AsFd;

    /// The descriptors' numbers matter.
    pub(in crate::run) static ALONE: Mutex<()> = Mutex::new(());

    /// A lock of this process's. It goes when this process closes any descriptor of the file.
    pub(in crate::run) fn lock(file: &OwnedFd, at: i64) {
        let lock = libc::flock {
            l_type: libc::F_WRLCK as libc::c_short,
            l_whence: libc::SEEK_SET as libc::c_short,
            l_start: at,
            l_len: 1,
            l_pid: 0,
        };
        fcntl(file, FcntlArg::F_SETLK(&lock)).unwrap();
    }

    fn files() -> Vec<(&'static str, OwnedFd)> {
        let fifo = rustix::pipe::pipe().unwrap().0;
        let both = File::options().read(true).write(true).open(format!("/proc/self/fd/{}", fifo.as_raw_fd())).unwrap();
        vec![
            ("device", File::options().read(true).write(true).open("/dev/null").unwrap().into()),
            ("device for reading", File::open("/dev/zero").unwrap().into()),
            ("memory file", rustix::fs::memfd_create("test", rustix::fs::MemfdFlags::CLOEXEC).unwrap()),
            ("fifo", both.into()),
        ]
    }

    #[test]
    fn a_mark_is_seen_through_every_duplicate_and_goes_with_the_last() {
        let _alone = ALONE.lock();
        for slots in [1, 16] {
            let tokens = Tokens::new(1024, slots).unwrap();
            for (name, file) in files() {
                assert_eq!(tokens.read(&file).map(|seen| seen.mark), Ok(Mark::None), "{name}");
                let token = tokens.set(&file).unwrap();
                let other = file.try_clone().unwrap();
                drop(file);
                assert_eq!(tokens.read(&other).map(|seen| seen.mark), Ok(Mark::Own(token)), "{name}");
                assert!(tokens.alive().unwrap().contains(&token), "{name}");
                drop(other);
                assert!(!tokens.alive().unwrap().contains(&token), "{name}");
            }
        }
    }

    #[test]
    fn another_open_of_the_same_device_has_another_mark() {
        let _alone = ALONE.lock();
        let tokens = Tokens::new(1024, 16).unwrap();
        let open = || OwnedFd::from(File::options().read(true).write(true).open("/dev/null").unwrap());
        let (one, two) = (open(), open());
        let first = tokens.set(&one).unwrap();
        assert_eq!(tokens.read(&two).map(|seen| seen.mark), Ok(Mark::None));
        assert_ne!(tokens.set(&two).unwrap(), first);
    }

    #[test]
    fn marks_of_other_supervisors_are_foreign() {
        let _alone = ALONE.lock();
        let (mine, other) = (Tokens::new(1024, 16).unwrap(), Tokens::new(1024, 16).unwrap());
        let file = OwnedFd::from(File::options().read(true).write(true).open("/dev/null").unwrap());
        other.set(&file).unwrap();
        assert_eq!(mine.read(&file).map(|seen| seen.mark), Ok(Mark::Foreign));
    }

    #[test]
    fn a_mark_behind_too_many_locks_is_nobodys() {
        let _alone = ALONE.lock();
        let tokens = Tokens::new(1024, 16).unwrap();
        let file = rustix::fs::memfd_create("test", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        (0..100).for_each(|at| lock(&file, at * 2));
        tokens.set(&file).unwrap();
        assert_eq!(tokens.read(&file).map(|seen| seen.mark), Ok(Mark::Foreign));
    }

    #[test]
    fn a_high_descriptor_is_looked_at_in_the_spare_slot() {
        let _alone = ALONE.lock();
        let tokens = Tokens::new(1024, 16).unwrap();
        let file = OwnedFd::from(File::options().read(true).write(true).open("/dev/null").unwrap());
        let high = rustix::io::fcntl_dupfd_cloexec(file.as_fd(), 300).unwrap();
        let token = tokens.set(&file).unwrap();
        assert_eq!(tokens.read(&high).map(|seen| seen.mark), Ok(Mark::Own(token)));
        assert_eq!(tokens.read(&high).map(|seen| seen.mark), Ok(Mark::Own(token)));
        // The description is not held by the slot.
        drop((file, high));
        assert!(!tokens.alive().unwrap().contains(&token));
    }
}
