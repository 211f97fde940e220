//! The process's own memory, read as another's is: a bad address is an error, not the end.

use crate::run::tasks;
use anyhow::{Result, ensure};

/// The memory of this process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own(i32);

impl Own {
    /// # Errors
    /// The kernel does not let a process read and write its own memory in this way.
    pub(super) fn new() -> Result<Self> {
        let own = Self(nix::unistd::Pid::this().as_raw());
        let (word, mut copy) = ([0x55], [0]);
        let read = rm_sim::GuestMemory::read_at(&own, word.as_ptr() as u64, &mut copy);
        let written = rm_sim::GuestMemory::write_at(&own, copy.as_mut_ptr() as u64, &word);
        ensure!(
            read && written,
            "the kernel does not let a process copy from and to its own memory (process_vm_readv, process_vm_writev)"
        );
        Ok(own)
    }
}

impl rm_sim::GuestMemory for Own {
    fn read_at(&self, address: u64, into: &mut [u8]) -> bool {
        tasks::read(self.0, address, into)
    }

    fn write_at(&self, address: u64, bytes: &[u8]) -> bool {
        tasks::write(self.0, address, bytes)
    }
}
