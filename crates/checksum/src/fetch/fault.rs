//! What can go wrong with a download.

use super::limits::MIN_PER_STALL;
use std::io;
use std::time::Duration;

/// Why an installer could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The base URL is none.
    #[error("{0} is not the URL of a server: expected one such as https://us.download.nvidia.com")]
    Base(String),
    /// Nothing can be downloaded on this machine.
    #[error("no connection can be made: {0}; https needs the system's certificates (package ca-certificates)")]
    Client(String),
    /// No connection, or one that broke.
    #[error("{url}: {why}")]
    Connection {
        /// The file.
        url: String,
        /// All that is known about it.
        why: String,
        /// Whether it may be otherwise the next time.
        may_pass: bool,
    },
    /// The server refuses, or fails.
    #[error("{url}: the server answers {status}")]
    Status {
        /// The file.
        url: String,
        /// The HTTP status.
        status: reqwest::StatusCode,
    },
    /// Cut before the end.
    #[error("{url}: cut off after {received} bytes of {}", total.map_or("a body of unknown length".to_owned(), |total| total.to_string()))]
    Cut {
        /// The file.
        url: String,
        /// What came.
        received: u64,
        /// What was to come.
        total: Option<u64>,
    },
    /// Next to nothing came for too long.
    #[error("{url}: fewer than {MIN_PER_STALL} bytes came in {after:?}")]
    Stalled {
        /// The file.
        url: String,
        /// For how long.
        after: Duration,
    },
    /// It would have come, but not in the time there is.
    #[error("{url}: not all of it came in {after:?}; --deadline allows more")]
    TooSlow {
        /// The file.
        url: String,
        /// The time there was.
        after: Duration,
    },
    /// A fault of this program, which says more on stderr.
    #[error("the download came to no end, by a fault of this program")]
    Panicked,
    /// Longer than any installer.
    #[error("{url}: more than {limit} bytes, which no installer has")]
    TooLong {
        /// The file.
        url: String,
        /// The longest that is taken.
        limit: u64,
    },
    /// The server does not say where the body ends, so that a cut would go unnoticed.
    #[error("{url}: the server does not say how long the file is, so it cannot be told whether all of it came")]
    NoLength {
        /// The file.
        url: String,
    },
    /// Something else than an installer, such as the page of a portal.
    #[error("{url}: what the server sends is no installer: it does not begin with #!")]
    NotAnInstaller {
        /// The file.
        url: String,
    },
    /// The file changed, or the server answered for another part than it was asked for.
    #[error("{url}: the file is not the one whose beginning came before")]
    Changed {
        /// The file.
        url: String,
    },
    /// It cannot be kept.
    #[error("what was downloaded cannot be written: {source}")]
    Kept {
        /// What the system says.
        #[from]
        source: io::Error,
    },
}

impl Fault {
    /// Whether it may be otherwise the next time.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connection { may_pass, .. } => *may_pass,
            Self::Status { status, .. } => status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429),
            Self::Cut { .. } | Self::Stalled { .. } | Self::Changed { .. } => true,
            Self::Base(_)
            | Self::Client(_)
            | Self::TooLong { .. }
            | Self::TooSlow { .. }
            | Self::Panicked
            | Self::NoLength { .. }
            | Self::NotAnInstaller { .. }
            | Self::Kept { .. } => false,
        }
    }
}
