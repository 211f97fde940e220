//! Loose objects that are cut short, found before libgit2 reads them.
//!
//! libgit2 (1.9, `git_zstream_get_output`) waits forever for the rest of a compressed stream that ends too early, as
//! a full disk or an interrupted copy leaves it. So every loose object is decompressed here first, into nothing.

use flate2::read::ZlibDecoder;
use git2::Oid;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes an object may decompress to before it is refused elsewhere for its size.
const OBJECT_BYTES: u64 = 64 << 20;
/// Bytes of the list of repositories that objects are borrowed from.
const LIST_BYTES: u64 = 1 << 16;
/// Repositories that objects are borrowed from.
const ALTERNATES: usize = 64;

/// Directories that hold a repository's objects: its own, and those it borrows from.
pub fn object_directories(own: PathBuf) -> Vec<PathBuf> {
    let mut directories = vec![own];
    let mut next = 0;
    while let Some(directory) = directories.get(next).cloned() {
        next += 1;
        let mut list = String::new();
        let file = open(&directory.join("info/alternates"));
        if file.and_then(|f| f.take(LIST_BYTES).read_to_string(&mut list)).is_err() {
            continue;
        }
        for line in list.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let borrowed = directory.join(line);
            // As deep as libgit2 follows them, and no circle twice.
            if directories.len() < ALTERNATES && !directories.contains(&borrowed) {
                directories.push(borrowed);
            }
        }
    }
    directories
}

/// Whether `id`, should it be a loose object, is whole.
///
/// # Errors
/// What is wrong with its file.
pub fn check(directories: &[PathBuf], id: Oid) -> Result<(), String> {
    let id = id.to_string();
    let (fan, rest) = id.split_at(2);
    for directory in directories {
        let path = directory.join(fan).join(rest);
        match open(&path) {
            Ok(file) => return whole(file).map_err(|e| format!("the object {}: {e}", path.display())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(format!("the object {}: {e}", path.display())),
        }
    }
    Ok(())
}

/// Opens a file. Opening a pipe would wait for someone who writes to it.
fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    File::open(path)
}

fn whole(file: File) -> io::Result<()> {
    // What is larger than any header is refused for its size, as soon as its own header has been read.
    let mut content = ZlibDecoder::new(file).take(OBJECT_BYTES);
    io::copy(&mut content, &mut io::sink()).map(drop)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::process::Command;

    fn pipe(path: &Path) {
        fs::create_dir_all(path.parent().expect("a directory")).expect("the directory");
        assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
    }

    #[test]
    fn a_pipe_in_the_place_of_an_object_is_refused_at_once() {
        let objects = tempfile::tempdir().expect("a directory");
        let id = Oid::from_str("0123456789012345678901234567890123456789").expect("an id");
        pipe(&objects.path().join("01").join("23456789012345678901234567890123456789"));
        let refused = check(&[objects.path().to_owned()], id).expect_err("it is no object");
        assert!(refused.ends_with("not a file"), "{refused}");
    }

    #[test]
    fn a_pipe_in_the_place_of_the_list_of_repositories_is_passed_over() {
        let objects = tempfile::tempdir().expect("a directory");
        pipe(&objects.path().join("info/alternates"));
        assert_eq!(object_directories(objects.path().to_owned()), [objects.path()]);
    }
}
