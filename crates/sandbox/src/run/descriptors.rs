//! How many descriptors the supervisor can have, and its guests.

use anyhow::{Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// With fewer a supervisor does not start: some seventy are its own, and each open file of a simulated driver takes one, as
/// does each thread of a guest that it remembers.
pub(crate) const DESCRIPTORS_MIN: u64 = 256;

/// The limit of this process, which is another than it was given.
pub(crate) struct Descriptors {
    given: Rlimit,
    most: usize,
}

impl Descriptors {
    /// Raises the limit as far as it may be.
    ///
    /// # Errors
    /// That is not far enough.
    pub(crate) fn raise() -> Result<Self> {
        let given = getrlimit(Resource::Nofile);
        if let Some(most) = given.maximum.filter(|most| *most < DESCRIPTORS_MIN) {
            bail!(
                "nvproxy needs {DESCRIPTORS_MIN} open files at once, and may have {most}: raise RLIMIT_NOFILE (`ulimit -Hn`)"
            );
        }
        setrlimit(Resource::Nofile, Rlimit { current: given.maximum, maximum: given.maximum })?;
        let most = given.maximum.and_then(|most| most.try_into().ok()).unwrap_or(usize::MAX);
        Ok(Self { given, most })
    }

    /// How many there can be.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Gives a guest the limit that it would have by itself.
    ///
    /// # Errors
    /// `setrlimit(2)`'s.
    pub(crate) fn as_given(&self) -> rustix::io::Result<()> {
        setrlimit(Resource::Nofile, self.given)
    }
}
