//! A directory that only this user can enter, held by a descriptor.
//!
//! Its path is used once, to open it: who may write to its parent could have put another one there since.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

pub(super) const O_NOFOLLOW: i32 = NOFOLLOW.bits() as i32;
const NOFOLLOW: rustix::fs::OFlags = rustix::fs::OFlags::NOFOLLOW;
const DIRECTORY: i32 = rustix::fs::OFlags::DIRECTORY.bits() as i32;

/// Goes with everything in it when it is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    handle: File,
    /// Where it was made.
    made: PathBuf,
    kept: bool,
}

impl Directory {
    /// A new one under `parent`.
    pub(super) fn new(parent: &Path) -> io::Result<Self> {
        let mode = Permissions::from_mode(0o700);
        let made = tempfile::Builder::new().prefix("gpu-tools-").permissions(mode).tempdir_in(parent)?.keep();
        Ok(Self { handle: open(&made)?, made, kept: false })
    }

    /// Something in it.
    pub(super) fn entry(&self, name: &str) -> PathBuf {
        Path::new("/proc/self/fd").join(self.handle.as_raw_fd().to_string()).join(name)
    }

    /// The same for programs that this one starts, for as long as this one runs.
    pub(super) fn seen_by_children(&self, name: &str) -> PathBuf {
        let process = Path::new("/proc").join(std::process::id().to_string());
        process.join("fd").join(self.handle.as_raw_fd().to_string()).join(name)
    }

    /// Where it is now.
    pub(super) fn path(&self) -> io::Result<PathBuf> {
        fs::read_link(Path::new("/proc/self/fd").join(self.handle.as_raw_fd().to_string()))
    }

    /// Leaves it, and says where it is.
    pub(super) fn keep(&mut self) -> PathBuf {
        self.kept = true;
        self.path().unwrap_or_else(|_| self.made.clone())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        for entry in fs::read_dir(self.entry(".")).into_iter().flatten().flatten() {
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let _ = if is_directory { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        }
        // Only an empty directory goes so, whatever stands there now.
        let _ = fs::remove_dir(&self.made);
    }
}

/// Opens a directory of this user's that nobody else can enter, and not by way of a link.
fn open(path: &Path) -> io::Result<File> {
    let directory = OpenOptions::new().read(true).custom_flags(DIRECTORY | O_NOFOLLOW).open(path)?;
    let metadata = directory.metadata()?;
    let own = metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o7777 == 0o700;
    if own { Ok(directory) } else { Err(io::Error::other("somebody put another directory in its place")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_directory_of_our_own_is_opened() {
        let parent = tempfile::tempdir().unwrap();
        let (good, link, open_to_all) =
            (parent.path().join("good"), parent.path().join("link"), parent.path().join("all"));
        fs::create_dir(&good).unwrap();
        fs::set_permissions(&good, Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::symlink(&good, &link).unwrap();
        fs::create_dir(&open_to_all).unwrap();
        fs::set_permissions(&open_to_all, Permissions::from_mode(0o755)).unwrap();
        assert!(open(&good).is_ok());
        assert!(open(&link).is_err() && open(&open_to_all).is_err());
    }
}
