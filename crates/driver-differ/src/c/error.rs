//! What went wrong in a header, and where.

use std::fmt;
use std::sync::Arc;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Path as given to the front end: relative to the release's root.
    pub file: Arc<str>,
    /// Line, counted from 1.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A header that could not be given an exact meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
// Names and literals quoted in a message may be as long as a header.
#[error("{place}: {message:.400}")]
pub struct Error {
    /// The line at fault.
    pub place: Place,
    /// What is wrong with it.
    pub message: String,
}

/// An error within one file, before the file's name is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineError {
    pub(crate) line: u32,
    pub(crate) message: String,
}

impl LineError {
    pub(crate) fn new(line: u32, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }

    pub(crate) fn within(self, file: &Arc<str>) -> Error {
        Error { place: Place { file: file.clone(), line: self.line }, message: self.message }
    }
}

/// An error within one declaration, whose text may stand in many files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenError {
    /// Index among the declaration's tokens.
    pub(crate) at: u32,
    pub(crate) message: String,
}

impl TokenError {
    pub(crate) fn new(at: u32, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}
