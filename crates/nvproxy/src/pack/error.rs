//! Why a pack is not used.

use std::path::PathBuf;
use version_tree::{DriverVersion, UnknownRelease};

/// Why a pack is not used. It costs its release, and nothing else.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// The file is larger than any pack.
    #[error("it has {bytes} bytes; a pack has at most {limit}")]
    TooLarge {
        /// Its size, as far as it was read.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// It is not a pack.
    #[error("it is not a release pack: {}", .0.message())]
    Malformed(Box<toml::de::Error>),
    /// It was made by another generation of this program.
    #[error("it is of format {found}, and this build reads format {known}: learn the release again")]
    Format {
        /// The pack's.
        found: u32,
        /// This build's.
        known: u32,
    },
    /// It was learnt with a newer program, which may know entries and rules that this build does not.
    #[error("it was learnt with version {pack} of this program, and this is {own}: learn the release again")]
    Newer {
        /// The pack's.
        pack: String,
        /// This build's.
        own: &'static str,
    },
    /// The version of the program that made it does not read as one.
    #[error("it says that it was learnt with {0:?}, which is not a version")]
    LearnedWith(String),
    /// It says more than any pack.
    #[error("it has more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Two entries of a table have a number.
    #[error("{first} and {second} have the same number, {number:#x}")]
    Twice {
        /// The number.
        number: u32,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// It is based on a release that this build does not know.
    #[error("it is based on {}, which this build does not know", .0.version)]
    Ancestor(UnknownRelease),
    /// It is of another release than its name says.
    #[error("it is of release {found}, not of {wanted}")]
    OtherRelease {
        /// What it says.
        found: DriverVersion,
        /// What it was asked for.
        wanted: DriverVersion,
    },
    /// This process laid out too many different structs.
    #[error("this process has laid out {0} different structs for packs, and takes no more")]
    Exhausted(usize),
    /// Others could have changed it.
    #[error("{path} {why}; only its owner, who must be this user or root, may be able to change it")]
    Untrusted {
        /// The file or its directory.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// It cannot be read.
    #[error("{path} cannot be read: {error}")]
    Unreadable {
        /// The file or its directory.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

impl From<toml::de::Error> for PackError {
    fn from(error: toml::de::Error) -> Self {
        Self::Malformed(Box::new(error))
    }
}
