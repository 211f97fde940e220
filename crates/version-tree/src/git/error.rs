//! Why a history cannot answer.

use std::path::PathBuf;

use crate::{DriverVersion, Nearest};

/// Why a git history cannot be read or a release not be placed in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// No git repository there.
    #[error("no git repository at {}: {source}; name a clone of NVIDIA/open-gpu-kernel-modules, bare or not", path.display())]
    NotARepository {
        /// Where it was looked for.
        path: PathBuf,
        /// What git says.
        source: git2::Error,
    },
    /// The references cannot be listed.
    #[error("the references of the repository cannot be read: {source}; `git fsck` tells more")]
    References {
        /// What git says.
        #[from]
        source: git2::Error,
    },
    /// A tag, or an object on the way down from one, is missing or damaged.
    #[error("{reference} leads to {object}, which cannot be read: {source}; {}", advice(*.shallow))]
    Unreadable {
        /// The tag or branch from which the object was reached.
        reference: String,
        /// The object.
        object: String,
        /// Whether the clone is known to be incomplete.
        shallow: bool,
        /// What git says.
        source: git2::Error,
    },
    /// More commits or references than the driver's history can have.
    #[error("the repository has more than {limit} {what}; it is not one of the driver's open kernel modules")]
    TooLarge {
        /// Of what there are too many.
        what: &'static str,
        /// The most that is read.
        limit: usize,
    },
    /// No tag of this version.
    #[error("no tag for release {version}: {nearest}; fetch the tags (`git fetch --tags`) or correct the number")]
    UnknownRelease {
        /// The version.
        version: DriverVersion,
        /// The releases next to it that have a tag.
        nearest: Nearest,
    },
    /// The tag of this version is not on a commit.
    #[error("the tag {version} is on a {kind}, not on a commit, so it has no place in the history")]
    NotACommit {
        /// The version.
        version: DriverVersion,
        /// What it is on.
        kind: String,
    },
}

fn advice(shallow: bool) -> &'static str {
    if shallow {
        "the clone is shallow: complete it with `git fetch --unshallow`"
    } else {
        "`git fsck` tells what is damaged; clone again"
    }
}
