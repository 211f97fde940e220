//! What the commands of this workspace have in common, so that they read and behave as one family.
//!
//! | module | subject |
//! |---|---|
//! | [`exit`] | exit statuses, and how `--help` words them |
//! | [`output`] | results to stdout, notes and errors to stderr |
//! | [`style`] | colours |
//! | [`columns`] | text in aligned columns |
//! | [`family`] | what all of their `--help` have in common, to be tested |
//! | [`generate`] | man pages and shell completions, from the same description as `--help` |
//!
//! A command is a `clap` parser that flattens [`Common`], and a `main` that calls [`run`].

pub mod columns;
pub mod exit;
pub mod family;
pub mod generate;

pub mod output;
mod run;
pub mod style;

pub use exit::Exit;
pub use output::Output;
pub use run::{Common, HasCommon, misplaced, run};

/// How to print a result, of a command that has these two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For the terminal
    Text,
    /// For other programs
    Json,
}
