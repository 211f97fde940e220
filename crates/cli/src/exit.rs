//! Exit statuses, as of `diff` and `cmp`.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done, and there is nothing to look at.
    Done,
    /// 1: done, and something was found: a difference, a mismatch, a refusal.
    Finding,
    /// 2: the question could not be answered.
    Incomplete,
    /// What the command ran in its place ended with: a program's own status, 128 and the signal that ended it, or as of
    /// `env` 125, 126 and 127 where it could not be run.
    Program(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Finding => 1,
            Exit::Incomplete => 2,
            Exit::Program(status) => status,
        })
    }
}

/// The end of a command's `--help`: what 0 and 1 mean of this command, and examples, one per line.
#[must_use]
pub fn after_help(done: &str, finding: &str, examples: &[&str]) -> String {
    let examples: String = examples.iter().map(|example| format!("\n  {example}")).collect();
    format!("Exit status:\n  0  {done}\n  1  {finding}\n  2  the question could not be answered\n\nExamples:{examples}")
}
