//! Downloading installers in spite of the network.
//!
//! An installer is looked for at each of its [`locations`] in turn. What fails for a reason that may
//! pass is tried again, each time a little later, and goes on where it was cut if the server can do that and the file
//! is still the same one. What was put together on no more than a date is downloaded again in one piece, unless its
//! checksum is the one that is known already. Nothing is kept in memory but the piece at hand, and every wait and every length has a limit.

mod attempt;
mod client;
mod fault;
mod limits;

pub use fault::Fault;
pub use limits::{Limits, MAX_INSTALLER};

use crate::locations;
use attempt::{Ended, Transfer};
use reqwest::blocking::Client;
use std::io;
use std::panic::AssertUnwindSafe;
use std::thread;
use std::time::Instant;
use version_tree::{Architecture, DriverVersion, Sha256};

/// Where a download goes, beside its checksum.
pub trait Sink {
    /// The next piece.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// All that came so far is void: it begins again.
    ///
    /// # Errors
    /// When that cannot be done.
    fn restart(&mut self) -> io::Result<()>;
}

/// Nowhere: only the checksum is wanted.
impl Sink for () {
    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn restart(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What hears how a download goes.
pub trait Progress {
    /// So much is here, of so much if that is known.
    fn at(&self, received: u64, total: Option<u64>);
    /// Something failed that is tried again.
    fn retrying(&self, fault: &Fault);
}

/// Silence.
impl Progress for () {
    fn at(&self, _: u64, _: Option<u64>) {}
    fn retrying(&self, _: &Fault) {}
}

/// What was found of an installer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is published.
    Installer {
        /// Where.
        url: String,
        /// Its length.
        bytes: u64,
        /// Its checksum.
        sha256: Sha256,
    },
    /// None of the locations has it.
    Nothing,
}

/// Downloads installers. Can be used by several threads at once.
#[derive(Debug)]
pub struct Fetcher {
    client: Client,
    base: String,
    limits: Limits,
}

impl Fetcher {
    /// Downloads from `base`, such as [`locations::NVIDIA`]; through a proxy if the environment names one.
    ///
    /// # Errors
    /// When `base` is no URL, or this machine cannot make connections.
    pub fn new(base: &str, limits: Limits) -> Result<Self, Fault> {
        client::check_base(base)?;
        Ok(Self { client: client::client(&limits)?, base: base.to_owned(), limits })
    }

    /// Downloads the installer of a release. `known` is its checksum, where one is known.
    ///
    /// # Errors
    /// When at least one location could not be asked, and no other has the installer.
    pub fn fetch(
        &self,
        version: DriverVersion,
        architecture: Architecture,
        known: Option<Sha256>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<Found, Fault> {
        // Whatever fails, the answer is that it could not be found out; a thread that is gone gives none.
        let all = AssertUnwindSafe(|| self.everywhere(version, architecture, known, sink, progress));
        std::panic::catch_unwind(all).unwrap_or(Err(Fault::Panicked))
    }

    fn everywhere(
        &self,
        version: DriverVersion,
        architecture: Architecture,
        known: Option<Sha256>,
        sink: &mut dyn Sink,
        progress: &dyn Progress,
    ) -> Result<Found, Fault> {
        let deadline = Instant::now() + self.limits.deadline;
        let mut failed = None;
        for url in locations::urls(&self.base, version, architecture) {
            match self.one(&url, known, sink, deadline, progress) {
                Ok(Some((sha256, bytes))) => return Ok(Found::Installer { url, bytes, sha256 }),
                Ok(None) => {}
                // The disk will not be better elsewhere, nor is there more time.
                Err(fault @ (Fault::Kept { .. } | Fault::TooSlow { .. })) => return Err(fault),
                Err(fault) => failed = failed.or(Some(fault)),
            }
        }
        failed.map_or(Ok(Found::Nothing), Err)
    }

    /// Downloads a file, if there is one.
    fn one(
        &self,
        url: &str,
        known: Option<Sha256>,
        sink: &mut dyn Sink,
        deadline: Instant,
        progress: &dyn Progress,
    ) -> Result<Option<(Sha256, u64)>, Fault> {
        let mut transfer = Transfer::new(url, sink, self.limits.largest);
        let (mut furthest, mut failures) = (0, 0);
        loop {
            let fault = match transfer.attempt(&self.client, &self.limits, deadline, progress) {
                Ok(Ended::Complete) => {
                    let (sha256, bytes, sure) = transfer.finish();
                    if sure || known == Some(sha256) {
                        return Ok(Some((sha256, bytes)));
                    }
                    transfer.whole()?;
                    (furthest, failures) = (0, 0);
                    continue;
                }
                Ok(Ended::Absent) => return Ok(None),
                Err(fault) => fault,
            };
            // Whoever gets further may go on trying; that ends, because a file has a largest length.
            if transfer.received() >= furthest + self.limits.progress {
                (furthest, failures) = (transfer.received(), 0);
            }
            if !fault.may_pass() || failures >= self.limits.retries {
                return Err(fault);
            }
            let wait = self.limits.backoff(failures);
            if Instant::now() + wait > deadline {
                return Err(Fault::TooSlow { url: url.to_owned(), after: self.limits.deadline });
            }
            progress.retrying(&fault);
            thread::sleep(wait);
            failures += 1;
        }
    }
}
