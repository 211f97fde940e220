//! Why `releases.toml` was not edited.

use std::io;
use std::path::PathBuf;

use crate::{DriverVersion, Problem, TreeError};

/// Why `releases.toml` was not edited. It then is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The text is not a releases.toml to begin with.
    #[error(transparent)]
    Unreadable(#[from] TreeError),
    /// A release that is to be changed is not there.
    #[error("{0} has no line in the release file; add it first")]
    Missing(DriverVersion),
    /// A release that is to be added is there already.
    #[error("{0} has a line in the release file already")]
    Present(DriverVersion),
    /// A release is written otherwise than this can edit.
    #[error("{0} is not written as one line `\"{0}\" = {{ .. }}` of the release file; edit it by hand")]
    NotALine(DriverVersion),
    /// The change would break a rule of the file.
    #[error("this would break the release tree:{}", .0.iter().map(|problem| format!("\n  {problem}")).collect::<String>())]
    Breaks(Vec<Problem>),
    /// Reading, writing or locking failed.
    #[error("{} cannot be {doing}: {source}", path.display())]
    File {
        /// What was to be done, as a participle.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Someone else has been editing the file for longer than an edit takes.
    #[error("{} has been locked by another process for {seconds} s; end that, then try again", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
}
