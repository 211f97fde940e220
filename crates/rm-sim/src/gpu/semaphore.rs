//! Semaphores: words in memory that tell that something is done.

use super::Space;
use std::time::{SystemTime, UNIX_EPOCH};

/// The GPU's clock, in nanoseconds.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

/// A released semaphore: the payload, and in four words also the time.
pub(super) fn release(space: &Space, address: u64, payload: u64, wide: bool, time: bool) -> bool {
    if !time {
        let bytes = payload.to_le_bytes();
        return space.write(address, if wide { &bytes } else { &bytes[..4] });
    }
    // The time first: whoever sees the payload may read it.
    space.write(address.wrapping_add(8), &now().to_le_bytes()) && space.write(address, &payload.to_le_bytes())
}
