//! What lies around a call's parameters in the guest's memory, read along with them.
//!
//! Programs keep what the parameters lead to close by, on the same stack, and to read two places costs twice as much as
//! to read them with all that is in between. What was read this way is looked at at most once more, by the call that
//! needs it; nothing is read a second time that was decided on.

use crate::run::tasks;
use smallvec::SmallVec;

/// As much is read before the first place, and from there on, in bytes: within a page of the smallest size, so that all
/// of it can be read or nothing.
const BEFORE: u64 = 128;
const BEHIND: u64 = 384;
const PAGE: u64 = 4096;
const SIZE: usize = (BEFORE + BEHIND) as usize;
/// More than so many blocks are seldom written at once.
const BLOCKS: usize = 4;

/// A copy of part of the guest's memory, for one call. It is filled once at most.
pub(super) struct Window {
    bytes: [u8; SIZE],
    start: u64,
    len: usize,
    fresh: bool,
}

impl Default for Window {
    fn default() -> Self {
        Self { bytes: [0; SIZE], start: 0, len: 0, fresh: true }
    }
}

impl Window {
    /// Copies what it has; `false` if it has not all of it.
    pub(super) fn copy(&self, address: u64, into: &mut [u8]) -> bool {
        let Some(bytes) = self.there(address, into.len()) else { return false };
        into.copy_from_slice(bytes);
        true
    }

    fn there(&self, address: u64, len: usize) -> Option<&[u8]> {
        let at = usize::try_from(address.checked_sub(self.start)?).ok()?;
        self.bytes.get(..self.len)?.get(at..at.checked_add(len)?)
    }

    /// Of the blocks that are to be written in this order, those that say something else than what was read, and whatever
    /// such a one overlaps.
    ///
    /// The argument of a call that succeeds is mostly what it was, and to write another place costs as much as to read
    /// it. To leave it as it is differs from writing it only for a guest that changes it meanwhile, which might as well
    /// have done so a moment later, and for one that may not write there: that one is not told.
    pub(super) fn changed<'a>(&self, blocks: &[(u64, &'a [u8])]) -> SmallVec<[(u64, &'a [u8]); BLOCKS]> {
        let mut changed = SmallVec::new();
        for (address, bytes) in blocks {
            let overlaps = |(other, written): &(u64, &[u8])| {
                let end = |address: u64, bytes: &[u8]| address.saturating_add(bytes.len() as u64);
                *other < end(*address, bytes) && *address < end(*other, written)
            };
            if self.there(*address, bytes.len()) != Some(*bytes) || changed.iter().any(overlaps) {
                changed.push((*address, *bytes));
            }
        }
        changed
    }

    /// Reads so many bytes of a thread's memory, and what is around them. `false` if it was filled before, there is no
    /// room, or the memory cannot be read.
    pub(super) fn fill(&mut self, task: i32, address: u64, len: usize) -> bool {
        if !std::mem::take(&mut self.fresh) {
            return false;
        }
        let page = address - address % PAGE;
        let start = page.max(address.saturating_sub(BEFORE));
        let end = address.saturating_add(BEHIND).min(page.saturating_add(PAGE));
        if address.checked_add(len as u64).is_none_or(|needed| needed > end) {
            return false;
        }
        let Some(bytes) = self.bytes.get_mut(..(end - start) as usize) else { return false };
        if !tasks::read(task, start, bytes) {
            return false;
        }
        (self.start, self.len) = (start, (end - start) as usize);
        true
    }

    /// Nothing is taken from it, or into it, any more.
    pub(super) fn spend(&mut self) {
        (self.len, self.fresh) = (0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> i32 {
        std::process::id() as i32
    }

    #[test]
    fn what_is_around_is_read_once() {
        // A page, wherever it begins.
        let memory: Vec<u8> = (0..2 * PAGE).map(|at| at as u8).collect();
        let page = (memory.as_ptr() as u64).next_multiple_of(PAGE);
        let first = page - memory.as_ptr() as u64;
        let mut window = Window::default();
        assert!(window.fill(own(), page + 1000, 32));
        let mut bytes = [0; 4];
        for at in [1000 - BEFORE, 1000, 1028, 1000 + BEHIND - 4] {
            assert!(window.copy(page + at, &mut bytes), "{at}");
            assert_eq!(bytes[0], (first + at) as u8);
        }
        assert!(!window.copy(page + 1000 - BEFORE - 1, &mut bytes));
        assert!(!window.copy(page + 1000 + BEHIND - 3, &mut bytes));
        assert!(!window.copy(u64::MAX, &mut bytes));
        assert!(!window.fill(own(), page + 3000, 4), "a second time");
        window.spend();
        assert!(!window.copy(page + 1000, &mut bytes));
    }

    #[test]
    fn what_is_as_it_was_is_not_written_again() {
        let memory: Vec<u8> = (0..2 * PAGE).map(|at| at as u8).collect();
        let page = (memory.as_ptr() as u64).next_multiple_of(PAGE);
        let first = (page - memory.as_ptr() as u64) as usize;
        let (same, other) = (&memory[first + 1000..][..32], [0xee; 32]);
        let mut window = Window::default();
        assert_eq!(window.changed(&[(page + 1000, same)]).len(), 1, "nothing was read");
        assert!(window.fill(own(), page + 1000, 32));
        assert!(window.changed(&[(page + 1000, same), (page + 1000, &[])]).is_empty());
        let changed = |blocks: &[(u64, &[u8])]| {
            window.changed(blocks).iter().map(|(address, _)| address - page).collect::<Vec<_>>()
        };
        assert_eq!(changed(&[(page + 900, &other), (page + 1000, same)]), [900]);
        assert_eq!(changed(&[(page + 1000, same), (page + 1032, &other)]), [1032]);
        // A block that lies over one that was written comes after it.
        assert_eq!(changed(&[(page + 969, &other), (page + 1000, same)]), [969, 1000]);
        assert_eq!(changed(&[(page + 1031, &other), (page + 1000, same)]), [1031, 1000]);
        // Beyond what was read, nobody knows.
        assert_eq!(changed(&[(page + 1000 + BEHIND - 31, same)]), [1000 + BEHIND - 31]);
        window.spend();
        assert_eq!(window.changed(&[(page + 1000, same)]).len(), 1);
    }

    #[test]
    fn nothing_is_read_beyond_the_page() {
        let memory = vec![0u8; 2 * PAGE as usize];
        let page = (memory.as_ptr() as u64).next_multiple_of(PAGE);
        let mut window = Window::default();
        assert!(window.fill(own(), page + 8, 32));
        assert_eq!((window.start, window.len), (page, 8 + BEHIND as usize));
        let mut window = Window::default();
        assert!(!window.fill(own(), page + PAGE - 16, 32));
        let mut window = Window::default();
        assert!(window.fill(own(), page + PAGE - 32, 32));
        assert_eq!(window.start + window.len as u64, page + PAGE);
        assert!(!Window::default().fill(own(), u64::MAX - 8, 16));
        assert!(!Window::default().fill(own(), 8, 16));
    }
}
