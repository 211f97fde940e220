//! SHA-256 of a stream or a file.

use sha2::Digest;
use std::io::{self, Read};
use version_tree::Sha256;

/// How much is read at a time. More does not fit the nearer caches, less calls the system more often.
const CHUNK: usize = 128 << 10;

/// A checksum in the making.
#[derive(Clone, Debug, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    /// Takes in what comes next.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum of all that was taken in.
    #[must_use]
    pub fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

/// The checksum and the length of all that can be read. `advance` is told of every piece.
///
/// # Errors
/// Those of reading.
pub fn reader(mut reader: impl Read, mut advance: impl FnMut(u64)) -> io::Result<(Sha256, u64)> {
    let (mut hasher, mut length) = (Hasher::default(), 0);
    let mut buffer = vec![0; CHUNK];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok((hasher.finish(), length)),
            Ok(n) => {
                hasher.update(&buffer[..n]);
                length += n as u64;
                advance(n as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From FIPS 180-4's examples.
    #[test]
    fn known_texts_have_their_known_checksums() {
        let cases = [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ];
        for (text, sum) in cases {
            let (found, length) = reader(text.as_bytes(), |_| {}).unwrap();
            assert_eq!((found.to_string().as_str(), length), (sum, text.len() as u64));
        }
    }
}
