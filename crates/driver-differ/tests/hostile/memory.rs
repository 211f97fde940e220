//! An allocator that knows the most that was ever in use at once.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes on to `System`, whose contract is this trait's; counting touches no memory of its own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        // SAFETY: the caller keeps `GlobalAlloc::alloc`'s contract, and the arguments are the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps `GlobalAlloc::dealloc`'s contract, and `at` came from `System` above.
        unsafe { System.dealloc(at, layout) }
    }
}

/// Forgets what was in use before.
pub(crate) fn begin() -> usize {
    let now = NOW.load(Relaxed);
    PEAK.store(now, Relaxed);
    now
}

/// Most bytes in use since [`begin`], those in use then not counted.
pub(crate) fn peak(begun: usize) -> usize {
    PEAK.load(Relaxed).saturating_sub(begun)
}
