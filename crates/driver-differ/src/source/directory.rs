//! An unpacked source tree.

use crate::c::limits;
use crate::headers::{Error, Tree};
use git2::{ObjectType, Oid};
use rustc_hash::FxHashMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What git would call a file's bytes, and they.
type Content = (Oid, Arc<[u8]>);

/// A directory whose files are a release's.
pub struct Directory {
    root: PathBuf,
    /// Contents by path, so that a file that changes meanwhile is one file throughout.
    read: Mutex<Read>,
}

/// What was read of a directory.
#[derive(Default)]
struct Read {
    contents: FxHashMap<String, Option<Content>>,
    files: usize,
    bytes: usize,
}

impl Directory {
    /// The tree at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), read: Mutex::default() }
    }

    fn failure(&self, path: &str, message: impl ToString) -> Error {
        Error::Read { path: path.to_string(), tree: self.name(), message: message.to_string() }
    }

    fn limit(&self, message: &str) -> Error {
        Error::Limit { tree: self.name(), message: message.to_owned() }
    }

    fn load(&self, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let whole = self.root.join(path);
        // A FIFO or a device would not end.
        match fs::metadata(&whole) {
            Ok(m) if m.is_file() => {}
            Ok(m) if m.is_dir() => return Ok(None),
            Ok(_) => return Err(self.failure(path, "it is neither a file nor a directory")),
            Err(e) if is_absence(&e) => return Ok(None),
            Err(e) => return Err(self.failure(path, e)),
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(&whole).map_err(|e| self.failure(path, e))?;
        // One byte more than allowed tells the scanner that the file is too large.
        let read = file.take(limits::FILE_BYTES as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|e| self.failure(path, e))?;
        Ok(Some(bytes))
    }

    fn with<T>(&self, path: &str, f: impl FnOnce(Option<&Content>) -> T) -> Result<T, Error> {
        let mut read = self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = read.contents.get(path) {
            return Ok(f(known.as_ref()));
        }
        let loaded = match self.load(path)? {
            None => None,
            Some(bytes) => {
                (read.files, read.bytes) = (read.files + 1, read.bytes + bytes.len());
                if read.files > limits::TREE_FILES || read.bytes > limits::TREE_BYTES {
                    let (files, bytes) = (limits::TREE_FILES, limits::TREE_BYTES);
                    return Err(self.limit(&format!("more than {files} files or {bytes} bytes of it would be read")));
                }
                let content =
                    Oid::hash_object(ObjectType::Blob, &bytes).map_err(|e| self.failure(path, e.message()))?;
                Some((content, bytes.into()))
            }
        };
        Ok(f(read.contents.entry(path.to_string()).or_insert(loaded).as_ref()))
    }
}

fn is_absence(e: &std::io::Error) -> bool {
    matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

impl Tree for Directory {
    fn name(&self) -> String {
        self.root.display().to_string()
    }

    fn find(&self, path: &str) -> Result<Option<Oid>, Error> {
        self.with(path, |file| file.map(|f| f.0))
    }

    fn list(&self, path: &str) -> Result<Vec<(String, bool)>, Error> {
        let entries = match fs::read_dir(self.root.join(path)) {
            Ok(entries) => entries,
            Err(e) if is_absence(&e) => return Ok(Vec::new()),
            Err(e) => return Err(self.failure(path, e)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| self.failure(path, e))?;
            if names.len() >= limits::DIRECTORY_ENTRIES {
                return Err(self.limit(&format!("{path} has more than {} entries", limits::DIRECTORY_ENTRIES)));
            }
            let is_dir = Path::is_dir(&entry.path());
            // A name that is not UTF-8 will not be found under the one given here, which is then an error.
            names.push((entry.file_name().to_string_lossy().into_owned(), is_dir));
        }
        Ok(names)
    }

    fn read(&self, path: &str, _: Oid) -> Result<Arc<[u8]>, Error> {
        let bytes = self.with(path, |file| file.map(|f| f.1.clone()))?;
        bytes.ok_or_else(|| self.failure(path, "it is no file"))
    }
}
