//! Results to stdout, notes and errors to stderr, colours where they are wanted.

use anstream::{AutoStream, ColorChoice};
use anyhow::Result;
use driver_differ::report::style::{REMOVED, paint};
use std::io::{ErrorKind, Write};

pub(crate) struct Output {
    color: ColorChoice,
}

impl Output {
    pub(crate) fn new(color: clap::ColorChoice) -> Self {
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
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        let mut stdout = AutoStream::new(std::io::stdout().lock(), self.color);
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }

    /// Prints a result as JSON, on one line per call.
    pub(crate) fn json(&self, value: &impl serde::Serialize) -> Result<()> {
        self.print(&(serde_json::to_string(value)? + "\n"))
    }

    /// Prints something beside the result.
    pub(crate) fn note(&self, text: &str) {
        let mut stderr = AutoStream::new(std::io::stderr().lock(), self.color);
        let _ = writeln!(stderr, "{text}");
    }

    pub(crate) fn error(&self, error: &anyhow::Error) {
        self.note(&format!("{} {error:#}", paint(REMOVED.bold(), "error:")));
    }
}
