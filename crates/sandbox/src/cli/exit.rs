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

/// The exit status of a command that runs a program: the program's own, or 128 and the signal that ended it. 127: there is
/// no such program; 126: it cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(pub(crate) u8);

/// 125: the program was not started for another reason, as `env` and `timeout` have it.
pub(crate) const FAILED: Status = Status(125);

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status.0)
    }
}
