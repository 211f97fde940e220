//! ioctls of files that are not the driver's, whose requests the driver's files could act on.
//!
//! The guest's own call cannot be let go on: another thread may put one of the driver's files in place of the descriptor
//! after it was looked at. What programs are known to need is done here, on the file that was looked at; for the rest it
//! is as if the file had no such request.

use super::call::Caller;
use crate::run::backend::Backend;
use crate::run::files::What;
use crate::run::transport::{Answer, Transport};
use nix::errno::Errno;
use nvproxy::{GuestMemory, HostDriver};
use std::os::fd::OwnedFd;

/// Requests that are done for a guest: the number, and how many bytes the kernel reads and writes.
///
/// The network ones are questions; none of them opens anything, and they mean the socket's own network namespace.
pub(crate) const DONE: [(u32, usize); 2] = [
    (0x8927, IFREQ), // SIOCGIFHWADDR
    (0x8929, IFREQ), // SIOCGIFSLAVE
];

/// `struct ifreq`.
const IFREQ: usize = 40;

pub(super) fn ioctl<T, B, D, O>(caller: &Caller<'_, T, B, D, O>, descriptor: i32, request: u32, argument: u64) -> Answer
where
    T: Transport,
    B: Backend,
    D: HostDriver<File = B::File>,
{
    let Some((_, size)) = DONE.iter().find(|(number, _)| *number == request) else {
        return Answer::Error(Errno::ENOTTY);
    };
    // Sockets alone are duplicated: closing the duplicate of another file could wait for whoever serves it.
    let file = match caller.socket(descriptor) {
        Ok(file) => file,
        Err(errno) => return Answer::Error(errno),
    };
    let mut bytes = [0; IFREQ];
    let Some(bytes) = bytes.get_mut(..*size) else { return Answer::Error(Errno::ENOTTY) };
    if caller.read(argument, bytes).is_err() {
        return Answer::Error(Errno::EFAULT);
    }
    match issue(&file, request, bytes) {
        Err(errno) => Answer::Error(errno),
        Ok(_) if caller.write(argument, bytes).is_err() => Answer::Error(Errno::EFAULT),
        Ok(value) => Answer::Value(value.into()),
    }
}

#[allow(unsafe_code)]
fn issue(file: &OwnedFd, request: u32, bytes: &mut [u8]) -> Result<i32, Errno> {
    use nix::libc;
    use std::os::fd::AsRawFd;
    // On another file the number may mean something else, of another size.
    if !What::of(file)?.is_socket() {
        return Err(Errno::ENOTTY);
    }
    // SAFETY: for a socket the request is the kernel's own, of `struct ifreq`; the slice is one, ours alone.
    Errno::result(unsafe { libc::ioctl(file.as_raw_fd(), request as libc::Ioctl, bytes.as_mut_ptr()) })
}
