//! What the guest asks of the kernel that no library asks for it.
#![allow(unsafe_code)]

use nix::errno::Errno;
use nix::libc;
use std::fs::File;
use std::os::fd::AsRawFd;

/// `ioctl(2)` with these parameters.
pub(super) fn ioctl(file: &File, request: u32, parameters: &mut [u8]) -> Result<i32, Errno> {
    // SAFETY: what is behind NVIDIA's device files writes to the parameters, as many bytes as the request says, which
    // `request` takes from the same bytes, and to what pointers in them lead to, which the callers keep borrowed.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), request as libc::Ioctl, parameters.as_mut_ptr()) };
    Errno::result(result)
}

/// Maps so many bytes of a file from its beginning, writes to them, and reads them back.
pub(super) fn write_and_read(file: &File, length: usize, text: &[u8]) -> Result<Vec<u8>, Errno> {
    let (protection, none) = (libc::PROT_READ | libc::PROT_WRITE, std::ptr::null_mut());
    // SAFETY: the kernel chooses an address where nothing else is.
    let address = unsafe { libc::mmap(none, length, protection, libc::MAP_SHARED, file.as_raw_fd(), 0) };
    if address == libc::MAP_FAILED {
        return Err(Errno::last());
    }
    let size = text.len().min(length);
    let mut read = vec![0; size];
    // SAFETY: `size` bytes at the address are mapped and nobody else knows of them; the texts are as long.
    unsafe { std::ptr::copy_nonoverlapping(text.as_ptr(), address.cast::<u8>(), size) };
    // SAFETY: as above.
    unsafe { std::ptr::copy_nonoverlapping(address.cast::<u8>(), read.as_mut_ptr(), size) };
    // SAFETY: it was mapped above, with that length, and nothing refers to it any more.
    Errno::result(unsafe { libc::munmap(address, length) })?;
    Ok(read)
}
