//! An installer on disk that nobody else can touch, from its first byte until it has run.

use crate::fetch::Sink;
use crate::hash;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use tempfile::TempDir;
use version_tree::Sha256;

/// How much of an installer's log is read.
const MAX_LOG: u64 = 4 << 20;
/// The name of the log in the private directory.
const LOG: &str = "nvidia-installer.log";

/// A file being written in a directory of its own. Both go when this is dropped.
#[derive(Debug)]
pub struct Private {
    directory: TempDir,
    name: String,
    file: File,
}

/// An installer whose checksum was read back from disk and found right.
#[derive(Debug)]
pub struct Checked {
    directory: TempDir,
    name: String,
}

/// Why an installer is not to be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotChecked {
    /// It is another one.
    #[error("its SHA-256 is {found}, and should be {expected}")]
    Mismatch {
        /// The checksum on disk.
        found: Sha256,
        /// The right one.
        expected: Sha256,
    },
    /// It cannot be read back.
    #[error("it cannot be read back: {0}")]
    Unreadable(#[from] io::Error),
}

impl Private {
    /// A new empty file of this name, in a new directory under `parent` that only this user can enter.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(parent: &Path, name: &str) -> io::Result<Self> {
        let private = Permissions::from_mode(0o700);
        let directory = tempfile::Builder::new().prefix("gpu-tools-").permissions(private).tempdir_in(parent)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(directory.path().join(name))?;
        Ok(Self { directory, name: name.to_owned(), file })
    }

    /// Closes the file, and reads it back.
    ///
    /// # Errors
    /// When it is not the right one; then it is gone.
    pub fn check(self, expected: Sha256) -> Result<Checked, NotChecked> {
        let Self { directory, name, file } = self;
        file.sync_all()?;
        file.set_permissions(Permissions::from_mode(0o400))?;
        drop(file);
        let (found, _) = hash::reader(File::open(directory.path().join(&name))?, |_| {})?;
        match found == expected {
            true => Ok(Checked { directory, name }),
            false => Err(NotChecked::Mismatch { found, expected }),
        }
    }
}

impl Sink for Private {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn restart(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0)).map(drop)
    }
}

impl Checked {
    /// Runs it on this terminal, with its log in the private directory.
    ///
    /// It is found through the open directory, not through a path that someone could point elsewhere.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, arguments: &[OsString]) -> io::Result<ExitStatus> {
        let directory = File::open(self.directory.path())?;
        let mut log = OsString::from("--log-file-name=");
        log.push(self.log());
        // The child enters it before the descriptor closes. `sh`, because the directory may be on a noexec mount.
        let inside = format!("/proc/self/fd/{}", directory.as_raw_fd());
        Command::new("/bin/sh").arg(format!("./{}", self.name)).arg(log).args(arguments).current_dir(inside).status()
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join(LOG)
    }

    /// Takes the installer away and leaves its log: where it is, and the end of it. `None` if it wrote none.
    #[must_use]
    pub fn keep_log(self, lines: usize) -> Option<(PathBuf, String)> {
        let log = self.log();
        let mut file = File::open(&log).ok()?;
        let length = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MAX_LOG))).ok()?;
        let mut bytes = Vec::new();
        file.take(MAX_LOG).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        let end = all[all.len().saturating_sub(lines)..].join("\n");
        let _ = fs::remove_file(self.directory.path().join(&self.name));
        let _ = self.directory.keep();
        Some((log, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(parent: &Path, text: &[u8]) -> Private {
        let mut private = Private::new(parent, "installer.run").unwrap();
        private.write(b"what came before it began again").unwrap();
        private.restart().unwrap();
        private.write(text).unwrap();
        private
    }

    fn sum(text: &[u8]) -> Sha256 {
        hash::reader(text, |_| {}).unwrap().0
    }

    #[test]
    fn nobody_else_can_enter_and_nothing_is_left() {
        let parent = tempfile::tempdir().unwrap();
        let private = written(parent.path(), b"#!/bin/sh\n");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(private.directory.path()), 0o700);
        assert_eq!(mode(&private.directory.path().join("installer.run")), 0o600);
        drop(private.check(sum(b"#!/bin/sh\n")).unwrap());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_changed_on_disk_is_not_what_was_checked() {
        let parent = tempfile::tempdir().unwrap();
        let private = written(parent.path(), b"#!/bin/sh\nexit 0\n");
        fs::write(private.directory.path().join("installer.run"), b"#!/bin/sh\nexit 1\n").unwrap();
        let error = private.check(sum(b"#!/bin/sh\nexit 0\n")).unwrap_err();
        assert!(matches!(error, NotChecked::Mismatch { .. }), "{error}");
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn it_runs_where_it_lies_and_its_log_can_be_kept() {
        let parent = tempfile::tempdir().unwrap();
        let script = b"#!/bin/sh\nlog=${1#--log-file-name=}\necho first >$log\necho \"$2\" >>$log\nexit 7\n";
        let checked = written(parent.path(), script).check(sum(script)).unwrap();
        let status = checked.run(&["--silent".into()]).unwrap();
        assert_eq!(status.code(), Some(7));
        let (path, end) = checked.keep_log(1).unwrap();
        assert_eq!(end, "--silent");
        assert_eq!(fs::read_to_string(&path).unwrap(), "first\n--silent\n");
        assert!(!path.with_file_name("installer.run").exists());
    }
}
