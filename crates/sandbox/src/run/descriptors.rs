//! How many descriptors the supervisor can have, and its guests.

use anyhow::{Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// With fewer a supervisor does not start: up to fifty are its own, five more for each simulated GPU, and each open file of
/// a simulated driver takes one or two, as does each descriptor of a guest's thread that it remembers.
pub(crate) const DESCRIPTORS_MIN: u64 = 256;

/// The limit of this process, which is another than it was given.
pub(crate) struct Descriptors {
    given: Rlimit,
    raised: bool,
    most: usize,
}

impl Descriptors {
    /// Raises the limit as far as it may be.
    ///
    /// # Errors
    /// That is not far enough.
    pub(crate) fn raise() -> Result<Self> {
        let given = getrlimit(Resource::Nofile);
        // Not where the machine's own limit (fs.nr_open) was lowered since.
        let raised = setrlimit(Resource::Nofile, Rlimit { current: given.maximum, maximum: given.maximum }).is_ok();
        let now = if raised { given.maximum } else { given.current };
        if let Some(most) = now.filter(|most| *most < DESCRIPTORS_MIN) {
            bail!(
                "nvproxy needs {DESCRIPTORS_MIN} open files at once, and may have {most}: raise RLIMIT_NOFILE (`ulimit -Hn`)"
            );
        }
        let most = now.and_then(|now| now.try_into().ok()).unwrap_or(usize::MAX);
        Ok(Self { given, raised, most })
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
        if self.raised { setrlimit(Resource::Nofile, self.given) } else { Ok(()) }
    }
}
