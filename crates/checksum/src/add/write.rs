//! Writing what was decided, all of it or nothing that counts.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use version_tree::edit;

use super::{Error, Plan};

/// What is to become of files.
#[derive(Debug)]
pub(super) struct Edits {
    /// The tree's file.
    pub(super) path: PathBuf,
    /// Its text as it was read, and as it will be.
    pub(super) releases: (String, String),
    /// The catalogue's files, each after that of its parent.
    pub(super) files: Vec<(PathBuf, String)>,
}

impl Edits {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.releases.0 == self.releases.1
    }
}

impl Plan {
    /// Writes the catalogue's files, and then the tree, which makes them count. Each file is whole at any time, and what
    /// is interrupted can be done again; that also takes away what was half-written.
    ///
    /// # Errors
    /// A file cannot be written, or the tree is no longer as it was when the plan was made.
    pub fn write(&self) -> Result<(), Error> {
        let Edits { path, releases: (before, after), files } = &self.edits;
        if self.edits.is_empty() {
            return Ok(());
        }
        // Whoever else edits the tree waits meanwhile, so that nobody else writes these files, either.
        edit::update(path, |now| {
            if now != before {
                return Err(Error::Changed { path: path.clone() });
            }
            // Everything is on the disk before anything has its name.
            let staged = files.iter().map(|(path, text)| Staged::new(path, text));
            let staged = staged.collect::<Result<Vec<_>, Error>>()?;
            staged.into_iter().try_for_each(Staged::put)?;
            Ok((after.clone(), ()))
        })
    }
}

/// A file beside the one whose place it takes; it goes if it does not get there.
struct Staged<'p> {
    path: &'p Path,
    new: PathBuf,
}

impl<'p> Staged<'p> {
    fn new(path: &'p Path, text: &str) -> Result<Self, Error> {
        // Always the same name: what a killed writer left over, the next one takes away.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let staged = Self { path, new: path.with_file_name(format!(".{name}.new")) };
        let _ = fs::remove_file(&staged.new);
        let written = OpenOptions::new().write(true).create_new(true).open(&staged.new).and_then(|mut file| {
            if let Ok(old) = fs::metadata(path) {
                file.set_permissions(old.permissions())?;
            }
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(failed(path)).map(|()| staged)
    }

    fn put(self) -> Result<(), Error> {
        let directory = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let moved = fs::rename(&self.new, self.path).and_then(|()| File::open(directory)?.sync_all());
        moved.map_err(failed(self.path))
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        // Not there any more if all went well.
        let _ = fs::remove_file(&self.new);
    }
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_path_buf();
    move |error| Error::Write { path: path.clone(), error }
}
