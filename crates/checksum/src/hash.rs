//! SHA-256 of a stream or a file.

use sha2::Digest;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
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

/// How many pieces may wait for a [`Beside`].
const DEPTH: usize = 4;

/// A hasher on a thread of its own, so that receiving and hashing take turns at nothing.
#[derive(Debug)]
pub struct Beside {
    full: SyncSender<(Vec<u8>, usize)>,
    empty: Receiver<Vec<u8>>,
}

impl Beside {
    /// Lets `work` pass on pieces; gives its answer, and the hasher that has taken in all of them.
    pub fn with<T>(mut hasher: Hasher, work: impl FnOnce(Self) -> T) -> (T, Hasher) {
        let (full, pieces) = sync_channel::<(Vec<u8>, usize)>(DEPTH);
        let (back, empty) = sync_channel(DEPTH);
        thread::scope(|scope| {
            let thread = scope.spawn(move || {
                for _ in 0..DEPTH {
                    let _ = back.send(vec![0; CHUNK]);
                }
                for (piece, filled) in pieces {
                    hasher.update(&piece[..filled]);
                    // Nobody wants it back at the end.
                    let _ = back.send(piece);
                }
                hasher
            });
            let answer = work(Self { full, empty });
            (answer, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    }

    /// A piece to fill, once one is free.
    #[must_use]
    pub fn piece(&self) -> Vec<u8> {
        self.empty.recv().unwrap_or_else(|_| vec![0; CHUNK])
    }

    /// Passes on the first `filled` bytes of a piece.
    pub fn pass(&self, piece: Vec<u8>, filled: usize) {
        // The other end is there for as long as this one is.
        let _ = self.full.send((piece, filled));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_taken_in_in_their_order() {
        let text: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let (pieces, hasher) = Beside::with(Hasher::default(), |beside| {
            let pieces = text.chunks(100_000);
            let count = pieces.len();
            for part in pieces {
                let mut piece = beside.piece();
                piece[..part.len()].copy_from_slice(part);
                beside.pass(piece, part.len());
            }
            count
        });
        assert_eq!((pieces, hasher.finish()), (30, reader(text.as_slice(), |_| {}).unwrap().0));
    }

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
