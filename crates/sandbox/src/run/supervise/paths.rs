//! Device files and files of the driver in `/proc` and `/sys` that are not there: a simulated driver's.
//!
//! A guest that opens one of them, or asks of what kind it is, is answered as if it were there; every other path goes
//! on to the kernel, as does a path that comes with a descriptor and `AT_EMPTY_PATH`. This is no boundary: a guest that
//! gets around it finds an empty file.

use super::Supervisor;
use super::call::Caller;
use crate::run::backend::{Backend, reopen};
use crate::run::files::{Made, Open};
use crate::run::tap::Tap;
use crate::run::tasks;
use crate::run::transport::{Answer, Place, Request, Transport};
use nix::errno::Errno;
use nix::libc;
use nvproxy::{GuestMemory, HostDriver, Node};
use rm_sim::NodeInfo;
use rustc_hash::{FxHashMap, FxHashSet};
use rustix::fs::{MemfdFlags, SealFlags, Stat, fchmod, fcntl_add_seals, fstat, memfd_create};
use std::io;
use std::mem::offset_of;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

/// As long as a path may be, its end included.
const PATH_MAX: usize = 4096;
const PAGE: u64 = 4096;
/// The device number of the file system that device files are said to be on.
const DEVICES: u64 = 5;
/// The permissions of files.
const FILE_MODE: u32 = 0o444;

/// What is at a path.
enum Entry {
    Device(NodeInfo),
    /// Its contents, in a memory file, and what the kernel says of that: whoever opened it finds the same file.
    File(OwnedFd, Stat),
}

/// What guests are shown.
pub(crate) struct Shown {
    by_path: FxHashMap<Vec<u8>, Entry>,
    /// The paths' last parts: most paths of a guest end otherwise.
    names: FxHashSet<Vec<u8>>,
}

impl Shown {
    /// These devices and files.
    ///
    /// # Errors
    /// There is no memory for the files.
    pub(crate) fn new(devices: Vec<NodeInfo>, files: Vec<(std::path::PathBuf, Vec<u8>)>) -> io::Result<Self> {
        use std::os::unix::ffi::OsStringExt;
        let mut by_path = FxHashMap::default();
        for device in devices {
            let char_link = format!("/dev/char/{}:{}", device.major, device.minor);
            by_path.insert(char_link.into_bytes(), Entry::Device(device.clone()));
            by_path.insert(device.path.clone().into_os_string().into_vec(), Entry::Device(device));
        }
        for (path, content) in files {
            let memory = memfd_create("shown", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
            io::Write::write_all(&mut std::fs::File::from(memory.try_clone()?), &content)?;
            fchmod(&memory, FILE_MODE.into())?;
            // Guests are the user that it belongs to, and may open it again for writing. Who takes its permissions away
            // finds it closed.
            fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
            let stat = fstat(&memory)?;
            by_path.insert(path.into_os_string().into_vec(), Entry::File(memory, stat));
        }
        let names = by_path.keys().map(|path| name_of(path).to_vec()).collect();
        Ok(Self { by_path, names })
    }
}

/// A path's last part.
fn name_of(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// What a call on a path wants.
enum Wanted {
    /// `open(2)`, with flags.
    Open(i32),
    /// `stat(2)`, to an address.
    Stat(u64),
    /// `statx(2)`, to an address.
    Statx(u64),
    /// `access(2)`, with a mode.
    Access(i32),
}

impl<T, B, D, O> Supervisor<T, B, D, O>
where
    T: Transport,
    B: Backend,
    D: HostDriver<File = B::File>,
    O: Tap,
{
    /// Answers a call on a path. `None` if it is answered already.
    pub(super) fn path(&self, shown: &Shown, request: &Request) -> Option<Answer> {
        Some(match self.shown(shown, request) {
            Ok(Some((entry, wanted))) => match self.give(entry, &wanted, request) {
                Ok(answer) => answer?,
                Err(errno) => Answer::Error(errno),
            },
            Ok(None) => Answer::Continue,
            Err(errno) => Answer::Error(errno),
        })
    }

    /// What is at the path of a call, and what is wanted of it.
    fn shown<'a>(&self, shown: &'a Shown, request: &Request) -> Result<Option<(&'a Entry, Wanted)>, Errno> {
        let [a, b, c, _, e, _] = request.arguments;
        let here = libc::AT_FDCWD;
        let (directory, path) = match request.call {
            #[cfg(target_arch = "x86_64")]
            libc::SYS_open | libc::SYS_stat | libc::SYS_lstat | libc::SYS_access => (here, a),
            _ => (a as i32, b),
        };
        let Some(path) = self.read_path(request, path) else { return Ok(None) };
        if !shown.names.contains(name_of(&path)) {
            return Ok(None);
        }
        let Some(path) = whole(directory, &path, request.task) else { return Ok(None) };
        let Some(entry) = shown.by_path.get(&path) else { return Ok(None) };
        let wanted = match request.call {
            #[cfg(target_arch = "x86_64")]
            libc::SYS_open => Wanted::Open(b as i32),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_stat | libc::SYS_lstat => Wanted::Stat(b),
            #[cfg(target_arch = "x86_64")]
            libc::SYS_access => Wanted::Access(b as i32),
            libc::SYS_openat => Wanted::Open(c as i32),
            libc::SYS_openat2 => {
                // `struct open_how` begins with the flags, 64 bits.
                let mut flags = [0; 8];
                Caller::new(self, request).read(c, &mut flags).map_err(|_| Errno::EFAULT)?;
                Wanted::Open(u64::from_le_bytes(flags) as i32)
            }
            libc::SYS_newfstatat => Wanted::Stat(c),
            libc::SYS_statx => Wanted::Statx(e),
            _ => Wanted::Access(c as i32),
        };
        Ok(Some((entry, wanted)))
    }

    fn read_path(&self, request: &Request, address: u64) -> Option<Vec<u8>> {
        let mut path = Vec::new();
        let mut at = address;
        while path.len() < PATH_MAX {
            // Not beyond the page: the next may not be there.
            let room = (PAGE - at % PAGE).min(256) as usize;
            let mut chunk = [0; 256];
            let len = tasks::read_some(request.task, at, chunk.get_mut(..room)?);
            let chunk = chunk.get(..len).filter(|chunk| !chunk.is_empty())?;
            if let Some(end) = chunk.iter().position(|byte| *byte == 0) {
                path.extend_from_slice(&chunk[..end]);
                return self.transport.waits(request.id).then_some(path);
            }
            path.extend_from_slice(chunk);
            at = at.checked_add(len as u64)?;
        }
        None
    }

    fn give(&self, entry: &Entry, wanted: &Wanted, request: &Request) -> Result<Option<Answer>, Errno> {
        let caller = Caller::new(self, request);
        match *wanted {
            Wanted::Open(flags) => return self.give_file(entry, flags, request).map(|()| None),
            Wanted::Access(mode) => match entry {
                _ if mode & libc::X_OK != 0 => return Err(Errno::EACCES),
                Entry::File(..) if mode & libc::W_OK != 0 => return Err(Errno::EACCES),
                _ => {}
            },
            Wanted::Stat(address) => caller.write(address, &stat(entry)).map_err(|_| Errno::EFAULT)?,
            Wanted::Statx(address) => caller.write(address, &statx(entry)).map_err(|_| Errno::EFAULT)?,
        }
        Ok(Some(Answer::Value(0)))
    }

    fn give_file(&self, entry: &Entry, flags: i32, request: &Request) -> Result<(), Errno> {
        if flags & libc::O_DIRECTORY != 0 {
            return Err(Errno::ENOTDIR);
        }
        if flags & libc::O_CREAT != 0 && flags & libc::O_EXCL != 0 {
            return Err(Errno::EEXIST);
        }
        let descriptor = match entry {
            Entry::File(..) if flags & libc::O_ACCMODE != libc::O_RDONLY => return Err(Errno::EACCES),
            Entry::File(memory, _) => reopen(memory, rustix::fs::OFlags::RDONLY)?,
            Entry::Device(device) => self.open_device(device.node, flags, request.task)?,
        };
        let close_on_exec = flags & libc::O_CLOEXEC != 0;
        self.transport.install(request.id, descriptor.as_fd(), Place::Answer, close_on_exec).map(drop)
    }

    fn open_device(&self, node: Node, flags: i32, task: i32) -> Result<OwnedFd, Errno> {
        let opened = self.proxy.open(&self.sandbox, node)?;
        self.backend.opened(&opened.host, task);
        let (host, descriptor) = self.backend.keep(opened.host)?;
        self.files.add(&descriptor, Arc::new(Open { file: opened.file, host }), Made::Itself)?;
        if flags & libc::O_NONBLOCK != 0 {
            let flags = rustix::fs::fcntl_getfl(&descriptor).map_err(crate::run::errno::errno)?;
            rustix::fs::fcntl_setfl(&descriptor, flags | rustix::fs::OFlags::NONBLOCK)
                .map_err(crate::run::errno::errno)?;
        }
        Ok(descriptor)
    }
}

/// A path from the root, without what means nothing in it. Links are not followed.
fn whole(directory: i32, path: &[u8], task: i32) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    let base = if path.starts_with(b"/") {
        Vec::new()
    } else {
        let link = match directory {
            libc::AT_FDCWD => format!("/proc/{task}/cwd"),
            number => format!("/proc/{task}/fd/{number}"),
        };
        std::fs::read_link(link).ok()?.into_os_string().into_vec()
    };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in base.split(|byte| *byte == b'/').chain(path.split(|byte| *byte == b'/')) {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(parts.into_iter().flat_map(|part| [b"/", part].concat()).collect())
}

/// What is told of a file.
struct Facts {
    /// Where it is, and as which it is known there.
    device: u64,
    inode: u64,
    mode: u32,
    /// Of a device file, which device it leads to.
    leads_to: (u32, u32),
    size: u64,
}

impl Facts {
    fn of(entry: &Entry) -> Self {
        match entry {
            Entry::Device(device) => Self {
                device: DEVICES,
                inode: 1 << 32 | u64::from(device.major) << 20 | u64::from(device.minor),
                mode: libc::S_IFCHR | device.mode,
                leads_to: (device.major, device.minor),
                size: 0,
            },
            Entry::File(_, stat) => Self {
                device: stat.st_dev,
                inode: stat.st_ino,
                mode: libc::S_IFREG | FILE_MODE,
                leads_to: (0, 0),
                size: stat.st_size as u64,
            },
        }
    }
}

/// `struct stat`.
fn stat(entry: &Entry) -> [u8; size_of::<libc::stat>()] {
    let Facts { device, inode, mode, leads_to: (major, minor), size } = Facts::of(entry);
    let mut bytes = [0; size_of::<libc::stat>()];
    let mut put =
        |at: usize, value: u64, width: usize| bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    put(offset_of!(libc::stat, st_dev), device, 8);
    put(offset_of!(libc::stat, st_ino), inode, 8);
    put(offset_of!(libc::stat, st_mode), mode.into(), 4);
    put(offset_of!(libc::stat, st_nlink), 1, size_of::<libc::nlink_t>());
    put(offset_of!(libc::stat, st_rdev), rustix::fs::makedev(major, minor), 8);
    put(offset_of!(libc::stat, st_size), size, 8);
    put(offset_of!(libc::stat, st_blksize), 4096, 4);
    bytes
}

/// `struct statx`.
fn statx(entry: &Entry) -> [u8; size_of::<libc::statx>()] {
    let Facts { device, inode, mode, leads_to: (major, minor), size } = Facts::of(entry);
    let mut bytes = [0; size_of::<libc::statx>()];
    let mut put =
        |at: usize, value: u64, width: usize| bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    put(offset_of!(libc::statx, stx_mask), libc::STATX_BASIC_STATS.into(), 4);
    put(offset_of!(libc::statx, stx_blksize), 4096, 4);
    put(offset_of!(libc::statx, stx_nlink), 1, 4);
    put(offset_of!(libc::statx, stx_mode), mode.into(), 2);
    put(offset_of!(libc::statx, stx_ino), inode, 8);
    put(offset_of!(libc::statx, stx_size), size, 8);
    put(offset_of!(libc::statx, stx_rdev_major), major.into(), 4);
    put(offset_of!(libc::statx, stx_rdev_minor), minor.into(), 4);
    put(offset_of!(libc::statx, stx_dev_major), rustix::fs::major(device).into(), 4);
    put(offset_of!(libc::statx, stx_dev_minor), rustix::fs::minor(device).into(), 4);
    bytes
}
