//! The memory that a call is put together in, used again by the next call of the thread.

use super::refusal::Refusal;
use crate::host::{Lent, Value};
use smallvec::SmallVec;
use std::cell::Cell;
use std::ops::Range;
use zerocopy::IntoBytes;

/// More than this is not kept for the next call, in bytes. It is enough for every struct of parameters that there is:
/// calls that need more are rare, and may be a guest's that wants the proxy to hold much.
pub(crate) const KEEP_MAX: usize = 64 << 10;

thread_local! {
    static SPARE: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
}

/// The bytes of a call, cut into blocks that are aligned as the driver's structs are.
pub(crate) struct Scratch {
    words: Vec<u64>,
    /// How many words are in use.
    used: usize,
    pub lent: SmallVec<[Lent; 8]>,
}

impl Scratch {
    /// An empty one.
    pub(crate) fn take() -> Self {
        Self { words: SPARE.take(), used: 0, lent: SmallVec::new() }
    }

    /// How many bytes are in use with a new block of `len`.
    pub(crate) fn used_with(&self, len: usize) -> usize {
        (self.used * 8).saturating_add(len)
    }

    /// A new block, with whatever an earlier call left in it: the caller fills it. `len` was held against a limit.
    pub(crate) fn block(&mut self, len: usize) -> Range<usize> {
        let start = self.used * 8;
        self.used += len.div_ceil(8);
        if self.words.len() < self.used {
            if self.used * 8 > KEEP_MAX {
                // No more than that: a vector that grows takes twice as much as it had.
                self.words.reserve_exact(self.used - self.words.len());
            }
            self.words.resize(self.used, 0);
        }
        if !len.is_multiple_of(8)
            && let Some(last) = self.words[..self.used].last_mut()
        {
            // Nobody fills what is behind the block: another guest's bytes would be there for an observer to see.
            *last = 0;
        }
        start..start + len
    }

    /// A new block of zeros.
    pub(crate) fn zeros(&mut self, len: usize) -> Range<usize> {
        let block = self.block(len);
        self.bytes_mut()[block.clone()].fill(0);
        block
    }

    /// All blocks.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.words[..self.used].as_bytes()
    }

    /// All blocks.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.words[..self.used].as_mut_bytes()
    }

    /// All blocks, and what stands in them for the driver.
    pub(crate) fn split(&mut self) -> (&mut [u8], &[Lent]) {
        (self.words[..self.used].as_mut_bytes(), &self.lent)
    }

    /// Has the driver find something of the host's. What is lent again at the same place takes the place of what was.
    ///
    /// # Errors
    /// It overlaps another in part. The bytes of neither could be told from the guest's then.
    pub(crate) fn lend(&mut self, at: usize, width: usize, value: Value) -> Result<(), Refusal> {
        let end = at + width;
        match self.lent.iter_mut().find(|lent| at < lent.at + lent.width && lent.at < end) {
            None => self.lent.push(Lent { at, width, value }),
            Some(same) if (same.at, same.width) == (at, width) => same.value = value,
            Some(_) => return Err(Refusal::Overlap),
        }
        Ok(())
    }

    /// Four bytes.
    pub(crate) fn u32(&self, at: usize) -> u32 {
        self.bytes().get(at..at + 4).map_or(0, |bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// An unsigned number of up to eight bytes.
    pub(crate) fn number(&self, at: usize, width: usize) -> u64 {
        let mut value = [0; 8];
        if let (Some(bytes), Some(value)) = (self.bytes().get(at..at + width), value.get_mut(..width)) {
            value.copy_from_slice(bytes);
        }
        u64::from_le_bytes(value)
    }

    /// Writes an unsigned number of up to eight bytes.
    pub(crate) fn set(&mut self, at: usize, width: usize, value: u64) {
        if let (Some(bytes), Some(value)) = (self.bytes_mut().get_mut(at..at + width), value.to_le_bytes().get(..width))
        {
            bytes.copy_from_slice(value);
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut words = std::mem::take(&mut self.words);
        if words.len() * 8 > KEEP_MAX {
            words.truncate(KEEP_MAX / 8);
            words.shrink_to_fit();
        }
        SPARE.set(words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_lent_once_and_none_in_part() {
        let mut scratch = Scratch::take();
        scratch.zeros(64);
        scratch.lend(8, 8, Value::Number(1)).unwrap();
        scratch.lend(16, 4, Value::Number(2)).unwrap();
        scratch.lend(4, 4, Value::Number(3)).unwrap();
        scratch.lend(8, 8, Value::Number(4)).unwrap();
        let lent: Vec<_> = scratch.lent.iter().map(|lent| (lent.at, lent.value.clone())).collect();
        assert_eq!(lent, [(8, Value::Number(4)), (16, Value::Number(2)), (4, Value::Number(3))]);
        for (at, width) in [(8, 4), (12, 4), (12, 8), (4, 8), (0, 8), (16, 8), (19, 4)] {
            assert_eq!(scratch.lend(at, width, Value::Number(5)), Err(Refusal::Overlap), "{at}, {width} bytes");
        }
        assert_eq!(scratch.lent.len(), 3);
    }
}
