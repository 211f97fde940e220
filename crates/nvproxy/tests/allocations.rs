//! What the proxy allocates: nothing for a simple command, and little for an object.
// The one way to count allocations is to be the allocator.
#![allow(unsafe_code)]

mod bare;

use bare::{Bare, CLIENT};
use nvproxy::Options;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    // Neither needs initialising at run time nor dropping, so the allocator may use them at any time.
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static LIVE: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, with what each thread asks of it counted.
struct Counting;

// SAFETY: every method hands its arguments on unchanged to the system's allocator, which keeps the contract, and
// returns its answer; counting neither allocates nor unwinds (the thread-locals are constant and without destructors,
// and arithmetic wraps).
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get().wrapping_add(1));
        LIVE.set(LIVE.get().wrapping_add(layout.size()));
        // SAFETY: the caller keeps the same contract towards us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.set(LIVE.get().wrapping_sub(layout.size()));
        // SAFETY: the block came from `alloc` above with this layout, and so from the system's allocator.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(of: impl FnOnce()) -> usize {
    let before = COUNT.get();
    of();
    COUNT.get() - before
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(5)))), 1);
    assert_eq!(allocations(|| ()), 0);
}

#[test]
fn a_simple_command_allocates_nothing_in_steady_state() {
    for saveable in [false, true] {
        let bare = Bare::with(Options { saveable, ..Options::default() });
        for about in [4, 64, 1024, 4096] {
            let (command, _) = bare.simple(about);
            let size = bare.prepare_control(command);
            bare.control().unwrap();
            let count = allocations(|| (0..1000).for_each(|_| assert!(bare.control().is_ok())));
            assert_eq!(count, 0, "of {size} bytes, saveable: {saveable}");
        }
    }
}

#[test]
fn a_refused_command_allocates_nothing_in_steady_state() {
    let bare = Bare::new();
    bare.prepare_control(bare.simple(64).0);
    bare.memory.put(bare::BASE + 24, &[5]);
    bare.control().unwrap();
    assert_eq!(allocations(|| assert!(bare.control().is_ok())), 0);
}

#[test]
fn an_object_takes_at_most_200_bytes() {
    // The second is just more than what a power of two holds, where a growing vector has the most to spare.
    for (objects, saveable) in [(100_000u32, false), (65_537, false), (100_000, true)] {
        // What is captured: the call's parameters, and the class's.
        let captured = if saveable { 32 + 16 } else { 0 };
        let bare = Bare::with(Options { saveable, ..Options::default() });
        bare.alloc(1, CLIENT);
        let before = LIVE.get();
        (2..=objects).for_each(|handle| bare.alloc(handle, CLIENT));
        let each = (LIVE.get() - before) as f64 / f64::from(objects);
        println!("{each:.1} bytes for each of {objects} objects, {captured} of them captured parameters");
        assert!(each <= 200.0 + f64::from(captured), "{each} bytes for each of {objects} objects");
        bare.free();
        assert!(LIVE.get() < before + 10_000, "all of it is given back");
    }
}
