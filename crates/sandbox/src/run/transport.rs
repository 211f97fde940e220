//! How a guest's requests reach the supervisor.
//!
//! The filter is the boundary, whatever the transport: it decides which calls a guest cannot make by itself. A transport
//! only carries them. [`Notifications`](super::notify::Notifications) is the one there is.

use nix::errno::Errno;
use std::os::fd::BorrowedFd;

/// A system call that a guest waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request {
    /// What it is answered by.
    pub(crate) id: u64,
    /// The thread that makes it.
    pub(crate) task: i32,
    /// Its number.
    pub(crate) call: i64,
    /// Its arguments.
    pub(crate) arguments: [u64; 6],
}

/// What a guest is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The call succeeded.
    Value(i64),
    /// It failed.
    Error(Errno),
    /// The guest's kernel makes the call, with whatever the arguments lead to by then.
    Continue,
}

/// Where in the guest a descriptor goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// To the lowest free number.
    Free,
    /// To this number, in place of what is there.
    At(i32),
    /// To the lowest free number, which is the call's result: the request is answered with it.
    Answer,
}

/// Carries requests to the supervisor, and answers back.
pub(crate) trait Transport: Send + Sync {
    /// Waits for a request.
    ///
    /// # Errors
    /// No guest is left.
    fn receive(&self) -> Result<Request, Errno>;

    /// Whether the guest still waits for the request. While it does, its thread's number means that thread: who reads
    /// memory by the number asks afterwards.
    fn waits(&self, id: u64) -> bool;

    /// Answers a request.
    ///
    /// # Errors
    /// The guest waits no more.
    fn answer(&self, id: u64, answer: Answer) -> Result<(), Errno>;

    /// Gives the guest that waits for the request another descriptor, of the same open file description.
    ///
    /// # Errors
    /// The guest waits no more, or can have no more descriptors.
    fn install(&self, id: u64, file: BorrowedFd<'_>, place: Place, close_on_exec: bool) -> Result<i32, Errno>;
}
