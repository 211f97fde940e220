//! Exit statuses, as of `diff` and `cmp`.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: nothing differs, or the question was answered.
    Same,
    /// 1: something differs.
    Different,
    /// 2: the question could not be answered.
    Incomplete,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Same => 0,
            Exit::Different => 1,
            Exit::Incomplete => 2,
        })
    }
}
