//! Loose objects that are cut short, found before libgit2 reads them.
//!
//! libgit2 (1.9, `git_zstream_get_output`) waits forever for the rest of a compressed stream that ends too early, as
//! a full disk or an interrupted copy leaves it. So every loose object is decompressed here first, into nothing.

use flate2::read::ZlibDecoder;
use git2::Oid;
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

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
        let file = File::open(directory.join("info/alternates"));
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
        match File::open(&path) {
            Ok(file) => return whole(file).map_err(|e| format!("the object {}: {e}", path.display())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(format!("the object {}: {e}", path.display())),
        }
    }
    Ok(())
}

fn whole(file: File) -> io::Result<()> {
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    // What is larger than any header is refused for its size, as soon as its own header has been read.
    let mut content = ZlibDecoder::new(file).take(OBJECT_BYTES);
    io::copy(&mut content, &mut io::sink()).map(drop)
}
