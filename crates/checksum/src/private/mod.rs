//! An installer on disk that nobody else can touch, from its first byte until it has run.

mod directory;

use crate::fetch::Sink;
use crate::hash;
use directory::{Directory, O_NOFOLLOW};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use version_tree::Sha256;

/// How much of an installer's log is read.
const MAX_LOG: u64 = 4 << 20;
/// The name of the log in the private directory.
const LOG: &str = "nvidia-installer.log";

/// A file being written in a directory of its own. Both go when this is dropped.
#[derive(Debug)]
pub struct Private {
    directory: Directory,
    name: String,
    file: File,
}

/// An installer whose checksum was read back from disk and found right.
#[derive(Debug)]
pub struct Checked {
    directory: Directory,
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
        let directory = Directory::new(parent)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(directory.entry(name))?;
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
        let (found, _) = hash::reader(File::open(directory.entry(&name))?, |_| {})?;
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
    /// # Errors
    /// When it cannot be started.
    pub fn run(&self, arguments: &[OsString]) -> io::Result<ExitStatus> {
        let mut log = OsString::from("--log-file-name=");
        // The installer changes its directory, and has no descriptor of ours: it goes by way of this process.
        log.push(self.directory.seen_by_children(LOG));
        // The child enters it before the descriptor closes. `sh`, because the directory may be on a noexec mount.
        let inside = self.directory.entry(".");
        Command::new("/bin/sh").arg(format!("./{}", self.name)).arg(log).args(arguments).current_dir(inside).status()
    }

    /// Takes the installer away and leaves its log: where it is, and the end of it. `None` if it wrote none.
    #[must_use]
    pub fn keep_log(mut self, lines: usize) -> Option<(PathBuf, String)> {
        let log = self.directory.entry(LOG);
        let mut file = OpenOptions::new().read(true).custom_flags(O_NOFOLLOW).open(log).ok()?;
        let length = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MAX_LOG))).ok()?;
        let mut bytes = Vec::new();
        file.take(MAX_LOG).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        let end = all[all.len().saturating_sub(lines)..].join("\n");
        let _ = fs::remove_file(self.directory.entry(&self.name));
        Some((self.directory.keep().join(LOG), end))
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
        assert_eq!(mode(&private.directory.path().unwrap()), 0o700);
        assert_eq!(mode(&private.directory.path().unwrap().join("installer.run")), 0o600);
        drop(private.check(sum(b"#!/bin/sh\n")).unwrap());
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_changed_on_disk_is_not_what_was_checked() {
        let parent = tempfile::tempdir().unwrap();
        let private = written(parent.path(), b"#!/bin/sh\nexit 0\n");
        fs::write(private.directory.path().unwrap().join("installer.run"), b"#!/bin/sh\nexit 1\n").unwrap();
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

    /// Whoever may write to the parent puts another directory in the place of ours.
    #[test]
    fn a_swapped_directory_is_not_run_from_nor_emptied() {
        let parent = tempfile::tempdir().unwrap();
        let right = b"#!/bin/sh\necho \"$1\" >./witness\nexit 7\n";
        let private = written(parent.path(), b"");
        let (place, away) = (private.directory.path().unwrap(), parent.path().join("away"));
        fs::rename(&place, &away).unwrap();
        fs::create_dir(&place).unwrap();
        fs::write(place.join("installer.run"), "#!/bin/sh\nexit 0\n").unwrap();
        let mut private = private;
        private.write(right).unwrap();
        let checked = private.check(sum(right)).unwrap();
        assert_eq!(checked.run(&[]).unwrap().code(), Some(7));
        let log = fs::read_to_string(away.join("witness")).unwrap();
        assert!(!log.contains(parent.path().to_str().unwrap()), "the log goes to a path that others choose: {log}");
        drop(checked);
        assert_eq!(fs::read_dir(&away).unwrap().count(), 0, "ours is emptied where it is");
        assert!(place.join("installer.run").exists(), "what is not ours is left alone");
    }
}
