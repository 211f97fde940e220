//! Which thread of a guest a call is served for: neither the driver nor an observer is told.

use std::cell::Cell;

thread_local! {
    static CALLER: Cell<Option<i32>> = const { Cell::new(None) };
}

/// From now on the calling thread serves that one.
pub(super) fn set(task: Option<i32>) {
    CALLER.set(task);
}

/// Whom the calling thread serves.
pub(super) fn get() -> Option<i32> {
    CALLER.get()
}
