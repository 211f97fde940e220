//! The supervisor between the shell and the guest: signals one way, the exit status the other.

use super::errno::errno;
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitIdStatus, pidfd_send_signal, waitid};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// Signals that are meant for the guest when somebody sends them to the supervisor.
const FORWARDED: [Signal; 9] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGWINCH,
    Signal::SIGCONT,
];

/// How a guest's first process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// It never began: the program could not be run.
    NotRun(Errno),
}

impl Ended {
    /// As shells put it: the status, or 128 and the signal; 127 if there is no such program, 126 if it cannot be run.
    pub fn status(self) -> u8 {
        match self {
            Self::Exited(status) => status as u8,
            Self::Killed(signal) => 128u8.saturating_add(signal as u8),
            Self::NotRun(Errno::ENOENT) => 127,
            Self::NotRun(_) => 126,
        }
    }
}

/// Signals to the supervisor, kept back so that they can be forwarded.
pub(crate) struct Signals(SignalFd);

impl Signals {
    /// Keeps them back from this thread, and those that it starts.
    ///
    /// # Errors
    /// `signalfd(2)`'s.
    pub(crate) fn keep() -> Result<Self> {
        let set = FORWARDED.into_iter().collect::<SigSet>();
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&set), None).context("cannot block signals")?;
        Ok(Self(SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?))
    }

    /// Waits for the end of the guest's first process. Forwards what comes meanwhile.
    ///
    /// # Errors
    /// The kernel does not tell.
    pub(crate) fn wait(&self, process: Pid, pidfd: &OwnedFd) -> Result<Ended> {
        loop {
            let mut ready =
                [PollFd::new(pidfd, PollFlags::IN), PollFd::from_borrowed_fd(self.0.as_fd(), PollFlags::IN)];
            match poll(&mut ready, None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(errno(error).into()),
            }
            while let Ok(Some(info)) = self.0.read_signal() {
                // What the terminal sends goes to the guest as well, being of the same process group.
                let everybody = info.ssi_code > 0;
                if !everybody && let Some(signal) = rustix::process::Signal::from_named_raw(info.ssi_signo as i32) {
                    // A guest that is gone needs none.
                    let _ = pidfd_send_signal(pidfd, signal);
                }
            }
            let ended = waitid(WaitId::Pid(process), WaitIdOptions::EXITED | WaitIdOptions::NOHANG)?;
            if let Some(ended) = ended.as_ref().and_then(end) {
                return Ok(ended);
            }
            if ready[0].revents().contains(PollFlags::IN) {
                // It is dead, but somebody who traces it is told first.
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

fn end(status: &WaitIdStatus) -> Option<Ended> {
    let exited = status.exit_status().map(Ended::Exited);
    exited.or_else(|| status.terminating_signal().map(Ended::Killed))
}
