//! The functions that take the C library's place.
//!
//! Those with a variable number of arguments are declared with as many as they can have: in the calling convention of
//! x86-64 and AArch64 Linux the callee then finds what the caller passed, and something without meaning where the caller
//! passed nothing, which it hands on to a system call that ignores it likewise.
#![allow(unsafe_code)]
// They are exported by their names.
#![allow(unreachable_pub)]

use crate::here::{with, with_known};
use crate::real;
use nix::errno::Errno;
use nix::libc::{self, AT_FDCWD, FILE, c_char, c_int, c_ulong, c_void, mode_t, off_t};
use rm_sim::NodeInfo;
use sandbox::in_process::Place;
use std::ffi::CStr;
use std::os::fd::AsRawFd;

fn opened(directory: c_int, path: &CStr, flags: c_int, mode: mode_t) -> c_int {
    let place = with(|process| {
        Some(match process.find(path)? {
            Place::Device(info) => process.open(info.node).unwrap_or_else(real::fail),
            Place::Absent => real::fail(Errno::ENOENT),
            Place::File(file) => real::open(directory, file, flags, mode),
        })
    });
    place.unwrap_or_else(|| real::open(directory, path, flags, mode))
}

macro_rules! opens {
    ($($name:ident($($directory:ident)?)),*) => {
        $(
            /// # Safety
            /// As for `open(2)`.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($directory: c_int,)? path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
                #[allow(unused_mut, unused_assignments)]
                let mut at = AT_FDCWD;
                $(at = $directory;)?
                // SAFETY: a path as the function takes it.
                match unsafe { real::text(path) } {
                    Some(path) => opened(at, path, flags, mode),
                    None => real::fail(Errno::EFAULT),
                }
            }
        )*
    };
}
opens!(open(), open64(), openat(directory), openat64(directory));

macro_rules! streams {
    ($($name:ident),*) => {
        $(
            /// # Safety
            /// As for `fopen(3)`.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(path: *const c_char, mode: *const c_char) -> *mut FILE {
                type Open = unsafe extern "C" fn(*const c_char, *const c_char) -> *mut FILE;
                const NAME: &str = concat!(stringify!($name), "\0");
                // SAFETY: a path as the function takes it.
                let text = unsafe { real::text(path) };
                let instead = with(|process| match process.find(text?)? {
                    Place::File(file) => Some(file.as_ptr()),
                    Place::Device(_) | Place::Absent => Some(c"/nonexistent".as_ptr()),
                });
                let name = CStr::from_bytes_with_nul(NAME.as_bytes()).unwrap_or_default();
                // SAFETY: the C library's function of that name is of that type.
                match unsafe { real::next::<Open>(name) } {
                    // SAFETY: the caller's arguments, or in the place of one a path that lives as long as the process.
                    Some(open) => unsafe { open(instead.unwrap_or(path), mode) },
                    None => std::ptr::null_mut(),
                }
            }
        )*
    };
}
streams!(fopen, fopen64);

/// What `stat(2)` says of a device file.
fn describe(info: &NodeInfo) -> libc::stat {
    // SAFETY: plain data, of which zeros are a value.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    stat.st_mode = libc::S_IFCHR | info.mode as mode_t;
    stat.st_rdev = libc::makedev(info.major, info.minor);
    stat.st_nlink = 1;
    stat.st_blksize = 4096;
    stat.st_ino = u64::from(info.major) << 32 | u64::from(info.minor) | 1 << 62;
    stat
}

fn stat_at(directory: c_int, path: &CStr, into: *mut libc::stat, flags: c_int) -> c_int {
    let real = |path: &CStr| {
        // SAFETY: a path that ends in a zero, and what the caller says is room for the answer.
        unsafe { libc::syscall(libc::SYS_newfstatat, directory, path.as_ptr(), into, flags) as c_int }
    };
    let found = with(|process| {
        Some(match process.find(path)? {
            Place::Device(info) => {
                // SAFETY: by the caller's word there is room for it.
                unsafe { into.write(describe(info)) };
                0
            }
            Place::Absent => real::fail(Errno::ENOENT),
            Place::File(file) => real(file),
        })
    });
    found.unwrap_or_else(|| real(path))
}

fn stat_of(descriptor: c_int, into: *mut libc::stat) -> c_int {
    let found = with_known(|process| {
        let info = process.device(descriptor)?;
        // SAFETY: by the caller's word there is room for it.
        unsafe { into.write(describe(info)) };
        Some(0)
    });
    // SAFETY: what the caller says is room for the answer.
    found.unwrap_or_else(|| unsafe { libc::syscall(libc::SYS_fstat, descriptor, into) as c_int })
}

macro_rules! stats {
    ($($name:ident($($version:ident)?) $flags:expr;)*) => {
        $(
            /// # Safety
            /// As for `stat(2)`.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($version: c_int,)? path: *const c_char, into: *mut libc::stat) -> c_int {
                $(let _ = $version;)?
                // SAFETY: a path as the function takes it.
                match unsafe { real::text(path) } {
                    Some(path) => stat_at(AT_FDCWD, path, into, $flags),
                    None => real::fail(Errno::EFAULT),
                }
            }
        )*
    };
}
stats! {
    stat() 0;
    stat64() 0;
    lstat() libc::AT_SYMLINK_NOFOLLOW;
    lstat64() libc::AT_SYMLINK_NOFOLLOW;
    __xstat(version) 0;
    __xstat64(version) 0;
    __lxstat(version) libc::AT_SYMLINK_NOFOLLOW;
    __lxstat64(version) libc::AT_SYMLINK_NOFOLLOW;
}

macro_rules! stats_of_files {
    ($($name:ident($($version:ident)?)),*) => {
        $(
            /// # Safety
            /// As for `fstat(2)`.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($version: c_int,)? descriptor: c_int, into: *mut libc::stat) -> c_int {
                $(let _ = $version;)?
                stat_of(descriptor, into)
            }
        )*
    };
}
stats_of_files!(fstat(), fstat64(), __fxstat(version), __fxstat64(version));

/// # Safety
/// As for `access(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn access(path: *const c_char, mode: c_int) -> c_int {
    // SAFETY: a path as the function takes it.
    let Some(text) = (unsafe { real::text(path) }) else { return real::fail(Errno::EFAULT) };
    let found = with(|process| {
        Some(match process.find(text)? {
            Place::Device(_) => 0,
            Place::Absent => real::fail(Errno::ENOENT),
            // SAFETY: a path that ends in a zero.
            Place::File(file) => unsafe { libc::syscall(libc::SYS_access, file.as_ptr(), mode) as c_int },
        })
    });
    // SAFETY: a path that ends in a zero.
    found.unwrap_or_else(|| unsafe { libc::syscall(libc::SYS_access, path, mode) as c_int })
}

/// As root, the libraries make and change device files and links to them: not here.
macro_rules! changes {
    ($($name:ident($path:ident $(, $after:ident: $ty:ty)*) by $call:ident;)*) => {
        $(
            /// # Safety
            /// As for the function of that name.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($path: *const c_char $(, $after: $ty)*) -> c_int {
                // SAFETY: a path as the function takes it.
                let Some(text) = (unsafe { real::text($path) }) else { return real::fail(Errno::EFAULT) };
                let ours = with(|process| process.find(text).map(drop)).is_some();
                // SAFETY: the caller's arguments, for the system call that the function is.
                if ours { 0 } else { unsafe { libc::syscall(libc::$call, $path $(, $after)*) as c_int } }
            }
        )*
    };
}
changes! {
    chmod(path, mode: mode_t) by SYS_chmod;
    chown(path, user: libc::uid_t, group: libc::gid_t) by SYS_chown;
    mknod(path, mode: mode_t, device: libc::dev_t) by SYS_mknod;
    unlink(path) by SYS_unlink;
}

/// # Safety
/// As for `remove(3)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn remove(path: *const c_char) -> c_int {
    // SAFETY: the caller's argument.
    match unsafe { unlink(path) } {
        // SAFETY: the caller's argument, which is a path of text by now.
        -1 if Errno::last() == Errno::EISDIR => unsafe { libc::syscall(libc::SYS_rmdir, path) as c_int },
        other => other,
    }
}

/// What `mknod(2)` was in C libraries before 2.33, which the programs were built with.
///
/// # Safety
/// As for `mknod(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __xmknod(
    _version: c_int,
    path: *const c_char,
    mode: mode_t,
    device: *const libc::dev_t,
) -> c_int {
    if device.is_null() {
        return real::fail(Errno::EFAULT);
    }
    // SAFETY: it is not null, and by the caller's word a number.
    let device = unsafe { *device };
    // SAFETY: the caller's arguments.
    unsafe { mknod(path, mode, device) }
}

/// # Safety
/// As for `symlink(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn symlink(target: *const c_char, path: *const c_char) -> c_int {
    // SAFETY: a path as the function takes it.
    let Some(text) = (unsafe { real::text(path) }) else { return real::fail(Errno::EFAULT) };
    let ours = with(|process| process.find(text).map(drop)).is_some();
    // SAFETY: the caller's arguments.
    if ours { 0 } else { unsafe { libc::syscall(libc::SYS_symlink, target, path) as c_int } }
}

/// # Safety
/// As for `ioctl(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ioctl(descriptor: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
    let done = with(|process| process.ioctl(descriptor, request as u32, argument as u64));
    match done {
        Some(Ok(value)) => value,
        Some(Err(error)) => real::fail(error),
        // SAFETY: the caller's arguments.
        None => unsafe { real::ioctl(descriptor, request, argument) },
    }
}

/// # Safety
/// As for `close(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn close(descriptor: c_int) -> c_int {
    with_known(|process| {
        process.close(descriptor);
        Some(())
    });
    real::close(descriptor)
}

fn duplicated(from: c_int, to: c_int) -> c_int {
    if to >= 0 {
        with_known(|process| {
            process.duplicate(from, to);
            Some(())
        });
    }
    to
}

/// # Safety
/// As for `dup(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dup(descriptor: c_int) -> c_int {
    duplicated(descriptor, real::dup(descriptor, None, 0))
}

/// # Safety
/// As for `dup2(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dup2(descriptor: c_int, to: c_int) -> c_int {
    if descriptor == to {
        return if real::fcntl(to, libc::F_GETFD, 0) < 0 { -1 } else { to };
    }
    duplicated(descriptor, real::dup(descriptor, Some(to), 0))
}

/// # Safety
/// As for `dup3(2)`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dup3(descriptor: c_int, to: c_int, flags: c_int) -> c_int {
    duplicated(descriptor, real::dup(descriptor, Some(to), flags))
}

macro_rules! controls {
    ($($name:ident),*) => {
        $(
            /// # Safety
            /// As for `fcntl(2)`.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(descriptor: c_int, command: c_int, argument: c_ulong) -> c_int {
                let result = real::fcntl(descriptor, command, argument);
                if matches!(command, libc::F_DUPFD | libc::F_DUPFD_CLOEXEC) {
                    return duplicated(descriptor, result);
                }
                result
            }
        )*
    };
}
controls!(fcntl, fcntl64);

macro_rules! maps {
    ($($name:ident),*) => {
        $(
            /// # Safety
            /// As for `mmap(2)`.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name(
                address: *mut c_void,
                length: usize,
                protection: c_int,
                flags: c_int,
                descriptor: c_int,
                offset: off_t,
            ) -> *mut c_void {
                let anonymous = flags & libc::MAP_ANONYMOUS != 0;
                let backing = if anonymous { None } else { with_known(|process| process.mapped(descriptor)) };
                match backing {
                    Some(backing) => {
                        let offset = offset.wrapping_add(backing.offset as off_t);
                        let file = backing.memory.as_raw_fd();
                        // SAFETY: the caller's arguments, but for the file: a memory file as long as was asked for.
                        unsafe { real::mmap(address, length, protection, flags, file, offset) }
                    }
                    // SAFETY: the caller's arguments.
                    None => unsafe { real::mmap(address, length, protection, flags, descriptor, offset) },
                }
            }
        )*
    };
}
maps!(mmap, mmap64);

/// Ends the trace.
extern "C" fn end() {
    with_known(|process| {
        process.finish();
        Some(())
    });
}

// SAFETY: the loader calls what is in this section when the library is unloaded, at the process's end; it is a function
// of C's convention without arguments, as it must be.
#[used]
#[unsafe(link_section = ".fini_array")]
static END: extern "C" fn() = end;
