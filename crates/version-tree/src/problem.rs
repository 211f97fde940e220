//! What can be wrong with a release tree.

use crate::release::Architecture;
use crate::sha256::Sha256Error;
use crate::{DriverVersion, VersionError};

/// Why a text is not a valid release tree.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// Longer than any such file should be.
    #[error("the release file has {bytes} bytes, more than the {limit} that are read")]
    TooLarge {
        /// Its length.
        bytes: usize,
        /// The most that is read.
        limit: usize,
    },
    /// More releases than there could be.
    #[error("the release file lists {releases} releases, more than the {limit} that are read")]
    TooMany {
        /// How many it lists.
        releases: usize,
        /// The most that is read.
        limit: usize,
    },
    /// Not TOML, or not of the form that the file's header comment describes.
    #[error("the release file cannot be read; its header comment describes the keys: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Against the rules of the file: everything that was found, in a stable order.
    #[error("the release tree is not valid:{}", .0.iter().map(|problem| format!("\n  {problem}")).collect::<String>())]
    Invalid(Vec<Problem>),
}

/// One thing wrong with a release tree, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A key that is not a version.
    #[error("{error}; correct the key")]
    MalformedVersion {
        /// The key and what is wrong with it.
        error: VersionError,
    },
    /// A parent that is not a version.
    #[error("{version}: its parent cannot be read: {error}")]
    MalformedParent {
        /// The release.
        version: DriverVersion,
        /// The parent and what is wrong with it.
        error: VersionError,
    },
    /// A checksum that is not 64 lower-case hexadecimal digits.
    #[error("{version}: the {architecture} checksum is {error}")]
    MalformedChecksum {
        /// The release.
        version: DriverVersion,
        /// The architecture of the installer.
        architecture: Architecture,
        /// What was expected.
        error: Sha256Error,
    },
    /// A release that stands below a newer one.
    #[error("{version} is listed after {after}; move its line so that the file is sorted")]
    Unsorted {
        /// The release.
        version: DriverVersion,
        /// The newer one above it.
        after: DriverVersion,
    },
    /// A release listed twice, perhaps with other digits, as 550.100 and 550.100.00.
    #[error("{version} is listed twice; merge the two lines")]
    Duplicate {
        /// The release.
        version: DriverVersion,
    },
    /// No release without a parent.
    #[error("no release is the root; the oldest one must have no parent")]
    NoRoot,
    /// More than one release without a parent.
    #[error("{version} has no parent, but {root} is the root already; name its parent")]
    SecondRoot {
        /// The release.
        version: DriverVersion,
        /// The root.
        root: DriverVersion,
    },
    /// A parent that is not in the tree.
    #[error("{version}: its parent {parent} is not listed; add it or correct the parent")]
    MissingParent {
        /// The release.
        version: DriverVersion,
        /// Its parent.
        parent: DriverVersion,
    },
    /// A release among its own ancestors.
    #[error("{version} descends from itself by way of its parent {parent}; correct one parent on the way")]
    Cycle {
        /// The release.
        version: DriverVersion,
        /// Its parent.
        parent: DriverVersion,
    },
    /// A release older than its parent that does not start a side line.
    #[error(
        "{version} is older than its parent {parent}; correct the parent, \
         or set out_of_order = true if the driver's git history has it so"
    )]
    OlderThanParent {
        /// The release.
        version: DriverVersion,
        /// Its parent.
        parent: DriverVersion,
    },
    /// A release marked as out of order that is not.
    #[error("{version} needs no out_of_order, because {reason}; remove it", reason = if *.side_line {"it starts a side line"} else {"it is not older than its parent"})]
    NeedlessOutOfOrder {
        /// The release.
        version: DriverVersion,
        /// It is older than its parent, but as the start of a side line.
        side_line: bool,
    },
    /// The same checksum twice.
    #[error(
        "{version}: the {architecture} checksum is that of {other} for {other_architecture} already; one of them was copied"
    )]
    RepeatedChecksum {
        /// The release.
        version: DriverVersion,
        /// The architecture of its installer.
        architecture: Architecture,
        /// The release with the same checksum.
        other: DriverVersion,
        /// The architecture of its installer.
        other_architecture: Architecture,
    },
    /// A checksum that nobody vouches for.
    #[error("{version}: the {architecture} checksum has no source; count where it comes from in `sources`")]
    NoSource {
        /// The release.
        version: DriverVersion,
        /// The architecture of the installer.
        architecture: Architecture,
    },
    /// A qualified release without any checksum.
    #[error("{version} is qualified without an installer checksum; add one or remove its status")]
    QualifiedWithoutChecksum {
        /// The release.
        version: DriverVersion,
    },
}
