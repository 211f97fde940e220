//! Reading small text files, within bounds.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// How long a file may be, in bytes. The longest, `params`, is about 2 KiB and has settings of up to a page each.
const FILE_MAX: u64 = 64 << 10;

/// How many entries a directory may have. The driver has 248 minor numbers for GPUs, and of a GPU at most 15 instances.
const ENTRIES_MAX: usize = 1024;

/// Why the host's `/proc` and `/sys` do not tell what they should.
#[derive(Debug, thiserror::Error)]
pub enum ProcfsError {
    /// What only a loaded driver has is not there.
    #[error("{0} does not exist: the driver is not loaded, or the host's /proc is mounted elsewhere")]
    NotLoaded(PathBuf),
    /// It cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// There is more than the driver would ever say.
    #[error("{path} holds more than {limit}: it is not the driver's")]
    TooLong {
        /// What.
        path: PathBuf,
        /// The limit, with its unit.
        limit: String,
    },
    /// It reads otherwise than expected.
    #[error("{path}, line {line}: {what}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// A directory of the driver has something that the driver does not put there.
    #[error("{path}: {what}")]
    Entry {
        /// The entry.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// Reads below a directory.
pub(super) struct Reader<'a> {
    root: &'a Path,
}

impl<'a> Reader<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root }
    }

    pub(super) fn wrong(&self, path: &str, line: usize, what: String) -> ProcfsError {
        ProcfsError::Wrong { path: self.root.join(path), line, what }
    }

    pub(super) fn odd(&self, path: &str, what: String) -> ProcfsError {
        ProcfsError::Entry { path: self.root.join(path), what }
    }

    pub(super) fn too_long(&self, path: &str, limit: String) -> ProcfsError {
        ProcfsError::TooLong { path: self.root.join(path), limit }
    }

    /// The text of a file; `None` where there is none.
    pub(super) fn file(&self, path: &str) -> Result<Option<String>, ProcfsError> {
        let full = self.root.join(path);
        let failed = |error| ProcfsError::Read { path: full.clone(), error };
        let file = match File::open(&full) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        // Files of /proc do not tell their length.
        file.take(FILE_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > FILE_MAX {
            return Err(self.too_long(path, format!("{FILE_MAX} bytes")));
        }
        // Whatever is not UTF-8 was set by the host's administrator, and is in no line that matters.
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The names in a directory, sorted, and whether they are directories; none where there is no such directory.
    pub(super) fn entries(&self, path: &str) -> Result<Vec<(String, bool)>, ProcfsError> {
        let full = self.root.join(path);
        let failed = |error| ProcfsError::Read { path: full.clone(), error };
        let entries = match fs::read_dir(&full) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed)?;
            if found.len() == ENTRIES_MAX {
                return Err(self.too_long(path, format!("{ENTRIES_MAX} entries")));
            }
            let directory = entry.file_type().map_err(failed)?.is_dir();
            found.push((entry.file_name().to_string_lossy().into_owned(), directory));
        }
        found.sort();
        Ok(found)
    }
}

/// The text of a file that a loaded driver has.
pub(super) fn required(reader: &Reader<'_>, path: &str) -> Result<String, ProcfsError> {
    reader.file(path)?.ok_or_else(|| ProcfsError::NotLoaded(reader.root.join(path)))
}

/// The lines `Name: value` of a text, with their numbers; a line that is none has no value. Empty lines are left out.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (usize, &str, Option<&str>)> {
    text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(|(index, line)| {
        let (name, value) = line.split_once(':').map_or((line, None), |(name, value)| (name, Some(value.trim())));
        (index + 1, name.trim(), value)
    })
}
