//! What the kernel can do with seccomp, asked of the kernel itself.
#![allow(unsafe_code)]

use nix::errno::Errno;
use nix::libc::{self, c_ulong, seccomp_notif_addfd, sock_filter, sock_fprog};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

nix::ioctl_write_ptr!(add_fd, b'!', 3, seccomp_notif_addfd);

/// `SECCOMP_IOCTL_NOTIF_SET_FLAGS`, whose argument is a number.
const SET_FLAGS: libc::Ioctl = nix::request_code_write!(b'!', 4, size_of::<u64>()) as libc::Ioctl;
/// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`.
const SYNC_WAKE_UP: u64 = 1;

/// Whether these flags of `SECCOMP_SET_MODE_FILTER` are known. Without a filter nothing is put into force: the kernel
/// looks at the flags first, and then at the program, which is not there (`EFAULT`).
pub(super) fn knows_flags(flags: c_ulong) -> Result<bool, Errno> {
    let none = std::ptr::null::<sock_fprog>();
    // SAFETY: a null pointer leads to no memory.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, none) };
    match Errno::result(result) {
        Err(Errno::EFAULT) => Ok(true),
        Err(Errno::EINVAL) => Ok(false),
        Err(errno) => Err(errno),
        Ok(_) => Ok(false),
    }
}

/// A listener of a filter that lets everything pass.
pub(super) fn listen() -> Result<OwnedFd, Errno> {
    let allow = sock_filter { code: libc::BPF_RET as u16, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW };
    let mut filter = [allow];
    let program = sock_fprog { len: 1, filter: filter.as_mut_ptr() };
    let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // SAFETY: the program is one instruction that outlives the call, and the kernel copies it.
    let result = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) };
    let listener = Errno::result(result)? as i32;
    // SAFETY: with NEW_LISTENER the call returns a descriptor that it has just made; nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(listener) })
}

/// Has the kernel wake guest and supervisor on one processor.
pub(super) fn wake_in_step(listener: &OwnedFd) -> Result<(), Errno> {
    // SAFETY: the request takes a number, no pointer.
    let result = unsafe { libc::ioctl(listener.as_raw_fd(), SET_FLAGS, SYNC_WAKE_UP) };
    Errno::result(result).map(drop)
}

/// Whether descriptors can be put into a guest in place of others, and as the answer of a call. There is no guest and no
/// descriptor: what the kernel says of the latter comes after it knew the flags.
pub(super) fn can_add_files(listener: &OwnedFd) -> Result<bool, Errno> {
    let flags = (libc::SECCOMP_ADDFD_FLAG_SETFD | libc::SECCOMP_ADDFD_FLAG_SEND) as u32;
    let file = seccomp_notif_addfd { id: 0, flags, srcfd: u32::MAX, newfd: 0, newfd_flags: 0 };
    // SAFETY: the kernel reads a `struct seccomp_notif_addfd` from memory that is one.
    match unsafe { add_fd(listener.as_raw_fd(), &raw const file) } {
        Err(Errno::EBADF | Errno::ENOENT) => Ok(true),
        Err(Errno::EINVAL | Errno::ENOTTY) | Ok(_) => Ok(false),
        Err(errno) => Err(errno),
    }
}
