//! The device files that guests have open.

use super::errno::errno;
use super::tokens::{Mark, Token, Tokens};
use super::watch::Watch;
use nix::errno::Errno;
use nvproxy::Node;
use parking_lot::{Mutex, RwLock};
use rustc_hash::{FxHashMap, FxHashSet};
use rustix::fs::FileType;
use smallvec::SmallVec;
use std::cmp::Ordering;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{self, AtomicUsize};
use std::sync::{Arc, Weak};

/// The most files that a sandbox can have open, to the supervisor's knowledge. A guest that opens more gets `ENFILE`.
const FILES_MAX: usize = 32_768;
/// With fewer files, the supervisor looks which are closed only now and then.
const FEW: usize = 64;
/// The supervisor remembers as many descriptors that led to a file, or fewer if it can have few itself. A guest that
/// uses more pays for looking them up again.
const PLACES: usize = 256;

/// How many descriptors of a thread are searched for a file. Most of the time the descriptor is known.
const SEARCHED: i32 = 1024;
/// A file that is looked for among others which are being closed is looked for again this many times.
const ATTEMPTS: usize = 16;

/// A device file of a guest.
pub(crate) struct Open<F> {
    /// What the proxy knows of it.
    pub(crate) file: Arc<nvproxy::File>,
    /// What stands behind it, if that is kept.
    pub(crate) host: Option<F>,
}

/// A descriptor of a guest: the thread that used it, and the number.
pub(crate) type Place = (i32, i32);

/// The device files that guests have open.
pub(crate) struct Files<F> {
    /// Whether files are [kept](super::backend::Backend::KEEPS): then each has an inode of its own.
    kept: bool,
    /// Where files are kept.
    tokens: Option<Tokens>,
    known: RwLock<Known<F>>,
    /// Descriptors that led to a file when they were looked at last.
    places: Mutex<FxHashMap<Place, Weak<Noted<F>>>>,
    /// Whether the guests have closed a file, if whoever keeps it knows.
    closed: fn(&F) -> Option<bool>,
    /// At how many to look which are closed.
    full: AtomicUsize,
    /// The most that there can be.
    most: usize,
    /// How many descriptors this process can have.
    descriptors: usize,
}

struct Known<F> {
    /// By inode. Where guests open a device, each open file description has an entry of its own under the same inode,
    /// in the order in which the kernel compares them.
    by_inode: FxHashMap<Identity, Vec<Arc<Noted<F>>>>,
    /// By the number that the proxy gave the file: an entry for each inode by which guests have it.
    by_id: FxHashMap<u64, SmallVec<[Arc<Noted<F>>; 1]>>,
    count: usize,
}

impl<F> Default for Known<F> {
    fn default() -> Self {
        Self { by_inode: FxHashMap::default(), by_id: FxHashMap::default(), count: 0 }
    }
}

/// What a descriptor leads to, whoever opened it: device and inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity(u64, u64);

/// What is asked of a file, without waiting for whoever serves it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct What {
    pub(crate) identity: Identity,
    /// `st_mode`, and of a device its number.
    pub(crate) mode: u32,
    pub(crate) device: (u32, u32),
}

impl What {
    /// Of a descriptor of this process.
    ///
    /// # Errors
    /// `statx(2)`'s.
    pub(crate) fn of(file: &OwnedFd) -> Result<Self, Errno> {
        Self::at(file, c"")
    }

    /// Of a path below a directory. A file of FUSE or of a network is not asked for (`AT_STATX_DONT_SYNC`): a guest may
    /// have stopped whoever answers.
    ///
    /// # Errors
    /// `statx(2)`'s.
    pub(crate) fn at(directory: &OwnedFd, path: &std::ffi::CStr) -> Result<Self, Errno> {
        use rustix::fs::{AtFlags, StatxFlags, statx};
        let flags = if path.is_empty() { AtFlags::EMPTY_PATH } else { AtFlags::empty() };
        let flags = flags | AtFlags::STATX_DONT_SYNC;
        let found = statx(directory, path, flags, StatxFlags::TYPE | StatxFlags::INO).map_err(errno)?;
        let device = rustix::fs::makedev(found.stx_dev_major, found.stx_dev_minor);
        Ok(Self {
            identity: Identity(device, found.stx_ino),
            mode: found.stx_mode.into(),
            device: (found.stx_rdev_major, found.stx_rdev_minor),
        })
    }

    /// Whether it is a socket.
    pub(crate) fn is_socket(&self) -> bool {
        FileType::from_raw_mode(self.mode) == FileType::Socket
    }

    /// The number of a character device.
    pub(crate) fn character_device(&self) -> Option<(u32, u32)> {
        (FileType::from_raw_mode(self.mode) == FileType::CharacterDevice).then_some(self.device)
    }
}

/// A file, and how the supervisor tells which one it is and whether it is closed.
struct Noted<F> {
    of: Identity,
    open: Arc<Open<F>>,
    by: By,
}

enum By {
    /// By its description.
    Watch(Watch),
    /// By a mark on its description, and by an own descriptor of its memory, which tells whether the mark is still there.
    Mark(Token, OwnedFd),
    /// Not at all: it stands for every description of `/dev/nvidia-uvm`, of each of which the proxy knows the same.
    Shared,
}

impl<F> Noted<F> {
    fn is(&self, descriptor: &OwnedFd) -> bool {
        matches!(&self.by, By::Watch(watch) if watch.order(descriptor.as_fd()) == Ok(Ordering::Equal))
    }

    fn is_at(&self, (task, descriptor): Place) -> bool {
        matches!(&self.by, By::Watch(watch) if watch.is_at(task, descriptor))
    }
}

impl<F> Files<F> {
    /// For a process that can have so many descriptors, and files that are [kept](super::backend::Backend::KEEPS) or not.
    /// Each file takes one descriptor, or two where the supervisor also keeps what stands behind it. A third of them is
    /// for whatever else serving takes: the guests cannot use it up by opening.
    pub(crate) fn new(descriptors: usize, kept: bool, closed: fn(&F) -> Option<bool>) -> std::io::Result<Self> {
        Ok(Self {
            kept,
            most: (descriptors / 3).min(FILES_MAX),
            tokens: if kept { Some(Tokens::new(descriptors)?) } else { None },
            known: RwLock::default(),
            places: Mutex::default(),
            closed,
            full: AtomicUsize::new(FEW),
            descriptors,
        })
    }

    /// What is known of the file that a guest's descriptor leads to, if it led to a known one when it was last used. The
    /// kernel is asked for nothing that a guest could hold up.
    pub(crate) fn at(&self, place: Place) -> Option<Arc<Open<F>>> {
        let noted = self.places.lock().get(&place)?.upgrade();
        match noted.filter(|noted| noted.is_at(place)) {
            Some(noted) => Some(noted.open.clone()),
            None => {
                self.places.lock().remove(&place);
                None
            }
        }
    }

    /// Whether a guest's descriptor leads to a file of that identity, as far as its inode tells.
    pub(crate) fn is_inode(&self, identity: Identity) -> bool {
        self.known.read().by_inode.contains_key(&identity)
    }

    /// Takes note of which descriptor of a guest led to a file.
    pub(crate) fn remember(&self, place: Place, open: &Open<F>) {
        let watched = |noted: &&Arc<Noted<F>>| matches!(noted.by, By::Watch(_));
        let Some(noted) = self.by_id(open.file.id()).iter().find(watched).map(Arc::downgrade) else { return };
        let mut places = self.places.lock();
        if places.len() >= PLACES.min(self.descriptors / 16) {
            places.clear();
        }
        places.insert(place, noted);
    }

    fn by_id(&self, id: u64) -> SmallVec<[Arc<Noted<F>>; 1]> {
        self.known.read().by_id.get(&id).cloned().unwrap_or_default()
    }

    /// Descriptors of guests that lead to a file: those that were used last, and what the thread `first` has under the same
    /// numbers; or else one that is found among the first thousand of that thread.
    pub(crate) fn places_of(&self, id: u64, first: i32) -> Vec<Place> {
        let all = self.by_id(id);
        let is_of = |known: &Weak<Noted<F>>| all.iter().any(|noted| std::ptr::eq(known.as_ptr(), &**noted));
        let mut found: Vec<Place> =
            self.places.lock().iter().filter(|(_, known)| is_of(known)).map(|(place, _)| *place).collect();
        // Threads of a process have the same descriptors.
        found.extend(found.clone().into_iter().map(|(_, descriptor)| (first, descriptor)));
        found.sort_unstable_by_key(|(task, descriptor)| (*task != first, *task, *descriptor));
        found.dedup();
        let leads_there = |place: &Place| all.iter().any(|noted| noted.is_at(*place));
        found.retain(leads_there);
        if found.is_empty() {
            found.extend((0..SEARCHED).map(|descriptor| (first, descriptor)).find(leads_there));
        }
        found
    }

    /// The file of a number that the proxy gave, if it is not closed.
    pub(crate) fn of_id(&self, id: u64) -> Option<Arc<Open<F>>> {
        self.by_id(id).iter().find(|noted| !self.is_closed(noted)).map(|noted| noted.open.clone())
    }

    /// Whether a descriptor of this process leads to a file, as its description tells.
    pub(crate) fn is(&self, descriptor: &OwnedFd, open: &Open<F>) -> bool {
        self.by_id(open.file.id()).iter().any(|noted| noted.is(descriptor))
    }

    /// What is known of the file that a descriptor of this process leads to, which is that `what`; `None` if it was never
    /// seen.
    ///
    /// # Errors
    /// `EBADF` if it is not this sandbox's.
    pub(crate) fn get(&self, descriptor: &OwnedFd, what: &What) -> Result<Option<Arc<Open<F>>>, Errno> {
        for _ in 0..ATTEMPTS {
            let known = self.known.read();
            let Some(group) = known.by_inode.get(&what.identity) else { return Ok(None) };
            match &group[..] {
                [one] if self.kept || matches!(one.by, By::Shared) => return Ok(Some(one.open.clone())),
                [one, ..] if let (By::Mark(..), Some(tokens)) = (&one.by, &self.tokens) => {
                    let Mark::Own(token) = tokens.read(descriptor)? else { return Err(Errno::EBADF) };
                    let marked = group.iter().find(|noted| matches!(&noted.by, By::Mark(own, _) if *own == token));
                    return marked.map(|marked| Some(marked.open.clone())).ok_or(Errno::EBADF);
                }
                group => match search(group, descriptor) {
                    Ok(at) => return Ok(group.get(at).map(|noted| noted.open.clone())),
                    Err(Missing::Before(_)) => return Ok(None),
                    Err(Missing::Closed) => {}
                },
            }
            drop(known);
            self.sweep();
        }
        // The guest closes files faster than they can be looked at.
        Err(Errno::EAGAIN)
    }

    /// What is known of a file, or what `make` makes of it if it was never seen.
    ///
    /// # Errors
    /// It is not this sandbox's, or cannot become that.
    pub(crate) fn get_or(
        &self,
        descriptor: &OwnedFd,
        what: &What,
        make: impl FnOnce() -> Result<Open<F>, Errno>,
    ) -> Result<Arc<Open<F>>, Errno> {
        if let Some(open) = self.get(descriptor, what)? {
            return Ok(open);
        }
        self.make_room()?;
        let watch = Watch::new(descriptor, self.descriptors);
        let mut known = self.known.write();
        // It may have been seen meanwhile.
        let group = known.by_inode.entry(what.identity).or_default();
        let at = match place_in(group, descriptor) {
            Ok(noted) => return Ok(noted.open.clone()),
            Err(at) => at,
        };
        let made = make().and_then(|open| {
            let by = match watch {
                Ok(watch) => By::Watch(watch),
                // All files of the driver can be polled, but those of this device.
                Err(Errno::EPERM) if open.file.node() == Node::Uvm => By::Shared,
                Err(errno) => return Err(errno),
            };
            Ok(Noted { of: what.identity, open: Arc::new(open), by })
        });
        match made {
            Ok(noted) => Ok(known.insert(at, noted)),
            Err(errno) => {
                known.tidy(what.identity);
                Err(errno)
            }
        }
    }

    /// Takes note of a file that the supervisor made: what a descriptor of this process leads to.
    ///
    /// # Errors
    /// There are too many.
    pub(crate) fn add(&self, descriptor: &OwnedFd, open: Arc<Open<F>>, what: Made) -> Result<(), Errno> {
        self.make_room()?;
        let by = match what {
            Made::Itself => match Watch::new(descriptor, self.descriptors) {
                Ok(watch) => By::Watch(watch),
                Err(Errno::EPERM) => self.mark(descriptor)?,
                Err(errno) => return Err(errno),
            },
            Made::Memory => self.mark(descriptor)?,
        };
        let noted = Noted { of: What::of(descriptor)?.identity, open, by };
        let mut known = self.known.write();
        let group = known.by_inode.entry(noted.of).or_default();
        let at = match &noted.by {
            // Numbers of inodes are given again after four billion.
            By::Watch(_) if self.kept && !group.is_empty() => return Err(Errno::EEXIST),
            By::Watch(_) => match place_in(group, descriptor) {
                Ok(_) => return Err(Errno::EEXIST),
                Err(at) => at,
            },
            By::Mark(..) | By::Shared => group.len(),
        };
        known.insert(at, noted);
        Ok(())
    }

    fn mark(&self, descriptor: &OwnedFd) -> Result<By, Errno> {
        let own = super::backend::reopen(descriptor, rustix::fs::OFlags::RDWR)?;
        let tokens = self.tokens.as_ref().ok_or(Errno::EPERM)?;
        Ok(By::Mark(tokens.set(descriptor)?, own))
    }

    fn is_closed(&self, noted: &Noted<F>) -> bool {
        match &noted.by {
            // A guest may have opened the inode once more, where that is the file's alone.
            By::Watch(watch) => match noted.open.host.as_ref().and_then(self.closed) {
                Some(closed) => closed,
                None => watch.is_closed(),
            },
            By::Mark(token, own) => !Tokens::is_there(*token, own),
            By::Shared => false,
        }
    }

    fn make_room(&self) -> Result<(), Errno> {
        let full = self.full.load(atomic::Ordering::Relaxed);
        if self.len() >= full {
            self.sweep();
            let next = (self.len() * 2).clamp(FEW.min(self.most), self.most);
            self.full.store(next, atomic::Ordering::Relaxed);
        }
        if self.len() < self.most { Ok(()) } else { Err(Errno::ENFILE) }
    }

    /// How many there are, those closed since included.
    pub(crate) fn len(&self) -> usize {
        self.known.read().count
    }

    /// Forgets files that are closed.
    pub(crate) fn sweep(&self) {
        let all: Vec<_> = self.known.read().by_inode.values().flatten().cloned().collect();
        // Nothing is locked while the kernel is asked.
        let gone: Vec<_> = all.into_iter().filter(|noted| self.is_closed(noted)).collect();
        if gone.is_empty() {
            return;
        }
        let mut known = self.known.write();
        known.remove(&gone);
        if known.count == 0 {
            *known = Known::default();
        }
        drop(known);
        self.places.lock().retain(|_, noted| noted.strong_count() > 0);
        // Whatever closing them does, it is done without holding up anybody.
        drop(gone);
    }
}

impl<F> Known<F> {
    fn insert(&mut self, at: usize, noted: Noted<F>) -> Arc<Open<F>> {
        let noted = Arc::new(noted);
        let group = self.by_inode.entry(noted.of).or_default();
        group.insert(at.min(group.len()), noted.clone());
        self.by_id.entry(noted.open.file.id()).or_default().push(noted.clone());
        self.count += 1;
        noted.open.clone()
    }

    /// In time in proportion to how many there are: in front of a kernel driver all are of one inode.
    fn remove(&mut self, gone: &[Arc<Noted<F>>]) {
        let removed: FxHashSet<_> = gone.iter().map(Arc::as_ptr).collect();
        let stays = |noted: &Arc<Noted<F>>| !removed.contains(&Arc::as_ptr(noted));
        for inode in gone.iter().map(|noted| noted.of).collect::<FxHashSet<_>>() {
            let Some(group) = self.by_inode.get_mut(&inode) else { continue };
            let before = group.len();
            group.retain(stays);
            self.count -= before - group.len();
            self.tidy(inode);
        }
        for id in gone.iter().map(|noted| noted.open.file.id()).collect::<FxHashSet<_>>() {
            let Some(same) = self.by_id.get_mut(&id) else { continue };
            same.retain(|noted| stays(noted));
            if same.is_empty() {
                self.by_id.remove(&id);
            }
        }
    }

    fn tidy(&mut self, inode: Identity) {
        if self.by_inode.get(&inode).is_some_and(Vec::is_empty) {
            self.by_inode.remove(&inode);
        }
    }
}

/// Why a description is not among those of an inode.
enum Missing {
    /// It would come before this one.
    Before(usize),
    /// One that it was compared with is closed, and has no order any more.
    Closed,
}

/// Where a description is among those of an inode.
fn search<F>(group: &[Arc<Noted<F>>], descriptor: &OwnedFd) -> Result<usize, Missing> {
    let (mut low, mut high) = (0, group.len());
    while low < high {
        let middle = low.midpoint(high);
        let Some(Noted { by: By::Watch(watch), .. }) = group.get(middle).map(|noted| &**noted) else {
            return Err(Missing::Before(group.len()));
        };
        match watch.order(descriptor.as_fd()) {
            Ok(Ordering::Equal) => return Ok(middle),
            Ok(Ordering::Less) => high = middle,
            Ok(Ordering::Greater) => low = middle + 1,
            Err(_) => return Err(Missing::Closed),
        }
    }
    Err(Missing::Before(low))
}

/// A description among those of an inode, or where it belongs among those that are open.
fn place_in<'a, F>(group: &'a [Arc<Noted<F>>], descriptor: &OwnedFd) -> Result<&'a Arc<Noted<F>>, usize> {
    if let [one, ..] = group
        && matches!(one.by, By::Shared)
    {
        return Ok(one);
    }
    match search(group, descriptor) {
        Ok(at) => group.get(at).ok_or(group.len()),
        Err(Missing::Before(at)) => Err(at),
        // Rare: look at each.
        Err(Missing::Closed) => {
            let order = |noted: &Arc<Noted<F>>| match &noted.by {
                By::Watch(watch) => watch.order(descriptor.as_fd()).ok(),
                By::Mark(..) | By::Shared => None,
            };
            let orders = || group.iter().map(order);
            match orders().position(|order| order == Some(Ordering::Equal)) {
                Some(at) => group.get(at).ok_or(at),
                None => Err(orders().position(|order| order == Some(Ordering::Less)).unwrap_or(group.len())),
            }
        }
    }
}

/// What the guest has of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
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
    use nvproxy::{Options, Proxy};
    use rustix::fs::{MemfdFlags, memfd_create};
    use std::os::fd::AsRawFd;
    use std::sync::LazyLock;
    use version_tree::{Tree, version};

    fn open<F>(node: Node) -> Open<F> {
        static PROXY: LazyLock<(Proxy<nvproxy::Linux>, Arc<nvproxy::Sandbox>)> = LazyLock::new(|| {
            let proxy = Proxy::new(nvproxy::Linux, Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap());
            let sandbox = proxy.sandbox(Options::default());
            (proxy, sandbox)
        });
        let (proxy, sandbox) = &*PROXY;
        Open { file: proxy.file(sandbox, node).unwrap(), host: None }
    }

    fn files() -> Files<()> {
        Files::new(1024, false, |()| None).unwrap()
    }

    /// Like a device file of the driver's: every open of it, by whichever sandbox, is of one inode.
    fn device() -> OwnedFd {
        std::fs::File::options().read(true).write(true).open("/dev/random").unwrap().into()
    }

    fn seen(files: &Files<()>, file: &OwnedFd) -> Result<u64, Errno> {
        files.get_or(file, &What::of(file).unwrap(), || Ok(open(Node::Control))).map(|open| open.file.id())
    }

    #[test]
    fn opens_of_one_device_are_told_apart_and_duplicates_are_not() {
        let _alone = ALONE.lock();
        let files = files();
        let (one, two) = (device(), device());
        let (first, second) = (seen(&files, &one).unwrap(), seen(&files, &two).unwrap());
        assert_ne!(first, second);
        let copy = one.try_clone().unwrap();
        drop(one);
        assert_eq!((seen(&files, &copy), seen(&files, &two)), (Ok(first), Ok(second)));
        assert_eq!(files.len(), 2);
        drop(copy);
        files.sweep();
        assert_eq!(files.len(), 1);
        assert_eq!(seen(&files, &two), Ok(second));
    }

    #[test]
    fn each_of_many_files_is_found_also_while_others_are_closed() {
        let _alone = ALONE.lock();
        let files = files();
        let mut all: Vec<_> = (0..100).map(|_| device()).map(|file| (seen(&files, &file).unwrap(), file)).collect();
        for step in 0..50 {
            all.remove((step * 37) % all.len());
            for (id, file) in &all {
                assert_eq!(seen(&files, file), Ok(*id));
            }
            let new = device();
            let id = seen(&files, &new).unwrap();
            assert!(all.iter().all(|(other, _)| *other != id));
            all.push((id, new));
        }
        files.sweep();
        assert_eq!(files.len(), 100);
    }

    #[test]
    fn a_file_is_closed_when_the_guest_closes_it() {
        let _alone = ALONE.lock();
        let files = files();
        let file = device();
        let id = seen(&files, &file).unwrap();
        assert!(files.of_id(id).is_some());
        let copy = file.try_clone().unwrap();
        drop(file);
        assert!(files.of_id(id).is_some());
        drop(copy);
        // Without a sweep.
        assert!(files.of_id(id).is_none());
    }

    #[test]
    fn files_of_one_device_are_forgotten_in_time_in_proportion_to_their_number() {
        let forget = |count: usize| {
            let mut known = Known::<()>::default();
            let of = Identity(1, 2);
            let all = |known: &Known<()>| known.by_inode.get(&of).cloned().unwrap_or_default();
            for _ in 0..count {
                known.insert(usize::MAX, Noted { of, open: Arc::new(open(Node::Control)), by: By::Shared });
            }
            let gone = all(&known);
            let before = std::time::Instant::now();
            known.remove(&gone);
            let took = before.elapsed();
            assert!(known.count == 0 && known.by_inode.is_empty() && known.by_id.is_empty());
            took
        };
        let least = |count| (0..5).map(|_| forget(count)).min().unwrap();
        let (few, many) = (least(FILES_MAX / 16), least(FILES_MAX));
        assert!(many < few * 64, "16 times as many took {many:?} in place of {few:?}");
    }

    #[test]
    fn a_sandbox_opens_and_closes_files_for_ever_whatever_locks_others_hold() {
        let _alone = ALONE.lock();
        let files = Files::<()>::new(192, false, |()| None).unwrap();
        // Locks on the device itself, where every sandbox sees the same inode, and on files of others.
        let (theirs, memory) = (device(), memfd_create("theirs", MemfdFlags::CLOEXEC).unwrap());
        for at in 0..2000 {
            crate::run::tokens::tests::lock(&theirs, (1 << 61) + at * 2);
            crate::run::tokens::tests::lock(&memory, (1 << 61) + at * 2);
        }
        for _ in 0..1000 {
            let file = device();
            seen(&files, &file).expect("there is room");
        }
        assert!(files.len() <= FEW);
    }

    #[test]
    fn two_sandboxes_on_one_device_do_not_disturb_each_other() {
        let _alone = ALONE.lock();
        let (one, other) = (files(), files());
        let file = device();
        let (mine, theirs) = (seen(&one, &file).unwrap(), seen(&other, &file).unwrap());
        assert_ne!(mine, theirs, "each has a file of the description, if a guest hands it over");
        assert_eq!((seen(&one, &file), seen(&other, &file)), (Ok(mine), Ok(theirs)));
        drop(other);
        assert_eq!(seen(&one, &file), Ok(mine));
        drop(file);
        assert!(one.of_id(mine).is_none());
    }

    #[test]
    fn a_place_leads_to_a_file_until_something_else_is_there() {
        let _alone = ALONE.lock();
        let files = files();
        let (file, own) = (device(), std::process::id() as i32);
        let id = seen(&files, &file).unwrap();
        let place = (own, file.as_raw_fd());
        assert!(files.at(place).is_none());
        files.remember(place, &files.of_id(id).unwrap());
        assert_eq!(files.at(place).map(|open| open.file.id()), Some(id));
        assert_eq!(files.places_of(id, own), [place]);
        let number = file.as_raw_fd();
        drop(file);
        let other = device();
        assert_eq!(other.as_raw_fd(), number);
        assert!(files.at(place).is_none() && files.places_of(id, own).is_empty());
    }

    #[test]
    fn what_cannot_be_watched_is_one_file_if_it_is_uvms() {
        let _alone = ALONE.lock();
        let files = files();
        let null = || OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
        let seen = |file: &OwnedFd, node| {
            files.get_or(file, &What::of(file).unwrap(), || Ok(open(node))).map(|open| open.file.id())
        };
        assert_eq!(seen(&null(), Node::Control), Err(Errno::EPERM));
        let id = seen(&null(), Node::Uvm).unwrap();
        files.sweep();
        assert_eq!(seen(&null(), Node::Uvm), Ok(id));
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
        let known = Arc::new(Open { host: Some(kept.clone()), ..open(Node::Control) });
        files.add(&kept, known, Made::Itself).unwrap();
        let other = crate::run::backend::reopen(&kept, rustix::fs::OFlags::RDWR).unwrap();
        let get = |file: &OwnedFd| files.get(file, &What::of(file).unwrap());
        assert!(get(&other).unwrap().is_some());
        files.sweep();
        assert_eq!(files.len(), 1);
        rustix::io::write(&writer, &[1]).unwrap();
        files.sweep();
        assert_eq!(files.len(), 0);
        assert!(get(&other).unwrap().is_none());
    }

    #[test]
    fn memory_that_two_files_map_is_told_apart_by_marks() {
        let _alone = ALONE.lock();
        let files = Files::<()>::new(1024, true, |()| None).unwrap();
        let memory = memfd_create("test", MemfdFlags::CLOEXEC).unwrap();
        let again = || crate::run::backend::reopen(&memory, rustix::fs::OFlags::RDWR).unwrap();
        let (one, two) = (again(), again());
        let add = |file: &OwnedFd| {
            let open = Arc::new(open(Node::Control));
            files.add(file, open.clone(), Made::Memory).unwrap();
            open.file.id()
        };
        let get =
            |file: &OwnedFd| files.get(file, &What::of(file).unwrap()).map(|open| open.map(|open| open.file.id()));
        let first = add(&one);
        assert_eq!(get(&again()), Ok(Some(first)), "the inode has one file");
        let second = add(&two);
        assert_eq!((get(&one), get(&two), get(&again())), (Ok(Some(first)), Ok(Some(second)), Err(Errno::EBADF)));
        files.sweep();
        assert_eq!(files.len(), 2);
        drop(one);
        files.sweep();
        assert_eq!((files.len(), get(&two)), (1, Ok(Some(second))));
    }
}
