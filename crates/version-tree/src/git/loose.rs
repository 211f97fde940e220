//! A guard for objects outside packs, such as a small `git fetch` leaves behind.
//!
//! libgit2 (1.9) never returns from reading one whose compressed data breaks off: in
//! `git_zstream_get_output` zlib asks for more input, which is taken for success.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::ZlibDecoder;
use git2::{Error, ErrorClass, ErrorCode, Oid};

/// Bytes an object may decompress to: ten times what any file of the driver has.
const MOST: u64 = 64 << 20;

/// An error if the object is a file of its own that does not decompress to its end. `objects` is the directory of
/// that name in the git directory.
///
/// # Errors
/// What is wrong with the file.
pub fn check_loose_object(objects: &Path, id: Oid) -> Result<(), Error> {
    let hex = id.to_string();
    let (directory, name) = hex.split_at(2);
    let file = match File::open(objects.join(directory).join(name)) {
        Ok(file) => BufReader::new(file),
        // In a pack, in another repository's store, or missing: libgit2 says which.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(damaged(&error)),
    };
    match io::copy(&mut ZlibDecoder::new(file).take(MOST), &mut io::sink()) {
        Ok(MOST) => Err(damaged(&io::Error::other("it is larger than any file of the driver"))),
        Ok(_) => Ok(()),
        Err(error) => Err(damaged(&error)),
    }
}

fn damaged(error: &io::Error) -> Error {
    Error::new(ErrorCode::GenericError, ErrorClass::Odb, format!("its file is damaged: {error}"))
}
