//! How long and how much.

use std::time::Duration;

/// Largest installer there may be. Today's have some 400 MB; a body that never ends stops here.
pub const MAX_INSTALLER: u64 = 2 << 30;
/// Most redirects followed for one file. A mirror has one or two.
pub(super) const MAX_REDIRECTS: usize = 5;
/// How long to wait for a connection.
pub(super) const CONNECT: Duration = Duration::from_secs(15);
/// Longest wait before trying again.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// What has to come in each [`Limits::stall`], so that a trickle is a stall too.
pub(super) const MIN_PER_STALL: u64 = 4 << 10;

/// What a user may choose.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How often a failure that may pass is tried again without getting further.
    pub retries: u32,
    /// The wait before the first new try; it doubles with each.
    pub first_backoff: Duration,
    /// How long a connection may give nothing, or next to nothing.
    pub stall: Duration,
    /// How much counts as getting further.
    pub progress: u64,
    /// The longest file taken.
    pub largest: u64,
    /// How long one installer may take, with every try and at every location. What comes steadily, but hardly, is
    /// no stall.
    pub deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            retries: 4,
            first_backoff: Duration::from_secs(1),
            stall: Duration::from_secs(30),
            progress: 1 << 20,
            largest: MAX_INSTALLER,
            // 400 MB at 30 kB/s.
            deadline: Duration::from_secs(4 * 60 * 60),
        }
    }
}

impl Limits {
    /// The wait after so many failures.
    pub(super) fn backoff(&self, failures: u32) -> Duration {
        self.first_backoff.saturating_mul(2_u32.saturating_pow(failures)).min(MAX_BACKOFF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit() {
        let limits = Limits::default();
        let waits: Vec<u64> = [0, 1, 2, 4, 5, u32::MAX].iter().map(|n| limits.backoff(*n).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 16, 30, 30]);
    }
}
