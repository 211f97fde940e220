//! The kernel's driver: the one place where addresses and descriptors of the host are.
#![allow(unsafe_code)]

use super::{Call, HostDriver, Node};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sys::stat::Mode;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// The driver of this machine's kernel.
#[derive(Debug, Clone, Copy, Default)]
pub struct Linux;

impl HostDriver for Linux {
    type File = OwnedFd;

    fn open(&self, node: Node) -> Result<OwnedFd, Errno> {
        if node == Node::DmaBuf {
            return Err(Errno::ENODEV);
        }
        open(node.to_string().as_str(), OFlag::O_RDWR | OFlag::O_CLOEXEC, Mode::empty())
    }

    fn ioctl(&self, file: &OwnedFd, call: &mut Call<'_, OwnedFd>) -> Result<i32, Errno> {
        let request = call.request();
        let base = call.bytes().as_mut_ptr();
        let kept = call.lend(base as u64, |file| file.as_raw_fd());
        let pointer = call.argument().map_or(std::ptr::null_mut(), |argument| base.wrapping_add(argument.start));
        // SAFETY: the request's number and the argument's size and contents were made from a row of the ABI of the
        // running driver: the argument has the size that the request says, and every pointer in it that the driver
        // follows leads to bytes of this call of the length that the driver reads or writes, or is null. The bytes are
        // exclusively ours until the call returns, and `Call` sees to it that the argument lies within them. Pages that
        // `Value::Mapped` names are only pinned, not written through a Rust reference.
        let result = unsafe { libc::ioctl(file.as_raw_fd(), libc::Ioctl::from(request), pointer) };
        let result = Errno::result(result);
        let number = call.restore(&kept);
        if result.is_ok() && number >= 0 {
            // SAFETY: the call had -1 there, and the driver replaced it by a descriptor that it has just installed in
            // this process (compare kernel-open/nvidia/nv-dmabuf.c:nv_dma_buf_create()); nobody else knows it.
            call.opened(unsafe { OwnedFd::from_raw_fd(number) });
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Lent, Value};
    use std::io::Write;

    #[test]
    fn the_argument_reaches_the_kernel_and_comes_back() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"seven..").unwrap();
        let mut bytes = [0xffu8; 16];
        let files = [];
        // FIONREAD writes how much there is to read, an int.
        let mut call = Call::new(libc::FIONREAD as u32, &mut bytes, Some(8..12), &[], &files);
        assert_eq!(Linux.ioctl(&OwnedFd::from(reader), &mut call), Ok(0));
        assert_eq!(bytes[8..12], 7i32.to_le_bytes());
        assert_eq!(bytes[..8], [0xff; 8]);
    }

    #[test]
    fn nothing_of_the_hosts_stays_in_the_bytes() {
        let null = OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
        let files = [&null];
        let lent = [
            Lent { at: 0, width: 8, value: Value::Bytes(16..32) },
            Lent { at: 8, width: 4, value: Value::File(0) },
            Lent { at: 16, width: 8, value: Value::Mapped(0x1234_5678_9abc_def0) },
        ];
        let mut bytes = [0x55u8; 32];
        let mut call = Call::new(0, &mut bytes, Some(0..16), &lent, &files);
        // Whatever the kernel makes of a null device: it fails.
        assert!(Linux.ioctl(&null, &mut call).is_err());
        assert_eq!(bytes, [0x55; 32]);
    }
}
