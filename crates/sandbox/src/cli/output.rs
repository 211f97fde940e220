//! Results to stdout, errors to stderr, colours where they are wanted.
//!
//! Text is always made with its colours; the stream that prints it takes them out where they are not wanted.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use anyhow::Result;
use serde::Serialize;
use std::io::{ErrorKind, Write};

/// What came in.
pub(crate) const ADDED: Style = AnsiColor::Green.on_default();
/// What went, and what is wrong.
pub(crate) const REMOVED: Style = AnsiColor::Red.on_default();
/// What is different.
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
/// Headings.
pub(crate) const STRONG: Style = Style::new().bold();
/// What may be passed over.
pub(crate) const FAINT: Style = Style::new().dimmed();

/// `text` in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// `1 entry`, `2 entries`.
pub(crate) fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Where a command prints.
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

    /// Prints a result as JSON, on one line.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<()> {
        self.print(&(serde_json::to_string(value)? + "\n"))
    }

    /// Says what the user should know.
    pub(crate) fn notice(&self, text: &str) {
        let mut stderr = AutoStream::new(std::io::stderr().lock(), self.color);
        let _ = writeln!(stderr, "{} {text}", paint(CHANGED.bold(), "note:"));
    }

    /// Whether stdout is to have colours.
    pub(crate) fn colors_stdout(&self) -> bool {
        !matches!(AutoStream::new(std::io::stdout(), self.color).current_choice(), ColorChoice::Never)
    }

    /// Whether stderr is to have colours.
    pub(crate) fn colors_stderr(&self) -> bool {
        !matches!(AutoStream::new(std::io::stderr(), self.color).current_choice(), ColorChoice::Never)
    }

    /// Says why there is no result.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        let mut stderr = AutoStream::new(std::io::stderr().lock(), self.color);
        let _ = writeln!(stderr, "{} {error:#}", paint(REMOVED.bold(), "error:"));
    }
}
