//! The device files that guests have open.

use super::errno::errno;
use super::tokens::{Mark, Name, Token, Tokens};
use nix::errno::Errno;
use parking_lot::{Mutex, RwLock};
use rustc_hash::{FxHashMap, FxHashSet};
use rustix::fs::Stat;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many files can a sandbox have open at most, to the supervisor's knowledge. A guest that opens more is told so
/// (`ENFILE`).
const FILES_MAX: usize = 32_768;
/// Below so many, nobody looks which are closed.
const FEW: usize = 64;
/// So many descriptors can be looked at without moving them, where each call has one: more calls there seldom are at once.
const SLOTS: usize = 16;
/// So many times more is a file's mark looked for before it is forgotten.
const READINGS: u32 = 4;

/// A device file of a guest.
pub(crate) struct Open<F> {
    /// What the proxy knows of it.
    pub(crate) file: Arc<nvproxy::File>,
    /// What stands behind it, if that is kept.
    pub(crate) host: Option<F>,
}

/// The device files that guests have open.
pub(crate) struct Files<F> {
    tokens: Tokens,
    known: RwLock<Known<F>>,
    /// Whoever takes note or forgets does so alone. Holds the marks that were missing when last looked for.
    changing: Mutex<FxHashSet<Token>>,
    /// Whether the guests have closed a file, if whoever keeps it knows.
    closed: fn(&F) -> Option<bool>,
    /// At how many to look which are closed.
    full: AtomicUsize,
    /// More than so many there cannot be.
    most: usize,
}

struct Known<F> {
    /// Those of which can be told when they are closed, and which are kept until then.
    own: FxHashMap<Identity, Noted<F>>,
    /// The same, as `/proc` names them.
    named: FxHashMap<Name, Arc<Open<F>>>,
    /// The others, by the marks on their descriptions.
    marked: FxHashMap<Token, Noted<F>>,
}

impl<F> Default for Known<F> {
    fn default() -> Self {
        Self { own: FxHashMap::default(), named: FxHashMap::default(), marked: FxHashMap::default() }
    }
}

/// What a descriptor leads to, whoever opened it: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Identity(u64, u64);

impl Identity {
    fn of(what: &Stat) -> Self {
        Self(what.st_dev, what.st_ino)
    }
}

/// A file, and what it is: a guest can put a mark on any file of its own, but cannot make one that is the same.
struct Noted<F> {
    of: Identity,
    name: Name,
    open: Arc<Open<F>>,
}

impl<F> Files<F> {
    /// For a process that can have so many descriptors, and files that are [kept](super::backend::Backend::KEEPS) or not. A
    /// simulated driver has one descriptor of each file's; half of them is for whatever else serving takes: the guests cannot
    /// use it up by opening.
    pub(crate) fn new(descriptors: usize, kept: bool, closed: fn(&F) -> Option<bool>) -> io::Result<Self> {
        Ok(Self {
            most: (descriptors / 2).min(FILES_MAX),
            tokens: Tokens::new(descriptors, if kept { 1 } else { SLOTS })?,
            known: RwLock::default(),
            changing: Mutex::default(),
            closed,
            full: AtomicUsize::new(FEW),
        })
    }

    /// What is known of a file, which is that `what`; `None` if it was never seen.
    ///
    /// # Errors
    /// `EBADF` if it is not this sandbox's.
    pub(crate) fn get(&self, descriptor: &OwnedFd, what: &Stat) -> Result<Option<Arc<Open<F>>>, Errno> {
        let identity = Identity::of(what);
        if let Some(own) = self.known.read().own.get(&identity) {
            return Ok(Some(own.open.clone()));
        }
        match self.tokens.read(descriptor)?.mark {
            Mark::None => Ok(None),
            Mark::Foreign => Err(Errno::EBADF),
            Mark::Own(token) => {
                let known = self.known.read();
                let marked = known.marked.get(&token).filter(|marked| marked.of == identity);
                marked.map(|marked| Some(marked.open.clone())).ok_or(Errno::EBADF)
            }
        }
    }

    /// What is known of the file that a file of `/proc` tells of, if anything. Good for files that are kept: another that
    /// has the name by now is the same to whoever gave it that.
    pub(crate) fn told(&self, info: &File) -> Option<Arc<Open<F>>> {
        let seen = self.tokens.tell(info).ok().filter(|seen| seen.whole)?;
        let known = self.known.read();
        if let Some(open) = known.named.get(&seen.file) {
            return Some(open.clone());
        }
        let Mark::Own(token) = seen.mark else { return None };
        known.marked.get(&token).filter(|marked| marked.name == seen.file).map(|marked| marked.open.clone())
    }

    /// What is known of a file, or what `make` makes of it if it was never seen.
    ///
    /// # Errors
    /// It is not this sandbox's, or cannot become that.
    pub(crate) fn get_or(
        &self,
        descriptor: &OwnedFd,
        what: &Stat,
        make: impl FnOnce() -> Result<Open<F>, Errno>,
    ) -> Result<Arc<Open<F>>, Errno> {
        if let Some(open) = self.get(descriptor, what)? {
            return Ok(open);
        }
        self.make_room()?;
        let _alone = self.changing.lock();
        // Somebody else may have seen it meanwhile.
        if let Some(open) = self.get(descriptor, what)? {
            return Ok(open);
        }
        let open = Arc::new(make()?);
        self.mark(descriptor, self.note(descriptor, what, open.clone())?)?;
        Ok(open)
    }

    /// Takes note of a file that the supervisor made: what a descriptor of this process leads to.
    ///
    /// # Errors
    /// There are too many.
    pub(crate) fn add(&self, descriptor: &OwnedFd, open: Arc<Open<F>>, place: Place) -> Result<(), Errno> {
        self.make_room()?;
        let what = rustix::fs::fstat(descriptor).map_err(errno)?;
        let _alone = self.changing.lock();
        let noted = self.note(descriptor, &what, open)?;
        if place == Place::Memory || self.closed(&noted.open).is_none() {
            return self.mark(descriptor, noted);
        }
        let mut known = self.known.write();
        if known.own.contains_key(&noted.of) || known.named.contains_key(&noted.name) {
            // Numbers of inodes are given again after four billion.
            return Err(Errno::EEXIST);
        }
        known.named.insert(noted.name, noted.open.clone());
        known.own.insert(noted.of, noted);
        Ok(())
    }

    fn note(&self, descriptor: &OwnedFd, what: &Stat, open: Arc<Open<F>>) -> Result<Noted<F>, Errno> {
        Ok(Noted { of: Identity::of(what), name: self.tokens.read(descriptor)?.file, open })
    }

    fn mark(&self, descriptor: &OwnedFd, noted: Noted<F>) -> Result<(), Errno> {
        let token = self.tokens.set(descriptor)?;
        self.known.write().marked.insert(token, noted);
        Ok(())
    }

    fn closed(&self, open: &Open<F>) -> Option<bool> {
        open.host.as_ref().and_then(self.closed)
    }

    fn make_room(&self) -> Result<(), Errno> {
        let full = self.full.load(Ordering::Relaxed);
        if self.len() >= full {
            self.sweep();
            self.sweep();
            self.full.store((self.len() * 2).clamp(FEW.min(self.most), self.most), Ordering::Relaxed);
        }
        if self.len() < self.most { Ok(()) } else { Err(Errno::ENFILE) }
    }

    /// How many there are, those closed since included.
    pub(crate) fn len(&self) -> usize {
        let known = self.known.read();
        known.own.len() + known.marked.len()
    }

    /// Forgets files that are closed.
    pub(crate) fn sweep(&self) {
        let mut missing = self.changing.lock();
        let tokens = self.unmarked(&mut missing);
        let closed = |noted: &Noted<F>| self.closed(&noted.open) == Some(true);
        let own: Vec<_> = self.known.read().own.iter().filter(|(_, noted)| closed(noted)).map(|(of, _)| *of).collect();
        let mut known = self.known.write();
        let Known { own: all, named, marked } = &mut *known;
        let gone: Vec<_> = own
            .iter()
            .filter_map(|of| all.remove(of))
            .inspect(|noted| drop(named.remove(&noted.name)))
            .chain(tokens.iter().filter_map(|token| marked.remove(token)))
            .collect();
        if all.is_empty() && marked.is_empty() {
            *known = Known::default();
        }
        drop((known, missing));
        // Whatever closing them does, it is done without holding up anybody.
        drop(gone);
    }

    /// The marks that were missing this time and the last, and however often they are looked for now. One reading may miss
    /// those that are there, and so may the next while a guest with thousands of files dies; a file that is forgotten too
    /// early is lost to its guest.
    fn unmarked(&self, missing: &mut FxHashSet<Token>) -> FxHashSet<Token> {
        if self.known.read().marked.is_empty() {
            return FxHashSet::default();
        }
        let Ok(alive) = self.tokens.alive() else { return FxHashSet::default() };
        let (mut gone, new): (FxHashSet<Token>, FxHashSet<Token>) = self
            .known
            .read()
            .marked
            .keys()
            .filter(|token| !alive.contains(token))
            .partition(|token| missing.contains(token));
        *missing = new;
        for _ in 0..READINGS {
            if gone.is_empty() {
                break;
            }
            let Ok(alive) = self.tokens.alive() else { return FxHashSet::default() };
            gone.retain(|token| !alive.contains(token));
        }
        gone
    }
}

/// What the guest has of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The descriptor that whoever keeps the file made of it.
    Itself,
    /// The memory that it maps.
    Memory,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::tokens::tests::ALONE;
    use nvproxy::abi::Abi;
    use nvproxy::{Node, Options, Proxy};
    use rustix::fs::{MemfdFlags, fstat, memfd_create};
    use version_tree::{Tree, version};

    fn open(node: Node) -> Arc<Open<()>> {
        let proxy = Proxy::new(nvproxy::Linux, Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap());
        let sandbox = proxy.sandbox(Options::default());
        Arc::new(Open { file: proxy.file(&sandbox, node).unwrap(), host: None })
    }

    fn memory() -> OwnedFd {
        memfd_create("test", MemfdFlags::CLOEXEC).unwrap()
    }

    fn look(files: &Files<()>, file: &OwnedFd) -> Result<Option<Node>, Errno> {
        Ok(files.get(file, &fstat(file).unwrap())?.map(|open| open.file.node()))
    }

    #[test]
    fn a_mark_that_was_put_on_another_file_is_worth_nothing() {
        let _alone = ALONE.lock();
        let files = Files::new(1024, false, |()| None).unwrap();
        let (one, other) = (memory(), memory());
        files.add(&one, open(Node::Control), Place::Memory).unwrap();
        assert_eq!(look(&files, &one), Ok(Some(Node::Control)));
        assert_eq!(look(&files, &other), Ok(None));
        let Mark::Own(token) = files.tokens.read(&one).unwrap().mark else { panic!("no mark") };
        files.tokens.put(&other, token).unwrap();
        assert_eq!(files.tokens.read(&other).map(|seen| seen.mark), Ok(Mark::Own(token)));
        assert_eq!(look(&files, &other), Err(Errno::EBADF));
        assert_eq!(look(&files, &one), Ok(Some(Node::Control)));
    }

    /// As it is with the kernel's driver: whoever opens a device file has the same inode as everybody else.
    #[test]
    fn opens_of_one_device_are_told_apart_and_duplicates_are_not() {
        let _alone = ALONE.lock();
        let files = Files::<()>::new(1024, false, |()| None).unwrap();
        let device = || OwnedFd::from(std::fs::File::options().read(true).write(true).open("/dev/null").unwrap());
        let seen = |file: &OwnedFd| {
            let make = || Ok(Open { file: open(Node::Control).file.clone(), host: None });
            files.get_or(file, &fstat(file).unwrap(), make).unwrap().file.clone()
        };
        let (one, two) = (device(), device());
        let (first, second) = (seen(&one), seen(&two));
        assert!(!Arc::ptr_eq(&first, &second));
        let copy = one.try_clone().unwrap();
        drop(one);
        assert!(Arc::ptr_eq(&seen(&copy), &first) && Arc::ptr_eq(&seen(&two), &second));
        assert_eq!(files.len(), 2);
        drop(copy);
        files.sweep();
        files.sweep();
        assert_eq!(files.len(), 1);
        assert!(Arc::ptr_eq(&seen(&two), &second));
    }

    /// Of the driver's file, whether anything is to be read from it.
    fn readable(file: &Arc<OwnedFd>) -> Option<bool> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut file = [PollFd::new(&**file, PollFlags::IN)];
        poll(&mut file, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).ok().map(|ready| ready == 1)
    }

    #[test]
    fn a_file_that_tells_when_it_is_closed_is_known_by_its_inode_until_then() {
        let _alone = ALONE.lock();
        let files = Files::new(1024, true, readable).unwrap();
        let (kept, writer) = rustix::pipe::pipe().unwrap();
        let kept = Arc::new(kept);
        let known = Arc::new(Open { file: open(Node::Control).file.clone(), host: Some(kept.clone()) });
        files.add(&kept, known, Place::Itself).unwrap();
        let other = crate::run::backend::reopen(&kept, rustix::fs::OFlags::RDWR).unwrap();
        let info = File::open(format!("/proc/self/fdinfo/{}", std::os::fd::AsRawFd::as_raw_fd(&other))).unwrap();
        assert!(files.get(&other, &fstat(&other).unwrap()).unwrap().is_some() && files.told(&info).is_some());
        assert_eq!(files.tokens.read(&other).unwrap().mark, Mark::None);
        files.sweep();
        assert_eq!(files.len(), 1);
        // A file of /proc that has more to tell than is read is not relied on.
        (0..100).for_each(|at| crate::run::tokens::tests::lock(&other, at * 2));
        assert!(files.told(&info).is_none() && files.get(&other, &fstat(&other).unwrap()).unwrap().is_some());
        rustix::io::write(&writer, &[1]).unwrap();
        files.sweep();
        assert_eq!(files.len(), 0);
        assert!(files.get(&other, &fstat(&other).unwrap()).is_err() && files.told(&info).is_none());
    }
}
