//! Starting the guest: from a fork of the supervisor to the program's own first instruction.
//!
//! The child makes namespaces of its own, puts files in place, gives up every privilege, and has the filter put into
//! force. It tells the supervisor the listener's number, waits until the supervisor has taken a duplicate of it and
//! serves it, and becomes the program. So there is no moment at which the program runs unfiltered, or the filter
//! unserved. The listener is taken by `pidfd_getfd(2)`: sent over a socket it would wait for its own supervisor wherever
//! the filter notifies of sending.
#![allow(unsafe_code)]

mod attributes;
mod descriptor;
mod inherited;
mod mounts;
mod namespaces;
mod signals;

pub(crate) use attributes::{Attribute, set_attribute};
pub(crate) use inherited::Inherited;
pub(crate) use mounts::{View, WhereFrom};
pub(crate) use namespaces::drop_capabilities;
pub(crate) use signals::keep_signals_within;

use super::descriptors::Descriptors;
use super::errno::errno;
use super::filter::Intercepted;
use super::{filter, notify};
use anyhow::{Context, Error, Result, anyhow, bail};
use inherited::NotPassed;
use nix::errno::Errno;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::{ForkResult, fork};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open, set_parent_process_death_signal};
use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

/// A guest that is to be.
pub(crate) struct Guest<'a> {
    /// The program, and its arguments.
    pub(crate) command: &'a [CString],
    pub(crate) view: View,
    pub(crate) inherited: &'a Inherited,
    pub(crate) intercepted: Intercepted,
    /// How many it can have open.
    pub(crate) descriptors: &'a Descriptors,
}

/// A guest that builds its sandbox.
pub(crate) struct Starting {
    process: Pid,
    pidfd: OwnedFd,
    report: File,
    go: File,
}

/// A guest that waits to become the program.
pub(crate) struct Waiting {
    process: Pid,
    pidfd: OwnedFd,
    report: File,
    go: File,
}

/// A guest that becomes the program.
pub(crate) struct Becoming {
    process: Pid,
    pidfd: OwnedFd,
    report: File,
}

/// What the child was at when it failed. The texts say what to do where something can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Step {
    Listener = 0,
    Parent,
    Namespaces,
    Maps,
    Mounts,
    /// With a descriptor in place of an error number.
    Passing,
    Inherited,
    Privileges,
    Filter,
    Waiting,
    Scope,
    Signals,
    Program,
}

impl Step {
    const ALL: [Self; 13] = [
        Self::Listener,
        Self::Parent,
        Self::Namespaces,
        Self::Maps,
        Self::Mounts,
        Self::Passing,
        Self::Inherited,
        Self::Privileges,
        Self::Filter,
        Self::Waiting,
        Self::Scope,
        Self::Signals,
        Self::Program,
    ];

    fn text(self) -> &'static str {
        match self {
            Self::Listener | Self::Waiting | Self::Parent => "the new process and its supervisor lost each other",
            Self::Namespaces => {
                "cannot make a user and a mount namespace; they must be allowed (sysctl user.max_user_namespaces, \
                 kernel.unprivileged_userns_clone; in a container, its seccomp profile)"
            }
            Self::Maps => {
                "cannot map the user into the new user namespace; root without root's capabilities may not, as it is in \
                 another sandbox"
            }
            Self::Mounts => {
                "cannot put files in place in the new mount namespace (some distributions allow it to programs with a \
                 profile only: sysctl kernel.apparmor_restrict_unprivileged_userns)"
            }
            Self::Passing => {
                "a descriptor that --pass-fd names leads out of the sandbox, where its path leads to another file or \
                 nowhere"
            }
            Self::Inherited => "cannot settle what the program is started with",
            Self::Privileges => "cannot give up privileges",
            Self::Filter => {
                "cannot filter system calls with user notification; the kernel must have CONFIG_SECCOMP_FILTER, and \
                 whoever started this must not have a listener of its own (another sandbox)"
            }
            Self::Scope => {
                "cannot keep the program's signals within its sandbox: Landlock restricts a process 16 times at most, and \
                 outer sandboxes have done so already"
            }
            Self::Signals => "cannot reset signals",
            Self::Program => "cannot run the program",
        }
    }

    /// What the child said.
    fn error(self, number: i32) -> Error {
        match self {
            Self::Passing => anyhow!("{}: {number}", self.text()),
            _ => anyhow!("{}: {}", self.text(), Errno::from_raw(number).desc()),
        }
    }
}

/// How the program could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotRun(pub(crate) Errno);

/// Forks a guest, which goes to where only the program is missing.
///
/// # Errors
/// This process cannot have one.
pub(crate) fn launch(guest: &Guest<'_>) -> Result<Starting> {
    let program = filter::program(guest.intercepted);
    let threads = std::fs::read_dir("/proc/self/task").context("/proc is not mounted")?.count();
    if threads != 1 {
        bail!("a guest can be started only by a process of one thread; this one has {threads}");
    }
    let (report_reader, report) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let (go_reader, go) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    let parent = rustix::process::getpid();
    // SAFETY: no handler is installed. Who ignores it, as some that start programs do, is not told how a child ended.
    unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) }?;
    // SAFETY: this process has one thread, as was just made sure of, so the child finds no lock held by one that it does
    // not have.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop((report_reader, go));
            let mut report = File::from(report);
            let (step, number) = become_program(guest, &program, parent, &mut report, File::from(go_reader));
            let _ = report.write_all(&message(step, number));
            // SAFETY: it ends the process at once, which is meant: what else there is belongs to the parent.
            unsafe { nix::libc::_exit(125) }
        }
        ForkResult::Parent { child } => {
            drop((report, go_reader));
            // A simulated driver's files of memory count for the limit of files' sizes; writing beyond it is an error then,
            // and not the end. A guest can take the terminal from this process's group, and have the kernel stop the whole
            // group for its use of the terminal.
            for ignored in [Signal::SIGXFSZ, Signal::SIGTTIN, Signal::SIGTTOU] {
                // SAFETY: no handler is installed.
                unsafe { signal(ignored, SigHandler::SigIgn) }?;
            }
            let process = Pid::from_raw(child.as_raw()).context("a child without a number")?;
            let pidfd = pidfd_open(process, PidfdFlags::empty())
                .context("pidfd_open: `nvproxy doctor` says what is missing")?;
            Ok(Starting { process, pidfd, report: File::from(report_reader), go: File::from(go) })
        }
    }
}

impl Starting {
    /// Waits until the guest is there, and takes over its system calls: the listener.
    ///
    /// # Errors
    /// Something that the sandbox needs is not there, or not allowed: the error says what.
    pub(crate) fn wait(self) -> Result<(Waiting, OwnedFd)> {
        let Self { process, pidfd, mut report, go } = self;
        let number = match read(&mut report)? {
            Some((Step::Listener, number)) => number,
            Some((step, number)) => {
                let id = rustix::process::WaitId::Pid(process);
                let _ = rustix::process::waitid(id, rustix::process::WaitIdOptions::EXITED);
                return Err(step.error(number));
            }
            None => bail!("{}", Step::Listener.text()),
        };
        let listener = pidfd_getfd(&pidfd, number, PidfdGetfdFlags::empty()).context(
            "cannot take over the guest's system calls (pidfd_getfd): `nvproxy doctor` says what is missing",
        )?;
        Ok((Waiting { process, pidfd, report, go }, listener))
    }
}

impl Waiting {
    /// Lets the guest become the program. Its listener must be served. The program ends if this process does, others that it
    /// starts do not.
    ///
    /// # Errors
    /// The child died.
    pub(crate) fn go(mut self) -> Result<Becoming> {
        self.go.write_all(&[1]).context(Step::Waiting.text())?;
        Ok(Becoming { process: self.process, pidfd: self.pidfd, report: self.report })
    }
}

impl Becoming {
    /// Kills it. Its end is not waited for: one of its own may hold that up by tracing it.
    pub(crate) fn end(self) {
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, rustix::process::Signal::KILL);
    }

    /// Waits until the guest is the program.
    ///
    /// # Errors
    /// The child died.
    pub(crate) fn wait(mut self) -> Result<(Pid, OwnedFd, Result<(), NotRun>)> {
        let run = match read(&mut self.report)? {
            // The program's start closes the pipe.
            None => Ok(()),
            Some((Step::Program, number)) => Err(NotRun(Errno::from_raw(number))),
            Some((step, number)) => return Err(step.error(number)),
        };
        Ok((self.process, self.pidfd, run))
    }
}

/// The child's part. Returns only if something fails: what, and the number that says why.
fn become_program(
    guest: &Guest<'_>,
    program: &[nix::libc::sock_filter],
    parent: Pid,
    report: &mut File,
    mut go: File,
) -> (Step, i32) {
    let mut run = || -> Result<(), (Step, i32)> {
        let at = |step| move |errno: Errno| (step, errno as i32);
        let death = set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
        death.map_err(errno).map_err(at(Step::Parent))?;
        if rustix::process::getppid() != Some(parent) {
            return Err(at(Step::Parent)(Errno::ESRCH));
        }
        namespaces::enter().map_err(|(maps, errno)| at(if maps { Step::Maps } else { Step::Namespaces })(errno))?;
        guest.view.build().map_err(at(Step::Mounts))?;
        guest.inherited.settle().map_err(|error| match error {
            NotPassed::LeadsOut(descriptor) => (Step::Passing, descriptor),
            NotPassed::Failed(errno) => at(Step::Inherited)(errno),
        })?;
        namespaces::give_up_privileges().map_err(at(Step::Privileges))?;
        // Where the kernel cannot, THREATS.md says so; where it can and does not, outer sandboxes have used up its layers.
        keep_signals_within().map_err(|_| at(Step::Scope)(Errno::E2BIG))?;
        // SAFETY: no handler is installed, so none can run at a bad time. The Rust runtime ignores SIGPIPE, which is not
        // to be inherited by a program that did not ask for it.
        unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }.map_err(at(Step::Signals))?;
        let listener = notify::install(program).map_err(at(Step::Filter))?;
        let told = report.write_all(&message(Step::Listener, listener.as_raw_fd()));
        told.and_then(|()| go.read_exact(&mut [0])).map_err(|_| at(Step::Waiting)(Errno::EPIPE))?;
        // Its own listener is the last thing that a guest may have.
        drop(listener);
        guest.descriptors.as_given().map_err(errno).map_err(at(Step::Privileges))?;
        let name = guest.command.first().ok_or_else(|| at(Step::Program)(Errno::ENOENT))?;
        nix::unistd::execvp(name, guest.command).map_err(at(Step::Program))?;
        Ok(())
    };
    run().err().unwrap_or((Step::Program, Errno::ENOEXEC as i32))
}

fn message(step: Step, number: i32) -> [u8; 5] {
    let [a, b, c, d] = number.to_le_bytes();
    [step as u8, a, b, c, d]
}

/// The child's next message; `None` if there is none any more.
fn read(report: &mut File) -> Result<Option<(Step, i32)>> {
    let mut message = Vec::new();
    report.take(5).read_to_end(&mut message)?;
    let [step, a, b, c, d] = message[..] else { return Ok(None) };
    let step = Step::ALL.get(usize::from(step)).copied().context("a message of an unknown kind")?;
    Ok(Some((step, i32::from_le_bytes([a, b, c, d]))))
}
