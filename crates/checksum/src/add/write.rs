//! Writing what was decided, all of it or nothing that counts.

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
    /// is interrupted can be done again.
    ///
    /// # Errors
    /// A file cannot be written, or the tree is no longer as it was when the plan was made.
    pub fn write(&self) -> Result<(), Error> {
        let Edits { path, releases: (before, after), files } = &self.edits;
        if self.edits.is_empty() {
            return Ok(());
        }
        // Everything is on the disk before anything has its name.
        let staged = files.iter().map(|(path, text)| Ok((path, stage(path, text)?)));
        let staged = staged.collect::<Result<Vec<_>, Error>>()?;
        // Whoever else edits the tree waits meanwhile.
        edit::update(path, |now| {
            if now != before {
                return Err(Error::Changed { path: path.clone() });
            }
            staged.into_iter().try_for_each(|(path, file)| put(file, path))?;
            Ok((after.clone(), ()))
        })
    }
}

fn stage(path: &Path, text: &str) -> Result<tempfile::NamedTempFile, Error> {
    let failure = |error| Error::Write { path: path.to_path_buf(), error };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failure)?;
    file.write_all(text.as_bytes()).map_err(failure)?;
    let like = std::fs::metadata(path).or_else(|_| std::fs::metadata(directory).map(|_| file.as_file().metadata())?);
    let mut permissions = like.map_err(failure)?.permissions();
    if !path.exists() {
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    }
    file.as_file().set_permissions(permissions).map_err(failure)?;
    file.as_file().sync_all().map_err(failure)?;
    Ok(file)
}

fn put(file: tempfile::NamedTempFile, path: &Path) -> Result<(), Error> {
    let failure = |error| Error::Write { path: path.to_path_buf(), error };
    file.persist(path).map_err(|error| failure(error.error))?;
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(failure)
}
