//! Changing the file: whole or not at all, one after the other.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::EditError;

/// How long another edit is waited for. One takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether the other edit has ended.
const POLL: Duration = Duration::from_millis(2);

/// Reads the file at `path`, and puts the text that `change` makes of it in its place; gives what `change` gives beside
/// the text.
///
/// Whoever reads the file meanwhile, and whatever this process dies of, the file has the old or the new text. Of two
/// that change it at once, the second reads what the first wrote. What `change` does holds up others, so it should not
/// do anything slow.
///
/// # Errors
/// Those of `change`, and [`EditError`] where the file cannot be read, locked or written. The file then is as it was.
pub fn update<T, E: From<EditError>>(path: &Path, change: impl FnOnce(&str) -> Result<(String, T), E>) -> Result<T, E> {
    // Through a symbolic link, not in its place.
    let path = fs::canonicalize(path).map_err(failed("found", path))?;
    let _lock = lock(&path)?;
    let old = fs::read_to_string(&path).map_err(failed("read", &path))?;
    let (new, answer) = change(&old)?;
    if new != old {
        replace(&path, &new)?;
    }
    Ok(answer)
}

/// An exclusive lock on the file that stands at `path`, for as long as it is open.
///
/// The file itself is locked, so that no lock file is left over. It may have been replaced by the time the lock is
/// had; then the new one is what others lock.
fn lock(path: &Path) -> Result<File, EditError> {
    let begun = Instant::now();
    loop {
        let file = File::open(path).map_err(failed("read", path))?;
        match file.try_lock() {
            Ok(()) if same(&file, path)? => return Ok(file),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => thread::sleep(POLL),
            Err(TryLockError::Error(source)) => return Err(failed("locked", path)(source)),
        }
        if begun.elapsed() > PATIENCE {
            return Err(EditError::Locked { path: path.to_owned(), seconds: PATIENCE.as_secs() });
        }
    }
}

fn same(file: &File, path: &Path) -> Result<bool, EditError> {
    let (locked, there) = (file.metadata(), fs::metadata(path));
    let (locked, there) = (locked.map_err(failed("read", path))?, there.map_err(failed("read", path))?);
    Ok((locked.dev(), locked.ino()) == (there.dev(), there.ino()))
}

/// Needs the lock: the name of the new file is always the same, so that a killed edit leaves at most one, and the next
/// edit takes that away.
fn replace(path: &Path, text: &str) -> Result<(), EditError> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(failed("replaced", path)(io::ErrorKind::InvalidInput.into()));
    };
    let new: PathBuf = directory.join(format!(".{}.new", name.to_string_lossy()));
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("removed", &new)(error)),
        _ => {}
    }
    let written = write(&new, text, path).and_then(|()| fs::rename(&new, path));
    if let Err(source) = written {
        let _ = fs::remove_file(&new);
        return Err(failed("written", path)(source));
    }
    // So that the new name outlives a loss of power. It is in place already: failing now would say that it is not.
    let _ = File::open(directory).and_then(|directory| directory.sync_all());
    Ok(())
}

fn write(new: &Path, text: &str, old: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(new)?;
    file.set_permissions(fs::metadata(old)?.permissions())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn failed<'a>(doing: &'static str, path: &'a Path) -> impl Fn(io::Error) -> EditError + use<'a> {
    move |source| EditError::File { doing, path: path.to_owned(), source }
}
