//! Requests by seccomp user notification: `seccomp_unotify(2)`.
#![allow(unsafe_code)]

use super::transport::{Answer, Place, Request, Transport};
use nix::errno::Errno;
use nix::libc::{self, c_ulong, seccomp_notif, seccomp_notif_addfd, seccomp_notif_resp, sock_filter, sock_fprog};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

mod request {
    use nix::libc::{seccomp_notif, seccomp_notif_addfd, seccomp_notif_resp};
    nix::ioctl_readwrite!(receive, b'!', 0, seccomp_notif);
    nix::ioctl_readwrite!(send, b'!', 1, seccomp_notif_resp);
    nix::ioctl_write_ptr!(id_valid, b'!', 2, u64);
    nix::ioctl_write_ptr!(add_fd, b'!', 3, seccomp_notif_addfd);
}

/// `SECCOMP_IOCTL_NOTIF_SET_FLAGS`, whose argument is a number.
const SET_FLAGS: u32 = nix::request_code_write!(b'!', 4, size_of::<u64>()) as u32;
/// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`, since Linux 6.6: guest and supervisor wake each other on the same processor.
const SYNC_WAKE_UP: u64 = 1;

/// What the supervisor itself asks of the listener: for the filter of its own calls.
pub(crate) const REQUESTS: [u32; 5] = [
    libc::SECCOMP_IOCTL_NOTIF_RECV as u32,
    libc::SECCOMP_IOCTL_NOTIF_SEND as u32,
    libc::SECCOMP_IOCTL_NOTIF_ID_VALID as u32,
    libc::SECCOMP_IOCTL_NOTIF_ADDFD as u32,
    SET_FLAGS,
];

/// Puts a filter into force for the calling thread, and returns the listener. New privileges must be off.
///
/// Where the kernel can (since 5.19), a guest that waits for an answer is disturbed by nothing but its death, so that no
/// call is made twice.
pub(crate) fn install(program: &[sock_filter]) -> Result<OwnedFd, Errno> {
    let listener = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    match set_filter(program, listener | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) {
        Err(Errno::EINVAL) => set_filter(program, listener),
        other => other,
    }
}

fn set_filter(program: &[sock_filter], flags: c_ulong) -> Result<OwnedFd, Errno> {
    let len = u16::try_from(program.len()).map_err(|_| Errno::E2BIG)?;
    // The kernel only reads it.
    let program = sock_fprog { len, filter: program.as_ptr().cast_mut() };
    // SAFETY: the program's pointer and length are those of a slice that outlives the call, and the kernel copies it.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) };
    let listener = Errno::result(result)? as i32;
    // SAFETY: with NEW_LISTENER the call returns a descriptor that it has just made; nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(listener) })
}

/// A listener.
pub(crate) struct Notifications(OwnedFd);

impl Notifications {
    pub(crate) fn new(listener: OwnedFd) -> Self {
        // SAFETY: the request takes a number, no pointer.
        let result = unsafe { libc::ioctl(listener.as_raw_fd(), SET_FLAGS as libc::Ioctl, SYNC_WAKE_UP) };
        if Errno::result(result).is_err() {
            tracing::debug!("the kernel does not wake supervisor and guest on one processor");
        }
        Self(listener)
    }
}

impl Transport for Notifications {
    fn receive(&self) -> Result<Request, Errno> {
        loop {
            let mut notice = seccomp_notif {
                id: 0,
                pid: 0,
                flags: 0,
                data: libc::seccomp_data { nr: 0, arch: 0, instruction_pointer: 0, args: [0; 6] },
            };
            // SAFETY: the kernel writes a `struct seccomp_notif` to memory that is one, and zero as it wants it.
            match unsafe { request::receive(self.0.as_raw_fd(), &mut notice) } {
                // ENOENT: the guest died, or took a signal, before the request was delivered. So does the kernel answer
                // when no guest is left; only then the listener is at its end.
                Err(Errno::ENOENT) if !self.ended() => {}
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
                Ok(_) => {
                    let seccomp_notif { id, pid, data, .. } = notice;
                    return Ok(Request { id, task: pid as i32, call: data.nr.into(), arguments: data.args });
                }
            }
        }
    }

    fn waits(&self, id: u64) -> bool {
        // SAFETY: the kernel reads 64 bits from memory of ours.
        unsafe { request::id_valid(self.0.as_raw_fd(), &raw const id) }.is_ok()
    }

    fn answer(&self, id: u64, answer: Answer) -> Result<(), Errno> {
        let mut reply = seccomp_notif_resp { id, val: 0, error: 0, flags: 0 };
        match answer {
            Answer::Value(value) => reply.val = value,
            Answer::Error(errno) => reply.error = -(errno as i32),
            Answer::Continue => reply.flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32,
        }
        // SAFETY: the kernel reads a `struct seccomp_notif_resp` from memory that is one.
        unsafe { request::send(self.0.as_raw_fd(), &mut reply) }.map(drop)
    }

    fn install(&self, id: u64, file: BorrowedFd<'_>, place: Place, close_on_exec: bool) -> Result<i32, Errno> {
        let (flags, newfd) = match place {
            Place::Free => (0, 0),
            Place::At(number) => (libc::SECCOMP_ADDFD_FLAG_SETFD, number as u32),
            Place::Answer => (libc::SECCOMP_ADDFD_FLAG_SEND, 0),
        };
        let file = seccomp_notif_addfd {
            id,
            flags: flags as u32,
            srcfd: file.as_raw_fd() as u32,
            newfd,
            newfd_flags: if close_on_exec { libc::O_CLOEXEC as u32 } else { 0 },
        };
        // SAFETY: the kernel reads a `struct seccomp_notif_addfd` from memory that is one; the descriptor in it is borrowed
        // for the length of the call.
        unsafe { request::add_fd(self.0.as_raw_fd(), &raw const file) }
    }
}

impl Notifications {
    /// Whether no guest is left.
    fn ended(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let mut listener = [PollFd::new(&self.0, PollFlags::empty())];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut listener, Some(&now)).is_ok() && listener[0].revents().contains(PollFlags::HUP)
    }
}
