//! Marks on the open file descriptions of memory files, which cannot be watched.
//!
//! A mark is a lock (`F_OFD_SETLK`) of one byte at an offset that is used once. Such a lock belongs to the description, is
//! seen in `/proc/self/fdinfo` through any descriptor of it, and is gone when it is. The memory files are this
//! sandbox's own, so no other process has their inodes: only the guest itself can make other locks there, take a mark
//! away, or make looking slower. Where it takes a mark away, it loses the file.

use super::errno::errno;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use parking_lot::Mutex;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Descriptors that are kept are above this, or in the upper half of those that there can be.
const KEPT_ABOVE: usize = 512;
/// Where marks begin: beyond what any file has.
const FIRST: u64 = 1 << 61;
/// What is read of the text that `/proc` has of a descriptor, in bytes.
const INFO_MAX: usize = 1024;

/// A mark of an open file description. Never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Token(u64);

/// What is known of a description by its marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// It has none.
    None,
    /// It has one that may be this supervisor's.
    Own(Token),
    /// It has locks of the guest's.
    Foreign,
}

/// Makes and reads marks.
pub(crate) struct Tokens {
    next: AtomicU64,
    /// A descriptor that others are put in the place of to be looked at, and what is there otherwise.
    spare: Mutex<(OwnedFd, OwnedFd)>,
    /// `/proc/self/fdinfo/N` of the first: it tells of whatever is there when it is read.
    info: File,
}

impl Tokens {
    /// To be made while files can still be opened, by a process that can have so many descriptors.
    pub(crate) fn new(descriptors: usize) -> io::Result<Self> {
        let null: OwnedFd = File::open("/dev/null")?.into();
        let above = |file: BorrowedFd<'_>| keep_above(file, descriptors);
        let spare = above(null.as_fd())?;
        let info = above(File::open(format!("/proc/self/fdinfo/{}", spare.as_raw_fd()))?.as_fd())?.into();
        let empty = above(null.as_fd())?;
        Ok(Self { next: AtomicU64::new(FIRST), spare: Mutex::new((spare, empty)), info })
    }

    /// The mark of a memory file. Of no other kind: the kernel may wait for a guest to tell of those.
    ///
    /// # Errors
    /// `/proc` does not tell.
    pub(crate) fn read(&self, file: &OwnedFd) -> Result<Mark, Errno> {
        let mut spare = self.spare.lock();
        let (slot, empty) = &mut *spare;
        rustix::io::dup3(file, slot, rustix::io::DupFlags::CLOEXEC).map_err(errno)?;
        let mark = self.tell();
        rustix::io::dup3(empty.as_fd(), slot, rustix::io::DupFlags::CLOEXEC).map_err(errno)?;
        mark
    }

    fn tell(&self) -> Result<Mark, Errno> {
        let mut text = [0; INFO_MAX];
        let read = self.info.read_at(&mut text, 0);
        let len = read.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))?;
        let text = text.get(..len).unwrap_or_default();
        // Not all was read.
        if len == INFO_MAX {
            return Ok(Mark::Foreign);
        }
        let mut mark = Mark::None;
        // `lock:	1: OFDLCK ADVISORY  WRITE -1 00:06:3 77 77`.
        for line in text.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"lock:")) {
            mark = match str::from_utf8(line).map(start_of) {
                // Not a description's.
                Ok(None) => mark,
                // The first: they are in order.
                Ok(Some(start)) if mark == Mark::None && start >= FIRST => Mark::Own(Token(start)),
                _ => Mark::Foreign,
            };
        }
        Ok(mark)
    }

    /// Marks a file that has no mark.
    ///
    /// # Errors
    /// `fcntl(2)`'s.
    pub(crate) fn set(&self, file: &OwnedFd) -> Result<Token, Errno> {
        let token = Token(self.next.fetch_add(1, Ordering::Relaxed));
        fcntl(file, FcntlArg::F_OFD_SETLK(&lock(token)))?;
        Ok(token)
    }

    /// Whether any description of the inode still has a mark, as `own` sees it, which is another one.
    pub(crate) fn is_there(token: Token, own: &OwnedFd) -> bool {
        let mut found = lock(token);
        // What cannot be asked is taken to be there: a file that is forgotten too early is lost to its guest.
        let asked = fcntl(own, FcntlArg::F_OFD_GETLK(&mut found));
        asked.is_err() || found.l_type != libc::F_UNLCK as libc::c_short
    }
}

fn lock(token: Token) -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: token.0 as libc::off_t,
        l_len: 1,
        l_pid: 0,
    }
}

/// A duplicate with a number that is out of the way.
pub(super) fn keep_above(file: BorrowedFd<'_>, descriptors: usize) -> rustix::io::Result<OwnedFd> {
    rustix::io::fcntl_dupfd_cloexec(file, KEPT_ABOVE.min(descriptors / 2) as i32)
}

/// Where the lock of a line begins, if it is a description's.
fn start_of(line: &str) -> Option<u64> {
    let (_, lock) = line.split_once(" OFDLCK ")?;
    lock.split_ascii_whitespace().nth_back(1)?.parse().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The descriptors' numbers matter.
    pub(in crate::run) static ALONE: Mutex<()> = Mutex::new(());

    /// A lock of this process's. It goes when this process closes any descriptor of the file.
    pub(in crate::run) fn lock(file: &OwnedFd, at: i64) {
        let lock = libc::flock { l_start: at, ..super::lock(Token(0)) };
        fcntl(file, FcntlArg::F_SETLK(&lock)).unwrap();
    }

    fn memory() -> OwnedFd {
        rustix::fs::memfd_create("test", rustix::fs::MemfdFlags::CLOEXEC).unwrap()
    }

    fn again(file: &OwnedFd) -> OwnedFd {
        crate::run::backend::reopen(file, rustix::fs::OFlags::RDWR).unwrap()
    }

    #[test]
    fn a_mark_is_seen_through_every_duplicate_and_goes_with_the_last() {
        let _alone = ALONE.lock();
        let tokens = Tokens::new(1024).unwrap();
        let own = memory();
        let file = again(&own);
        assert_eq!(tokens.read(&file), Ok(Mark::None));
        let token = tokens.set(&file).unwrap();
        let other = file.try_clone().unwrap();
        drop(file);
        assert_eq!((tokens.read(&other), tokens.read(&own)), (Ok(Mark::Own(token)), Ok(Mark::None)));
        assert!(Tokens::is_there(token, &own));
        // The description is not held by the slot.
        drop(other);
        assert!(!Tokens::is_there(token, &own));
    }

    #[test]
    fn each_description_of_an_inode_has_a_mark_of_its_own() {
        let _alone = ALONE.lock();
        let tokens = Tokens::new(1024).unwrap();
        let own = memory();
        let (one, two) = (again(&own), again(&own));
        let (first, second) = (tokens.set(&one).unwrap(), tokens.set(&two).unwrap());
        assert_ne!(first, second);
        assert_eq!((tokens.read(&one), tokens.read(&two)), (Ok(Mark::Own(first)), Ok(Mark::Own(second))));
        drop(one);
        assert!(!Tokens::is_there(first, &own) && Tokens::is_there(second, &own));
    }

    #[test]
    fn a_mark_among_locks_of_the_guests_is_worth_nothing() {
        let _alone = ALONE.lock();
        let tokens = Tokens::new(1024).unwrap();
        let file = memory();
        (0..100).for_each(|at| lock(&file, at * 2));
        tokens.set(&file).unwrap();
        assert_eq!(tokens.read(&file), Ok(Mark::Foreign));
    }
}
