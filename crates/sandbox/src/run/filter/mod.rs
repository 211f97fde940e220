//! The filter of a guest's system calls. It is the boundary: what it lets through, nobody else looks at.
//!
//! It is written in the kernel's own terms, because the crates that make filters know no user notification, and because
//! the decision about an ioctl, membership of its lowest byte in a set, would become some thirty comparisons there; as a
//! bit in a word it takes nine instructions. That it decides as it should is checked for each of the 2^32 requests by a
//! test that runs the program.
//!
//! What does not depend on a call's arguments is decided by comparing the number alone, so that kernels since 5.11 find
//! out once that a call is always allowed, and never run the program for it again.

mod assembler;
mod numbers;

pub use numbers::{
    DRM, DRM_COMMON, DRM_PRIVATE, FRONTEND, HARMLESS, MODESET_SIZE, NOT_UVM, SIZE, TYPE, TYPING, UVM_BELOW, UVM_LARGE,
};

use assembler::Assembler;
use nix::libc::{self, sock_filter};
use std::mem::offset_of;

/// Which system calls of a guest are answered by the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intercepted {
    /// ioctls that the driver could act on: there are device files behind them.
    Ioctls,
    /// Those, and whatever opens a file by its path or asks for its state by that: device files are simulated.
    IoctlsAndPaths,
}

/// Calls that take the path of a device file: they open it, or tell of it.
#[cfg(target_arch = "x86_64")]
const PATHS: [i64; 8] = [
    libc::SYS_open,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
];
#[cfg(not(target_arch = "x86_64"))]
const PATHS: [i64; 4] = [libc::SYS_openat, libc::SYS_openat2, libc::SYS_faccessat, libc::SYS_faccessat2];

/// Calls that take such a path or, by a flag, a descriptor and no path, which is how the C library asks for the state of an
/// open file; and which argument has the flags.
const PATHS_OR_DESCRIPTORS: [(i64, usize); 2] = [(libc::SYS_newfstatat, 3), (libc::SYS_statx, 2)];

/// Asynchronous calls, made by the kernel itself, so that no filter sees them. None of them leads to an ioctl of NVIDIA's
/// driver, but opening files by them would go unseen; programs do without where they are not there.
const UNSEEN: [i64; 3] = [libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register];

/// `AUDIT_ARCH_X86_64`: ELF machine 62, 64 bits, little-endian.
#[cfg(target_arch = "x86_64")]
pub const ARCHITECTURE: u32 = 0xc000_003e;
/// `AUDIT_ARCH_AARCH64`: ELF machine 183, 64 bits, little-endian.
#[cfg(target_arch = "aarch64")]
pub const ARCHITECTURE: u32 = 0xc000_00b7;

/// What numbers of the x32 ABI begin with. It has the same architecture as x86-64, and ioctl under another number.
const X32: u32 = 0x4000_0000;
/// What a debugger makes of a call that it wants left out.
const NO_CALL: u32 = u32::MAX;

/// The verdict on a call that is not to be there.
pub const ABSENT: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
/// The verdict on an ioctl of a device that no guest has: as if the file had no such request.
pub const NOT_THERE: u32 = libc::SECCOMP_RET_ERRNO | libc::ENOTTY as u32;
/// The verdict on a call that is there, but not for guests.
pub const FORBIDDEN: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
/// The verdict on a call that goes to the kernel unseen.
pub const ALLOWED: u32 = libc::SECCOMP_RET_ALLOW;
/// The verdict on a call that goes to the supervisor.
pub const NOTIFIED: u32 = libc::SECCOMP_RET_USER_NOTIF;

/// Where an argument is, its lower 32 bits: of requests, flags and descriptors the kernel looks at no more, so neither does the
/// filter.
const fn argument(number: usize) -> u32 {
    (offset_of!(libc::seccomp_data, args) + 8 * number) as u32
}

/// Where the request of an ioctl is.
const REQUEST: u32 = argument(1);

/// The filter, as a program of the kernel's.
///
/// - Calls of another architecture (i386, x32) are not there: their ioctl has another number.
/// - Asynchronous calls (io_uring) are not there.
/// - An ioctl that the driver could act on goes to the supervisor; so do the calls that `intercepted` says.
/// - An ioctl of the driver's other device files, which guests do not have, fails with `ENOTTY`, so that the sandbox
///   does not depend on those files being out of reach.
/// - An ioctl that types into a terminal fails with `EPERM`: the terminal's shell would run what a guest types.
/// - Everything else is allowed.
///
/// A guest may add filters of its own: the kernel takes the strictest verdict, and does not let a guest have a second
/// listener (`EBUSY`).
pub fn program(intercepted: Intercepted) -> Vec<sock_filter> {
    let mut code = Assembler::default();
    let (ours, number, ioctl, absent, allowed, notified) =
        (code.label(), code.label(), code.label(), code.label(), code.label(), code.label());
    code.load(offset_of!(libc::seccomp_data, arch) as u32);
    code.equal(ARCHITECTURE, ours, absent);
    code.place(ours);
    code.load(offset_of!(libc::seccomp_data, nr) as u32);
    code.equal(libc::SYS_ioctl as u32, ioctl, number);
    code.place(number);
    code.any(&[NO_CALL], allowed);
    if cfg!(target_arch = "x86_64") {
        let rest = code.label();
        code.at_least(X32, absent, rest);
        code.place(rest);
    }
    code.any(&UNSEEN.map(|call| call as u32), absent);
    if intercepted == Intercepted::IoctlsAndPaths {
        code.any(&PATHS.map(|call| call as u32), notified);
        for (call, flags) in PATHS_OR_DESCRIPTORS {
            let (this, other) = (code.label(), code.label());
            code.equal(call as u32, this, other);
            code.place(this);
            path_or_descriptor(&mut code, flags, allowed, notified);
            code.place(other);
        }
    }
    code.verdict(ALLOWED);
    code.place(ioctl);
    request(&mut code, allowed, notified);
    code.place(allowed);
    code.verdict(ALLOWED);
    code.place(absent);
    code.verdict(ABSENT);
    code.place(notified);
    code.verdict(NOTIFIED);
    // What is jumped over is a fixed list, shorter than a jump reaches; the tests make every program there is.
    code.finish().unwrap_or_default()
}

/// The part for a call that may be about a descriptor. One that has a path beside it, relative to it or not, is left to the
/// kernel as well: that is seldom, and costs a guest no more than a wrong answer about a simulated file.
fn path_or_descriptor(code: &mut Assembler, flags: usize, allowed: assembler::Label, notified: assembler::Label) {
    let flagged = code.label();
    code.load(argument(flags));
    code.and(libc::AT_EMPTY_PATH as u32);
    code.equal(0, notified, flagged);
    code.place(flagged);
    code.load(argument(0));
    // AT_FDCWD is negative.
    code.at_least(1 << 31, notified, allowed);
}

/// The part for an ioctl.
fn request(code: &mut Assembler, allowed: assembler::Label, notified: assembler::Label) {
    let (large, small, member) = (code.label(), code.label(), code.label());
    let (drm, private, common) = (code.label(), code.label(), code.label());
    let (modeset, first, typing) = (code.label(), code.label(), code.label());
    let (not_there, forbidden) = (code.label(), code.label());
    code.load(REQUEST);
    code.at_least(UVM_BELOW, large, small);
    code.place(small);
    code.any(&NOT_UVM, allowed);
    code.verdict(NOTIFIED);
    code.place(large);
    code.any(&UVM_LARGE, notified);
    code.and(TYPE);
    code.equal(DRM, drm, common);
    code.place(drm);
    code.load(REQUEST);
    code.and(0xff);
    code.at_least(DRM_COMMON, common, private);
    code.place(private);
    code.at_least(DRM_PRIVATE, not_there, common);
    // The lowest byte: which of the words that have any bit it is in, and then the bit.
    code.place(common);
    code.load(REQUEST);
    code.and(0xff);
    for block in 0..8u32 {
        let bits = FRONTEND.iter().filter(|byte| u32::from(**byte) / 32 == block);
        let word = bits.fold(0, |word, byte| word | 1u32 << (byte % 32));
        let (here, next) = (code.label(), code.label());
        if block < 7 {
            code.at_least((block + 1) * 32, next, here);
        }
        code.place(here);
        if block == 0 {
            // What is refused by the whole request: modeset's number is 0, and each of these has a byte of its own.
            code.equal(0, modeset, first);
            code.place(first);
            code.any(&TYPING.map(|request| request & 0xff), typing);
        }
        if word == 0 {
            code.verdict(ALLOWED);
        } else {
            code.and(31);
            code.keep();
            code.constant(word);
            code.shift_right();
            code.and(1);
            code.equal(1, member, allowed);
        }
        code.place(next);
    }
    code.place(member);
    code.load(REQUEST);
    code.any(&HARMLESS, allowed);
    code.verdict(NOTIFIED);
    code.place(modeset);
    code.load(REQUEST);
    code.and(SIZE);
    code.equal(MODESET_SIZE, not_there, allowed);
    code.place(typing);
    code.load(REQUEST);
    code.any(&TYPING, forbidden);
    code.verdict(ALLOWED);
    code.place(not_there);
    code.verdict(NOT_THERE);
    code.place(forbidden);
    code.verdict(FORBIDDEN);
}
