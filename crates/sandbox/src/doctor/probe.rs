//! Trying what can only be known by trying, in a process that ends afterwards.

use super::kernel;
use crate::run::{Attribute, set_attribute};
use nix::errno::Errno;
use nix::libc;
use nix::sched::CloneFlags;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::io::IoSliceMut;
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};

/// What came of trying something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It works.
    Works,
    /// The kernel does not have it.
    Missing,
    /// It was refused, and how.
    Refused(String),
}

/// What came of everything that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// A listener for system calls (`SECCOMP_FILTER_FLAG_NEW_LISTENER`).
    pub listener: Answer,
    /// A guest that waits is not woken by signals (`SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV`).
    pub wait_killable: Answer,
    /// Guest and supervisor are woken on one processor (`SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`).
    pub sync_wake_up: Answer,
    /// Descriptors can be put into a guest (`SECCOMP_IOCTL_NOTIF_ADDFD`, with `SETFD` and `SEND`).
    pub add_fd: Answer,
    /// And taken from it.
    pub pidfd_getfd: Answer,
    /// Open files can be told apart (`kcmp(2)`, `KCMP_EPOLL_TFD`).
    pub kcmp: Answer,
    /// A descriptor for a thread (`PIDFD_THREAD`).
    pub pidfd_thread: Answer,
    /// Memory of a guest can be read.
    pub process_vm_readv: Answer,
    /// Locks of open file descriptions.
    pub ofd_locks: Answer,
    /// A user namespace, in which a process may be somebody.
    pub user_namespace: Answer,
    /// A mount namespace in it, a file system there, and mounts without devices.
    pub mount_namespace: Answer,
    /// Signals of a process can be kept from others (`LANDLOCK_SCOPE_SIGNAL`).
    pub signal_scope: Answer,
}

impl Answer {
    /// Whether it works.
    pub fn works(&self) -> bool {
        *self == Self::Works
    }

    fn of<T>(result: Result<T, Errno>, missing: &[Errno]) -> Self {
        match result {
            Ok(_) => Self::Works,
            Err(errno) if missing.contains(&errno) => Self::Missing,
            Err(errno) => Self::Refused(errno.desc().to_owned()),
        }
    }

    fn known(result: Result<bool, Errno>) -> Self {
        match result {
            Ok(true) => Self::Works,
            Ok(false) => Self::Missing,
            Err(errno) => Self::of(Err::<(), _>(errno), &[Errno::ENOSYS]),
        }
    }
}

/// Has a new process of `program` try everything: it is to call [`probe_here`] and print the result as JSON.
///
/// # Errors
/// It could not be started, or did not say.
pub fn probe(program: &OsStr, argument: &str) -> Result<Probe, String> {
    let run = Command::new(program).arg(argument).stdin(Stdio::null()).output();
    let output = run.map_err(|e| format!("{} cannot be started: {e}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let why = said.lines().last().unwrap_or_default();
    serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("the process that tries things ended with {}: {why}", output.status))
}

/// Tries everything. The calling process is good for nothing else afterwards, and must have one thread only.
pub fn probe_here() -> Probe {
    // The namespaces first: a filter would be of no hindrance, but a process without new privileges might be.
    let process_vm_readv = Answer::of(read_own_memory(), &[Errno::ENOSYS]);
    let (pidfd_getfd, pidfd_thread) = pidfds();
    let kcmp = Answer::of(crate::run::try_kcmp(), &[Errno::ENOSYS, Errno::EINVAL]);
    let ofd_locks = ofd_locks();
    let user_namespace = Answer::of(user_namespace(), &[Errno::EINVAL, Errno::ENOSYS]);
    let mount_namespace = if user_namespace.works() {
        Answer::of(mount_namespace(), &[Errno::EINVAL, Errno::ENOSYS])
    } else {
        Answer::Refused("no user namespace to make it in".to_owned())
    };
    let wait_killable = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    let wait_killable = Answer::known(kernel::knows_flags(wait_killable));
    let listener = rustix::thread::set_no_new_privs(true)
        .map_err(|errno| Errno::from_raw(errno.raw_os_error()))
        .and_then(|()| kernel::listen());
    let (sync_wake_up, add_fd) = match &listener {
        Ok(listener) => (
            Answer::of(kernel::wake_in_step(listener), &[Errno::EINVAL, Errno::ENOTTY]),
            Answer::known(kernel::can_add_files(listener)),
        ),
        Err(_) => {
            let none = || Answer::Refused("no listener to try it on".to_owned());
            (none(), none())
        }
    };
    let signal_scope = match crate::run::keep_signals_within() {
        Ok(true) => Answer::Works,
        Ok(false) => Answer::Missing,
        Err(error) => Answer::Refused(error.to_string()),
    };
    Probe {
        listener: Answer::of(listener, &[Errno::EINVAL, Errno::ENOSYS]),
        wait_killable,
        sync_wake_up,
        add_fd,
        pidfd_getfd,
        kcmp,
        pidfd_thread,
        process_vm_readv,
        ofd_locks,
        user_namespace,
        mount_namespace,
        signal_scope,
    }
}

fn read_own_memory() -> Result<(), Errno> {
    let from = [7u8; 16];
    let mut into = [0; 16];
    let remote = [nix::sys::uio::RemoteIoVec { base: from.as_ptr() as usize, len: from.len() }];
    nix::sys::uio::process_vm_readv(nix::unistd::getpid(), &mut [IoSliceMut::new(&mut into)], &remote)?;
    if into == from { Ok(()) } else { Err(Errno::EIO) }
}

fn pidfds() -> (Answer, Answer) {
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    let errno = |errno: rustix::io::Errno| Errno::from_raw(errno.raw_os_error());
    let taken = pidfd_open(getpid(), PidfdFlags::empty())
        .and_then(|pidfd| pidfd_getfd(pidfd, std::io::stdout().as_raw_fd(), PidfdGetfdFlags::empty()));
    // `PIDFD_THREAD`.
    let thread = PidfdFlags::from_bits_retain(libc::O_EXCL as u32);
    let thread = pidfd_open(rustix::thread::gettid(), thread);
    (
        Answer::of(taken.map_err(errno), &[Errno::ENOSYS]),
        Answer::of(thread.map_err(errno), &[Errno::ENOSYS, Errno::EINVAL]),
    )
}

fn ofd_locks() -> Answer {
    let try_it = || -> Result<(), Errno> {
        let name = c"nvproxy-doctor";
        let file = nix::sys::memfd::memfd_create(name, nix::sys::memfd::MFdFlags::MFD_CLOEXEC)?;
        let mut lock = libc::flock {
            l_type: libc::F_WRLCK as i16,
            l_whence: libc::SEEK_SET as i16,
            l_start: 0,
            l_len: 1,
            l_pid: 0,
        };
        nix::fcntl::fcntl(&file, nix::fcntl::FcntlArg::F_OFD_GETLK(&mut lock)).map(drop)
    };
    Answer::of(try_it(), &[Errno::EINVAL])
}

/// Makes a user namespace in which this process is root, as far as it goes.
fn user_namespace() -> Result<(), Errno> {
    let (user, group) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    nix::sched::unshare(CloneFlags::CLONE_NEWUSER)?;
    let write = |path: &str, text: String| {
        std::fs::write(path, text).map_err(|e| e.raw_os_error().map_or(Errno::EIO, Errno::from_raw))
    };
    write("/proc/self/setgroups", "deny".to_owned())?;
    write("/proc/self/uid_map", format!("0 {user} 1"))?;
    write("/proc/self/gid_map", format!("0 {group} 1"))
}

/// Makes a mount namespace, a file system in it that no other process sees, and mounts without devices.
fn mount_namespace() -> Result<(), Errno> {
    use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
    nix::sched::unshare(CloneFlags::CLONE_NEWNS)?;
    let private = mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC);
    let mounted = private.and_then(|()| mount("nvproxy", "/dev", "tmpfs", MountFlags::NOSUID, None));
    mounted.map_err(|errno| Errno::from_raw(errno.raw_os_error()))?;
    set_attribute(c"/", Attribute::OwnWithoutDevices)
}
