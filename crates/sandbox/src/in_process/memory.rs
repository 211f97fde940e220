//! The process's own memory, read as another's is: a bad address is an error, not the end.

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;
use std::io::{IoSlice, IoSliceMut};

/// The memory of this process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own(Pid);

impl Own {
    pub(super) fn new() -> Self {
        Self(Pid::this())
    }

    fn done(result: nix::Result<usize>, len: usize) -> bool {
        if let Err(errno @ (Errno::ENOSYS | Errno::EPERM)) = result {
            tracing::error!(%errno, "the kernel does not let a process look at its own memory (process_vm_readv)");
        }
        result == Ok(len)
    }
}

fn range(address: u64, len: usize) -> [RemoteIoVec; 1] {
    [RemoteIoVec { base: address as usize, len }]
}

impl rm_sim::GuestMemory for Own {
    fn read_at(&self, address: u64, into: &mut [u8]) -> bool {
        let len = into.len();
        Self::done(process_vm_readv(self.0, &mut [IoSliceMut::new(into)], &range(address, len)), len)
    }

    fn write_at(&self, address: u64, bytes: &[u8]) -> bool {
        Self::done(process_vm_writev(self.0, &[IoSlice::new(bytes)], &range(address, bytes.len())), bytes.len())
    }
}
