//! Why a pack is not used.

use crate::printable::{printable, printable_path};
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
    #[error("it is not a release pack: {}{}", at_line(*.line), printable(.message))]
    Malformed {
        /// Where, if that can be said: from 1 on.
        line: Option<usize>,
        /// What is wrong.
        message: String,
    },
    /// It was made by another generation of this program.
    #[error("it is of format {found}, and this build reads format {known}: learn the release again")]
    Format {
        /// The pack's.
        found: u32,
        /// This build's.
        known: u32,
    },
    /// It was learnt with a newer program, which may know entries and rules that this build does not.
    #[error("it was learnt with version {} of this program, and this is {own}: learn the release again", printable(.pack))]
    Newer {
        /// The pack's.
        pack: String,
        /// This build's.
        own: &'static str,
    },
    /// The version of the program that made it does not read as one.
    #[error("it says that it was learnt with `{}`, which is not a version", printable(.0))]
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
    #[error("{} and {} have the same number, {number:#x}", printable(.first), printable(.second))]
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
    /// Two files of a directory are packs of it.
    #[error("{} and {} are packs of one release; remove one of them", printable_path(.first), printable_path(.second))]
    Two {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// Others could have changed it.
    #[error("{} {why}; only its owner, who must be this user or root, may be able to change it{}", printable_path(.path), to_run(.advice.as_deref()))]
    Untrusted {
        /// The file or its directory.
        path: PathBuf,
        /// What is wrong.
        why: String,
        /// A command that mends it.
        advice: Option<String>,
    },
    /// It is a symbolic link, which could lead to what others can change.
    #[error("{} is a symbolic link, and a pack is not read through one; put the file itself there", printable_path(.0))]
    Link(PathBuf),
    /// It cannot be read.
    #[error("{} cannot be read: {error}", printable_path(.path))]
    Unreadable {
        /// The file or its directory.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!("line {line}: "))
}

fn to_run(command: Option<&str>) -> String {
    command.map_or_else(String::new, |command| format!("; run `{command}`"))
}

impl PackError {
    /// That a text is not a pack.
    pub(super) fn malformed(text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.as_bytes().get(..span.start));
        let line = before.map(|before| before.iter().filter(|byte| **byte == b'\n').count() + 1);
        Self::Malformed { line, message: error.message().to_owned() }
    }
}
