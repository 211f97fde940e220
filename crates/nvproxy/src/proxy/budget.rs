//! How much memory the calls of a sandbox may take at a time.

use super::refusal::Refusal;
use super::scratch::KEEP_MAX;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the larger calls of a sandbox may take together, in bytes: 64 of them with as much as the driver itself copies
/// for one. What clients were seen to send needs none of it: the largest parameters that any release has are of 47,216
/// bytes, and the lists behind pointers are shorter.
const BUDGET: usize = 64 << 20;

/// What a sandbox's calls take of its budget now, in bytes. Calls that fit into what a thread keeps for the next one
/// anyway take none, and do not look at it.
#[derive(Debug, Default)]
pub(super) struct Budget(AtomicUsize);

/// What one call takes, until it is dropped.
pub(super) struct Charge<'a> {
    budget: &'a Budget,
    bytes: usize,
}

impl<'a> Charge<'a> {
    /// Nothing yet.
    pub(super) fn new(budget: &'a Budget) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Has the call take so many bytes in all.
    ///
    /// # Errors
    /// That is more than the sandbox has left. Nobody waits: a call that has some may wait for its guest.
    #[inline]
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        if bytes <= KEEP_MAX { Ok(()) } else { self.grow(bytes) }
    }

    #[cold]
    fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let more = bytes.saturating_sub(self.bytes);
        let fits = |taken: usize| taken.checked_add(more).filter(|taken| *taken <= BUDGET);
        self.budget.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).map_err(|_| Refusal::Memory)?;
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.0.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(budget: &Budget) -> usize {
        budget.0.load(Ordering::Relaxed)
    }

    #[test]
    fn small_calls_take_nothing() {
        let budget = Budget::default();
        let mut charge = Charge::new(&budget);
        charge.hold(KEEP_MAX).unwrap();
        assert_eq!(taken(&budget), 0);
        charge.hold(KEEP_MAX + 1).unwrap();
        assert_eq!(taken(&budget), KEEP_MAX + 1);
        charge.hold(5).unwrap();
        charge.hold(2 * KEEP_MAX).unwrap();
        assert_eq!(taken(&budget), 2 * KEEP_MAX);
        drop(charge);
        assert_eq!(taken(&budget), 0);
    }

    #[test]
    fn what_is_too_much_is_refused_and_takes_nothing() {
        let budget = Budget::default();
        let mut first = Charge::new(&budget);
        first.hold(BUDGET - 100).unwrap();
        let mut second = Charge::new(&budget);
        assert_eq!(second.hold(usize::MAX), Err(Refusal::Memory));
        assert_eq!(second.hold(KEEP_MAX + 1), Err(Refusal::Memory));
        assert_eq!(first.hold(BUDGET + 1), Err(Refusal::Memory));
        first.hold(BUDGET).unwrap();
        assert_eq!(taken(&budget), BUDGET);
        drop(first);
        second.hold(KEEP_MAX + 1).unwrap();
        drop(second);
        assert_eq!(taken(&budget), 0);
    }
}
