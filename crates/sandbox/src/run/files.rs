//! The device files that guests have open.

use super::errno::errno;
use super::tokens::{self, Identity, Key, Mark, Tokens};
use nix::errno::Errno;
use parking_lot::{Mutex, RwLock};
use rustc_hash::{FxHashMap, FxHashSet};
use rustix::fs::Stat;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many files can a sandbox have open at most, to the supervisor's knowledge. A guest that opens more is told so
/// (`ENFILE`).
const FILES_MAX: usize = 32_768;
/// Below so many, nobody looks which are closed.
const FEW: usize = 64;
/// So many times more is a file's mark looked for before it is forgotten.
const READINGS: u32 = 4;

/// A device file of a guest.
pub(crate) struct Open<F> {
    /// What the proxy knows of it.
    pub(crate) file: Arc<nvproxy::File>,
    /// What stands behind it, if that is kept.
    pub(crate) host: Option<F>,
}

/// The device files that guests have open, by the marks of their descriptions.
pub(crate) struct Files<F> {
    tokens: Tokens,
    known: RwLock<FxHashMap<Key, Marked<F>>>,
    /// Whoever marks or forgets does so alone. Holds the marks that were missing when last looked for.
    changing: Mutex<FxHashSet<Key>>,
    /// At how many to look which are closed.
    full: AtomicUsize,
    /// More than so many there cannot be.
    most: usize,
}

/// Whose the inode of a file's descriptor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inode {
    /// This file's alone, for as long as it is known: seeing it is enough.
    Own,
    /// That of other files, too, or some time of another's.
    Shared,
}

/// A file by a description of it.
struct Marked<F> {
    /// A guest can put a mark on any file of its own; what a file is it cannot change.
    of: Identity,
    open: Arc<Open<F>>,
}

impl Inode {
    /// The inode of a file of which this is kept.
    pub(crate) fn kept_by<F>(host: Option<&F>) -> Self {
        if host.is_some() { Self::Own } else { Self::Shared }
    }
}

impl<F> Files<F> {
    /// For a process that can have so many descriptors. A simulated driver has one of each file's; half of them is for
    /// whatever else serving takes: the guests cannot use it up by opening.
    pub(crate) fn new(descriptors: usize) -> io::Result<Self> {
        Ok(Self {
            most: (descriptors / 2).min(FILES_MAX),
            tokens: Tokens::new(descriptors)?,
            known: RwLock::default(),
            changing: Mutex::default(),
            full: AtomicUsize::new(FEW),
        })
    }

    /// What is known of a file, which is that `what`; `None` if it was never seen.
    ///
    /// # Errors
    /// `EBADF` if it is not this sandbox's.
    pub(crate) fn get(&self, descriptor: &OwnedFd, what: &Stat) -> Result<Option<Arc<Open<F>>>, Errno> {
        let identity = Identity::of(what);
        if let Some(known) = self.known.read().get(&Key::Inode(identity)) {
            return Ok(Some(known.open.clone()));
        }
        match self.tokens.read(descriptor)? {
            Mark::None => Ok(None),
            Mark::Foreign => Err(Errno::EBADF),
            Mark::Own(token) => {
                let known = self.known.read();
                let marked = known.get(&Key::Token(token)).filter(|marked| marked.of == identity);
                marked.map(|marked| Some(marked.open.clone())).ok_or(Errno::EBADF)
            }
        }
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
        self.mark(descriptor, what, open.clone(), Inode::Shared)?;
        Ok(open)
    }

    /// Takes note of a file that the supervisor made.
    ///
    /// # Errors
    /// There are too many.
    pub(crate) fn add(&self, descriptor: &OwnedFd, open: Arc<Open<F>>, inode: Inode) -> Result<(), Errno> {
        self.make_room()?;
        let what = rustix::fs::fstat(descriptor).map_err(errno)?;
        let _alone = self.changing.lock();
        self.mark(descriptor, &what, open, inode)
    }

    fn mark(&self, descriptor: &OwnedFd, what: &Stat, open: Arc<Open<F>>, inode: Inode) -> Result<(), Errno> {
        let of = Identity::of(what);
        let key = match inode {
            Inode::Own => {
                tokens::show(descriptor)?;
                Key::Inode(of)
            }
            Inode::Shared => Key::Token(self.tokens.set(descriptor)?),
        };
        self.known.write().insert(key, Marked { of, open });
        Ok(())
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
        self.known.read().len()
    }

    /// Forgets files that are closed for good: those whose marks were missing this time and the last, and however often
    /// they are looked for now. One reading may miss those that are there, and so may the next while a guest with
    /// thousands of files dies; a file that is forgotten too early is lost to its guest.
    pub(crate) fn sweep(&self) {
        let mut missing = self.changing.lock();
        let Ok(alive) = self.tokens.alive() else { return };
        let (mut gone, new): (FxHashSet<Key>, FxHashSet<Key>) =
            self.known.read().keys().filter(|key| !alive.contains(key)).partition(|key| missing.contains(key));
        *missing = new;
        for _ in 0..READINGS {
            if gone.is_empty() {
                return;
            }
            let Ok(alive) = self.tokens.alive() else { return };
            gone.retain(|key| !alive.contains(key));
        }
        let mut known = self.known.write();
        let gone: Vec<_> = gone.iter().filter_map(|key| known.remove(key)).collect();
        if known.is_empty() {
            *known = FxHashMap::default();
        }
        drop((known, missing));
        // Whatever closing them does, it is done without holding up anybody.
        drop(gone);
    }
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
        let files = Files::new(1024).unwrap();
        let (one, other) = (memory(), memory());
        files.add(&one, open(Node::Control), Inode::Shared).unwrap();
        assert_eq!(look(&files, &one), Ok(Some(Node::Control)));
        assert_eq!(look(&files, &other), Ok(None));
        let Mark::Own(token) = files.tokens.read(&one).unwrap() else { panic!("no mark") };
        files.tokens.put(&other, token).unwrap();
        assert_eq!(files.tokens.read(&other), Ok(Mark::Own(token)));
        assert_eq!(look(&files, &other), Err(Errno::EBADF));
        assert_eq!(look(&files, &one), Ok(Some(Node::Control)));
    }

    /// As it is with the kernel's driver: whoever opens a device file has the same inode as everybody else.
    #[test]
    fn opens_of_one_device_are_told_apart_and_duplicates_are_not() {
        let _alone = ALONE.lock();
        let files = Files::<()>::new(1024).unwrap();
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

    #[test]
    fn a_file_with_an_inode_of_its_own_is_forgotten_when_it_is_closed() {
        let _alone = ALONE.lock();
        let files = Files::new(1024).unwrap();
        let one = memory();
        // What keeps the inode, in place of the driver's file.
        let kept = crate::run::backend::reopen(&one, rustix::fs::OFlags::RDWR).unwrap();
        files.add(&one, open(Node::Uvm), Inode::Own).unwrap();
        assert_eq!(look(&files, &kept), Ok(Some(Node::Uvm)));
        drop(one);
        files.sweep();
        files.sweep();
        assert_eq!((look(&files, &kept), files.len()), (Ok(None), 0));
    }
}
