//! What a guest is started with and did not open itself: descriptors, and the working directory.
//!
//! A directory that was opened before the guest had mounts of its own is the host's: `..` from it leads to the host's
//! `/dev`, and so does whatever a descriptor stands for that opens further files. So a guest gets its standard input and
//! outputs, what the user names, and files that lead nowhere; a directory it gets as its own mounts have it.

use super::descriptor::Descriptor;
use crate::run::errno::errno;
use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::libc;
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, Stat, major, openat2};
use std::fs::read_link;
use std::os::fd::{OwnedFd, RawFd};
use std::path::Path;

/// Where the kernel says which driver has which number.
const DEVICES: &str = "/proc/devices";
/// Major numbers of character devices that no guest is started with, wherever they stand: NVIDIA's, which are the same on
/// all machines, and those of `/dev/dri`.
const FIXED: [u32; 2] = [195, 226];
/// The descriptors that every program expects to have.
const STANDARD: std::ops::RangeInclusive<RawFd> = 0..=2;
/// The flags that a directory keeps when it is opened again; others are for files that are made or written.
const KEPT: OFlags = OFlags::PATH.union(OFlags::NONBLOCK).union(OFlags::NOATIME).union(OFlags::APPEND);

/// What a guest is started with.
#[derive(Debug, Clone)]
pub(crate) struct Inherited {
    named: Vec<RawFd>,
    /// Major numbers of the devices that it is not started with.
    drivers: Vec<u32>,
}

/// Why a guest cannot be started with what it is to be started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotPassed {
    /// This descriptor was named, and leads out of the sandbox.
    LeadsOut(RawFd),
    Failed(Errno),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Kept,
    /// Kept as what has the same path in the guest's own mounts, if that is the same file.
    OpenedAgain,
    Closed,
}

impl Inherited {
    /// With these descriptors besides those that every guest is started with.
    ///
    /// # Errors
    /// One of them is not open, or is a device that no guest is started with.
    pub(crate) fn naming(named: &[RawFd]) -> Result<Self> {
        let devices = std::fs::read_to_string(DEVICES).context("/proc is not mounted")?;
        let inherited = Self { named: named.to_vec(), drivers: FIXED.into_iter().chain(drivers(&devices)).collect() };
        for number in named {
            let Some(it) = Descriptor::inherited(*number) else {
                bail!("descriptor {number}, which --pass-fd names, is not open");
            };
            if inherited.fate(&it) == Fate::Closed {
                bail!(
                    "descriptor {number}, which --pass-fd names, is a GPU's device file: the program must open that itself"
                );
            }
        }
        Ok(inherited)
    }

    /// Leaves of what this process was started with only what a guest may have, when its mounts are in place.
    pub(super) fn settle(&self) -> Result<(), NotPassed> {
        settle_directory().map_err(NotPassed::Failed)?;
        let all = Descriptor::all()
            .map_err(|error| NotPassed::Failed(Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))))?;
        for it in all {
            let in_place = match self.fate(&it) {
                Fate::Kept => continue,
                Fate::OpenedAgain => it.path().ok().and_then(|path| again(&path, it.flags, &it.stat)),
                Fate::Closed => None,
            };
            match in_place {
                Some(now) => it.replace(&now),
                // Without one, the next file that the program opens would be taken for it.
                None if STANDARD.contains(&it.number) => nothing().and_then(|nothing| it.replace(&nothing)),
                None if self.named.contains(&it.number) => return Err(NotPassed::LeadsOut(it.number)),
                None => it.close(),
            }
            .map_err(NotPassed::Failed)?;
        }
        Ok(())
    }

    fn fate(&self, it: &Descriptor) -> Fate {
        let kind = FileType::from_raw_mode(it.stat.st_mode);
        // One that is only for its path opens whatever is there.
        if kind == FileType::Directory || it.flags.contains(OFlags::PATH) {
            return Fate::OpenedAgain;
        }
        match kind {
            // Of shells and of make.
            FileType::Fifo | FileType::RegularFile => Fate::Kept,
            FileType::CharacterDevice if self.drivers.contains(&major(it.stat.st_rdev)) => Fate::Closed,
            _ if STANDARD.contains(&it.number) || self.named.contains(&it.number) => Fate::Kept,
            _ => Fate::Closed,
        }
    }
}

/// The major numbers of NVIDIA's drivers and of `/dev/dri`.
fn drivers(devices: &str) -> impl Iterator<Item = u32> {
    let character = devices.lines().take_while(|line| !line.starts_with("Block"));
    character.filter_map(|line| {
        let (number, name) = line.trim().split_once(' ')?;
        (name.starts_with("nvidia") || name == "drm").then(|| number.parse().ok())?
    })
}

/// The working directory is the guest's already, but what was mounted over it or above it is not in its path.
fn settle_directory() -> Result<(), Errno> {
    let here = rustix::fs::stat("/proc/self/cwd").map_err(errno)?;
    let path = read_link("/proc/self/cwd").unwrap_or_default();
    let now = again(&path, OFlags::PATH, &here);
    let moved = now.and_then(|now| rustix::process::fchdir(now).ok());
    moved.map_or_else(|| rustix::process::chdir("/").map_err(errno), Ok)
}

/// What is at a path now, if it is that file. No link is followed, so that the way there lies in the guest's own mounts.
fn again(path: &Path, flags: OFlags, file: &Stat) -> Option<OwnedFd> {
    if !path.is_absolute() {
        return None;
    }
    let flags = flags.intersection(KEPT) | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let flags = if flags.contains(OFlags::PATH) { flags } else { flags | OFlags::DIRECTORY };
    let now = openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS).ok()?;
    let found = rustix::fs::fstat(&now).ok()?;
    ((found.st_dev, found.st_ino) == (file.st_dev, file.st_ino)).then_some(now)
}

/// A file that holds nothing.
fn nothing() -> Result<OwnedFd, Errno> {
    rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).map_err(errno)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor(number: RawFd, mode: u32, device: (u32, u32), flags: OFlags) -> Descriptor {
        let mut stat = rustix::fs::stat("/").unwrap();
        stat.st_mode = mode;
        stat.st_rdev = rustix::fs::makedev(device.0, device.1);
        Descriptor { number, flags, stat }
    }

    #[test]
    fn a_guest_is_started_with_what_leads_nowhere() {
        let inherited = Inherited { named: vec![7], drivers: vec![195, 226, 511] };
        let none = (0, 0);
        for (mode, device, expected) in [
            // Of the standard descriptors, of a named one, of any other.
            (libc::S_IFIFO, none, [Fate::Kept; 3]),
            (libc::S_IFREG, none, [Fate::Kept; 3]),
            (libc::S_IFDIR, none, [Fate::OpenedAgain; 3]),
            (libc::S_IFSOCK, none, [Fate::Kept, Fate::Kept, Fate::Closed]),
            (libc::S_IFBLK, (7, 0), [Fate::Kept, Fate::Kept, Fate::Closed]),
            (libc::S_IFCHR, (1, 3), [Fate::Kept, Fate::Kept, Fate::Closed]),
            (libc::S_IFCHR, (136, 0), [Fate::Kept, Fate::Kept, Fate::Closed]),
            (libc::S_IFCHR, (195, 254), [Fate::Closed; 3]),
            (libc::S_IFCHR, (226, 128), [Fate::Closed; 3]),
            (libc::S_IFCHR, (511, 0), [Fate::Closed; 3]),
            // What has no inode of its own: epoll, userfaultfd and their like.
            (0, none, [Fate::Kept, Fate::Kept, Fate::Closed]),
        ] {
            for (numbers, expected) in [&[0, 1, 2][..], &[7], &[3, 8, 255]].into_iter().zip(expected) {
                for number in numbers {
                    let fate = |flags| inherited.fate(&descriptor(*number, mode | 0o644, device, flags));
                    assert_eq!(fate(OFlags::RDWR), expected, "{number}: {mode:o} {device:?}");
                    assert_eq!(fate(OFlags::PATH), Fate::OpenedAgain, "{number}: {mode:o} {device:?}");
                }
            }
        }
    }

    #[test]
    fn the_drivers_are_found_by_name() {
        let text = "Character devices:\n  1 mem\n195 nvidia\n226 drm\n234 nvidia-nvswitch\n506 nvidia-uvm\n\n\
                    Block devices:\n  7 nvidia\n";
        assert_eq!(drivers(text).collect::<Vec<_>>(), [195, 226, 234, 506]);
        assert_eq!(drivers("").count(), 0);
    }

    #[test]
    fn what_is_opened_again_is_the_same_file_by_no_link() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().canonicalize().unwrap();
        let (one, other, link) = (path.join("one"), path.join("other"), path.join("link"));
        std::fs::create_dir(&one).unwrap();
        std::fs::create_dir(&other).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let stat = rustix::fs::stat(&one).unwrap();
        for flags in [OFlags::RDONLY, OFlags::PATH, OFlags::RDONLY | OFlags::NONBLOCK] {
            let now = again(&one, flags, &stat).unwrap();
            let kept = rustix::fs::fcntl_getfl(&now).unwrap().intersection(KEPT);
            assert_eq!(kept, flags.intersection(KEPT));
            assert!(again(&other, flags, &stat).is_none());
            assert!(again(&link.join("one"), flags, &stat).is_none());
            assert!(again(Path::new("one"), flags, &stat).is_none());
        }
        // A link of the kernel's leads anywhere.
        let file = std::fs::File::open(&path).unwrap();
        let through = format!("/proc/self/fd/{}/one", std::os::fd::AsRawFd::as_raw_fd(&file));
        assert!(again(Path::new(&through), OFlags::PATH, &stat).is_none());
    }
}
