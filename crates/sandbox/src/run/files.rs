//! The device files that guests have open.

use super::tokens::{Mark, Token, Tokens};
use nix::errno::Errno;
use nvproxy::Node;
use parking_lot::{Mutex, RwLock};
use rustc_hash::{FxHashMap, FxHashSet};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many files can a sandbox have open, to the supervisor's knowledge. A guest that opens more is told so (`ENFILE`).
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
    open: RwLock<FxHashMap<Token, Arc<Open<F>>>>,
    /// Whoever marks or forgets does so alone. Holds the marks that were missing when last looked for.
    changing: Mutex<FxHashSet<Token>>,
    /// At how many to look which are closed.
    full: AtomicUsize,
}

impl<F> Files<F> {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            tokens: Tokens::new()?,
            open: RwLock::default(),
            changing: Mutex::default(),
            full: AtomicUsize::new(FEW),
        })
    }

    /// What is known of a file; `None` if it was never seen.
    ///
    /// # Errors
    /// `EBADF` if it is not this sandbox's.
    pub(crate) fn get(&self, descriptor: &OwnedFd) -> Result<Option<Arc<Open<F>>>, Errno> {
        match self.tokens.read(descriptor)? {
            Mark::None => Ok(None),
            Mark::Foreign => Err(Errno::EBADF),
            Mark::Own(token) => self.open.read().get(&token).cloned().map(Some).ok_or(Errno::EBADF),
        }
    }

    /// What is known of a file, or what `make` makes of it if it was never seen.
    ///
    /// # Errors
    /// It is not this sandbox's, or cannot become that.
    pub(crate) fn get_or(
        &self,
        descriptor: &OwnedFd,
        make: impl FnOnce() -> Result<Open<F>, Errno>,
    ) -> Result<Arc<Open<F>>, Errno> {
        if let Some(open) = self.get(descriptor)? {
            return Ok(open);
        }
        self.make_room()?;
        let _alone = self.changing.lock();
        // Somebody else may have seen it meanwhile.
        if let Some(open) = self.get(descriptor)? {
            return Ok(open);
        }
        let open = Arc::new(make()?);
        self.open.write().insert(self.tokens.set(descriptor)?, open.clone());
        Ok(open)
    }

    /// Takes note of a file that the supervisor made.
    ///
    /// # Errors
    /// There are too many.
    pub(crate) fn add(&self, descriptor: &OwnedFd, open: Arc<Open<F>>) -> Result<(), Errno> {
        self.make_room()?;
        let _alone = self.changing.lock();
        self.open.write().insert(self.tokens.set(descriptor)?, open);
        Ok(())
    }

    fn make_room(&self) -> Result<(), Errno> {
        let full = self.full.load(Ordering::Relaxed);
        if self.len() >= full {
            self.sweep();
            self.sweep();
            self.full.store((self.len() * 2).clamp(FEW, FILES_MAX), Ordering::Relaxed);
        }
        if self.len() < FILES_MAX { Ok(()) } else { Err(Errno::ENFILE) }
    }

    /// How many there are, those closed since included.
    pub(crate) fn len(&self) -> usize {
        self.open.read().len()
    }

    /// Forgets files that are closed for good: those whose marks were missing this time and the last, and however often
    /// they are looked for now. One reading may miss those that are there, and so may the next while a guest with
    /// thousands of files dies; a file that is forgotten too early is lost to its guest.
    pub(crate) fn sweep(&self) {
        let mut missing = self.changing.lock();
        let Ok(alive) = self.tokens.alive() else { return };
        let (mut gone, new): (FxHashSet<Token>, FxHashSet<Token>) =
            self.open.read().keys().filter(|token| !alive.contains(token)).partition(|token| missing.contains(token));
        *missing = new;
        for _ in 0..READINGS {
            if gone.is_empty() {
                return;
            }
            let Ok(alive) = self.tokens.alive() else { return };
            gone.retain(|token| !alive.contains(token));
        }
        let mut open = self.open.write();
        let gone: Vec<_> = gone.iter().filter_map(|token| open.remove(token)).collect();
        drop((open, missing));
        // Whatever closing them does, it is done without holding up anybody.
        drop(gone);
    }
}

impl<F> Open<F> {
    /// The device file it is of.
    pub(crate) fn node(&self) -> Node {
        self.file.node()
    }
}
