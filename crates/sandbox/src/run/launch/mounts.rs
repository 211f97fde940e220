//! What a guest finds in its `/dev` and `/proc`.

use super::attributes::{Attribute, set_attribute};
use crate::run::errno::errno;
use nix::errno::Errno;
use rustix::fs::{Mode, OFlags, StatVfsMountFlags};
use rustix::mount::{MountFlags, mount, mount_bind, mount_bind_recursive, mount_remount};
use std::ffi::CStr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Devices that every guest has.
const DEVICES: [&str; 6] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];
/// Directories that every guest has: memory and queues shared by name.
const DIRECTORIES: [&str; 2] = ["/dev/shm", "/dev/mqueue"];
/// Terminals.
const TERMINALS: &str = "/dev/pts";
const LINKS: [(&str, &str); 4] = [
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
];
/// Where the driver tells of itself.
const PROC_DRIVER: &str = "/proc/driver/nvidia";
/// Where files are prepared that are mounted over others.
const PREPARED: &str = "/dev/.shown";

/// Where what is at a device file's path comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhereFrom {
    /// From the host.
    Host,
    /// From nowhere: the supervisor answers for it.
    Supervisor,
}

/// What a guest finds.
pub(crate) struct View {
    /// The driver's device files.
    pub(crate) devices: Vec<PathBuf>,
    pub(crate) from: WhereFrom,
    /// Files of `/proc` that the guest finds in place of the host's.
    pub(crate) files: Vec<(PathBuf, Vec<u8>)>,
}

impl View {
    /// Puts everything in place, in a mount namespace of the caller's own.
    pub(super) fn build(&self) -> Result<(), Errno> {
        // What is found under the paths now, before something else is mounted over it.
        let mut devices = Vec::new();
        for path in DEVICES.iter().map(Path::new) {
            devices.extend(Source::open(path)?);
        }
        if self.from == WhereFrom::Host {
            for path in &self.devices {
                devices.extend(Source::open(path)?);
            }
        }
        let mut directories = Vec::new();
        for path in DIRECTORIES.iter().map(Path::new) {
            directories.extend(Source::open(path)?);
        }
        let terminals = Source::open(Path::new(TERMINALS))?;
        // Nothing that happens here is to be seen elsewhere. And a device file that lies elsewhere, such as in the files of a
        // container, would lead around what /dev shows.
        set_attribute(c"/", Attribute::OwnWithoutDevices)?;
        tmpfs("/dev", c"mode=755,size=4m")?;
        devices.iter().try_for_each(|device| make(&device.path).and_then(|()| device.bind(&device.path)))?;
        for directory in &directories {
            std::fs::create_dir(&directory.path).map_err(io)?;
            mount_bind_recursive(directory.through(), &directory.path).map_err(errno)?;
        }
        if let Some(terminals) = terminals {
            show_terminals(&terminals)?;
        }
        for (target, link) in LINKS {
            symlink(target, link).map_err(io)?;
        }
        if self.from == WhereFrom::Supervisor {
            // To be seen in a listing.
            self.devices.iter().try_for_each(|path| make(path))?;
        }
        self.show()?;
        protect()
    }

    /// The files of `/proc`.
    fn show(&self) -> Result<(), Errno> {
        let (driver, others): (Vec<_>, Vec<_>) = self.files.iter().partition(|(path, _)| path.starts_with(PROC_DRIVER));
        if !driver.is_empty() {
            tmpfs(PROC_DRIVER, c"mode=755,size=4m")?;
            for (path, content) in &driver {
                make(path)?;
                std::fs::write(path, content).map_err(io)?;
            }
            mount_remount(PROC_DRIVER, MountFlags::BIND | MountFlags::RDONLY | MountFlags::NODEV | RESTRICTED, c"")
                .map_err(errno)?;
        }
        if others.is_empty() {
            return Ok(());
        }
        std::fs::create_dir(PREPARED).map_err(io)?;
        for (number, (path, content)) in others.iter().enumerate() {
            let prepared = Path::new(PREPARED).join(number.to_string());
            std::fs::write(&prepared, content).map_err(io)?;
            let file = Source::open(&prepared)?.ok_or(Errno::ENOENT)?;
            file.bind(path)?;
            std::fs::remove_file(&prepared).map_err(io)?;
        }
        std::fs::remove_dir(PREPARED).map_err(io)
    }
}

/// The host's terminals, where a guest can make more of them. It cannot where only `/dev/ptmx` makes them, because that
/// works beside the host's own `/dev/pts` alone; then the guest gets terminals of its own, and the one that it was
/// started on as `/dev/console`.
fn show_terminals(terminals: &Source) -> Result<(), Errno> {
    std::fs::create_dir(TERMINALS).map_err(io)?;
    symlink("pts/ptmx", "/dev/ptmx").map_err(io)?;
    let maker = rustix::fs::statat(&terminals.file, "ptmx", rustix::fs::AtFlags::empty());
    if maker.is_ok_and(|maker| maker.st_mode & 0o666 == 0o666) {
        mount_bind_recursive(terminals.through(), TERMINALS).map_err(errno)?;
        return terminals.give_devices(c"/dev/pts");
    }
    let options = c"newinstance,ptmxmode=0666,mode=0620";
    mount("devpts", TERMINALS, "devpts", RESTRICTED, options).map_err(errno)?;
    if let Some(name) = started_on(&terminals.file) {
        let console = Path::new("/dev/console");
        make(console)?;
        // By the directory, which was opened in this mount namespace: nothing else can be mounted elsewhere in it. A program
        // can do without.
        if mount_bind(format!("{}/{name}", terminals.through()), console).is_ok() {
            return terminals.give_devices(c"/dev/console");
        }
        std::fs::remove_file(console).map_err(io)?;
    }
    Ok(())
}

/// What root may write for no other reason than being root.
const ROOTS: [&CStr; 3] = [c"/proc/bus", c"/proc/sys", c"/proc/sysrq-trigger"];

/// Keeps a guest from writing what leads around the driver or the supervisor: a GPU's registers
/// (`/sys/bus/pci/devices/*/resource0`), its own control group (`/sys/fs/cgroup`), which the supervisor is in, too, the
/// kernel's settings, and what the kernel is to run.
fn protect() -> Result<(), Errno> {
    for path in ROOTS.into_iter().filter(|_| nix::unistd::getuid().is_root()) {
        match mount_bind_recursive(path, path) {
            Ok(()) => set_attribute(path, Attribute::ReadOnly)?,
            Err(rustix::io::Errno::NOENT) => {}
            Err(error) => return Err(errno(error)),
        }
    }
    match set_attribute(c"/sys", Attribute::ReadOnly) {
        // No `/sys` is mounted.
        Err(Errno::ENOENT | Errno::EINVAL) => Ok(()),
        other => other,
    }
}

/// The name of the terminal that the guest is started on, if it is one of these.
fn started_on(terminals: &OwnedFd) -> Option<String> {
    (0..3).find_map(|number| {
        let path = std::fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
        let name = path.strip_prefix(TERMINALS).ok()?.to_str()?.to_owned();
        let open = rustix::fs::stat(format!("/proc/self/fd/{number}")).ok()?;
        let named = rustix::fs::statat(terminals, &*name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW).ok()?;
        // There may be other terminals of that name.
        ((open.st_dev, open.st_ino) == (named.st_dev, named.st_ino)).then_some(name)
    })
}

/// No programs of other privileges, and none at all.
const RESTRICTED: MountFlags = MountFlags::NOSUID.union(MountFlags::NOEXEC);

fn tmpfs(at: &str, options: &std::ffi::CStr) -> Result<(), Errno> {
    mount("tmpfs", at, "tmpfs", RESTRICTED | MountFlags::NODEV, options).map_err(errno)
}

/// An empty file, and the directories above it.
fn make(path: &Path) -> Result<(), Errno> {
    let file = || std::fs::File::create(path).map(drop);
    match (file(), path.parent()) {
        // Mostly they are there.
        (Err(error), Some(above)) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(above).and_then(|()| file())
        }
        (done, _) => done,
    }
    .map_err(io)
}

/// What was found at a path, to be shown at another one or in another mount.
struct Source {
    path: PathBuf,
    file: OwnedFd,
    /// How it was mounted there.
    flags: StatVfsMountFlags,
}

impl Source {
    /// `None` if nothing is there.
    fn open(path: &Path) -> Result<Option<Self>, Errno> {
        let file = match rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => file,
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(errno(error)),
        };
        let flags = rustix::fs::fstatvfs(&file).map_err(errno)?.f_flag;
        Ok(Some(Self { path: path.to_owned(), file, flags }))
    }

    fn through(&self) -> String {
        format!("/proc/self/fd/{}", self.file.as_raw_fd())
    }

    /// Shows a file at another place, where its owner and mode cannot be changed: a guest that is root owns the host's
    /// device files. Devices can be written all the same.
    fn bind(&self, path: &Path) -> Result<(), Errno> {
        mount_bind(self.through(), path).map_err(errno)?;
        // What was restricted must stay restricted.
        let mut flags = MountFlags::BIND | MountFlags::RDONLY | RESTRICTED;
        for (there, flag) in [
            (StatVfsMountFlags::NODEV, MountFlags::NODEV),
            (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
            (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
            (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
        ] {
            if self.flags.contains(there) {
                flags |= flag;
            }
        }
        mount_remount(path, flags, c"").map_err(errno)
    }

    /// Lets device files be opened in the mount at that path, if they could be where this was found.
    fn give_devices(&self, mounted: &CStr) -> Result<(), Errno> {
        if self.flags.contains(StatVfsMountFlags::NODEV) { Ok(()) } else { set_attribute(mounted, Attribute::Devices) }
    }
}

fn io(error: std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(nix::libc::EIO))
}
