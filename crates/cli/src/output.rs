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

    /// Whether stdout is to have colours, for what is not printed through this.
    #[must_use]
    pub fn colors_stdout(&self) -> bool {
        !matches!(AutoStream::new(io::stdout(), self.color).current_choice(), ColorChoice::Never)
    }

    /// Likewise stderr.
    #[must_use]
    pub fn colors_stderr(&self) -> bool {
        !matches!(AutoStream::new(io::stderr(), self.color).current_choice(), ColorChoice::Never)
    }

    /// Says why there is no result.
    pub fn error(&self, error: &anyhow::Error) {
        self.note(&format!("{} {}", paint(REMOVED.bold(), "error:"), told(error)));
    }
}

/// An error and its causes. A message that ends with its cause, for those who print no causes, has told it.
fn told(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        let cause = cause.trim_end();
        if told.is_empty() {
            told.push_str(cause);
        } else if !told.ends_with(cause) {
            told.push_str(": ");
            told.push_str(cause);
        }
    }
    told
}

/// What became of writing a result.
pub(crate) fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("the result cannot be written"),
    }
}

#[cfg(test)]
mod tests {
    use super::told;
    use anyhow::anyhow;

    #[test]
    fn each_cause_is_told_once() {
        let apart = anyhow!("no such file").context("it cannot be read").context("FILE");
        assert_eq!(told(&apart), "FILE: it cannot be read: no such file");
        let within = anyhow!("line 1\n  ^\n").context("it cannot be read: line 1\n  ^\n").context("FILE");
        assert_eq!(told(&within), "FILE: it cannot be read: line 1\n  ^");
    }
}
