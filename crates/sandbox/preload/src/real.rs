//! The functions whose place was taken.
#![allow(unsafe_code)]

use nix::libc::{self, c_char, c_int, c_void};
use std::ffi::CStr;

/// The next function of that name; it has the type `F`.
///
/// # Safety
/// `F` is a pointer to a function of the type that the C library gives the name.
pub(crate) unsafe fn next<F: Copy>(name: &CStr) -> Option<F> {
    // SAFETY: a name that ends in a zero; RTLD_NEXT is a handle.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) };
    let sized = size_of::<F>() == size_of::<*mut c_void>();
    // SAFETY: of that size, and by the caller's word of that type.
    (sized && !found.is_null()).then(|| unsafe { std::mem::transmute_copy::<*mut c_void, F>(&found) })
}

pub(crate) fn open(directory: c_int, path: &CStr, flags: c_int, mode: libc::mode_t) -> c_int {
    // SAFETY: the path ends in a zero and is only read.
    unsafe { libc::syscall(libc::SYS_openat, directory, path.as_ptr(), flags, mode) as c_int }
}

/// # Safety
/// As for `ioctl(2)`.
pub(crate) unsafe fn ioctl(descriptor: c_int, request: libc::c_ulong, argument: *mut c_void) -> c_int {
    // SAFETY: the caller's.
    unsafe { libc::syscall(libc::SYS_ioctl, descriptor, request, argument) as c_int }
}

pub(crate) fn close(descriptor: c_int) -> c_int {
    // SAFETY: closing is what the program asked for.
    unsafe { libc::syscall(libc::SYS_close, descriptor) as c_int }
}

pub(crate) fn dup(descriptor: c_int, to: Option<c_int>, flags: c_int) -> c_int {
    match to {
        // SAFETY: nothing is passed but numbers.
        Some(to) => unsafe { libc::syscall(libc::SYS_dup3, descriptor, to, flags) as c_int },
        // SAFETY: likewise.
        None => unsafe { libc::syscall(libc::SYS_dup, descriptor) as c_int },
    }
}

pub(crate) fn fcntl(descriptor: c_int, command: c_int, argument: libc::c_ulong) -> c_int {
    // SAFETY: what the argument means is the caller's business, as in fcntl(2).
    unsafe { libc::syscall(libc::SYS_fcntl, descriptor, command, argument) as c_int }
}

/// # Safety
/// As for `mmap(2)`.
pub(crate) unsafe fn mmap(
    address: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    descriptor: c_int,
    offset: libc::off_t,
) -> *mut c_void {
    // SAFETY: the caller's.
    unsafe { libc::syscall(libc::SYS_mmap, address, length, protection, flags, descriptor, offset) as *mut c_void }
}

/// Sets `errno`.
pub(crate) fn fail(error: nix::errno::Errno) -> c_int {
    error.set();
    -1
}

/// A string of the program's.
///
/// # Safety
/// It is null, or ends in a zero and stays as it is for `'a`.
pub(crate) unsafe fn text<'a>(path: *const c_char) -> Option<&'a CStr> {
    // SAFETY: the caller's.
    (!path.is_null()).then(|| unsafe { CStr::from_ptr(path) })
}
