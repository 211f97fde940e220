//! Results to stdout, notes and errors to stderr, colours where they are wanted.

pub use crate::style::{ADDED, CHANGED, FAINT, REMOVED, STRONG, count, paint};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, Result};
use serde::Serialize;
use std::io::{self, ErrorKind, Write};

/// Where a command prints.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    color: ColorChoice,
}

impl Output {
    /// Colours as `--color` says.
    #[must_use]
    pub const fn new(color: clap::ColorChoice) -> Self {
        Self {
            color: match color {
                // Looks at the terminal, NO_COLOR and CLICOLOR.
                clap::ColorChoice::Auto => ColorChoice::Auto,
                clap::ColorChoice::Always => ColorChoice::Always,
                clap::ColorChoice::Never => ColorChoice::Never,
            },
        }
    }

    /// Prints a result. A reader that has seen enough is no error.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn print(&self, text: &str) -> Result<()> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.color);
        written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
    }

    /// Prints a result as JSON, on one line per call.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(&self, value: &impl Serialize) -> Result<()> {
        self.print(&(serde_json::to_string(value)? + "\n"))
    }

    /// Prints something beside the result.
    pub fn note(&self, text: &str) {
        let mut stderr = AutoStream::new(io::stderr().lock(), self.color);
        let _ = writeln!(stderr, "{text}");
    }

    /// Says what the user should know.
    pub fn notice(&self, text: &str) {
        self.note(&format!("{} {text}", paint(CHANGED.bold(), "note:")));
    }

    /// Whether stdout is to have colours.
    #[must_use]
    pub fn colors_stdout(&self) -> bool {
        !matches!(AutoStream::new(io::stdout(), self.color).current_choice(), ColorChoice::Never)
    }

    /// Whether stderr is to have colours.
    #[must_use]
    pub fn colors_stderr(&self) -> bool {
        !matches!(AutoStream::new(io::stderr(), self.color).current_choice(), ColorChoice::Never)
    }

    /// Says why there is no result.
    pub fn error(&self, error: &anyhow::Error) {
        self.note(&format!("{} {error:#}", paint(REMOVED.bold(), "error:")));
    }
}

/// What became of writing a result.
pub(crate) fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("the result cannot be written"),
    }
}
