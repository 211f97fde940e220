//! Exit statuses, as of `diff` and `cmp`.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: the question was answered; of a comparison, nothing differs.
    Done,
    /// 1: something differs.
    Different,
    /// 2: the question could not be answered.
    Incomplete,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Different => 1,
            Exit::Incomplete => 2,
        })
    }
}
