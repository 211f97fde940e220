//! The process's own memory, as a proxy reads another's: a bad address is an error, not the end.

use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;
use nvproxy::{Errno, Fault, Lending};
use rm_sim::Simulator;
use std::io::{IoSlice, IoSliceMut};
use std::sync::Arc;

pub(crate) struct Own {
    pid: Pid,
    simulator: Simulator,
}

impl Own {
    pub(crate) fn new(simulator: Simulator) -> Arc<Self> {
        Arc::new(Self { pid: Pid::this(), simulator })
    }

    pub(crate) fn shared(&self) -> Arc<dyn rm_sim::GuestMemory> {
        Arc::new(Self { pid: self.pid, simulator: self.simulator.clone() })
    }
}

fn range(address: u64, len: usize) -> [RemoteIoVec; 1] {
    [RemoteIoVec { base: address as usize, len }]
}

impl rm_sim::GuestMemory for Own {
    fn read_at(&self, address: u64, into: &mut [u8]) -> bool {
        let len = into.len();
        process_vm_readv(self.pid, &mut [IoSliceMut::new(into)], &range(address, len)) == Ok(len)
    }

    fn write_at(&self, address: u64, bytes: &[u8]) -> bool {
        process_vm_writev(self.pid, &[IoSlice::new(bytes)], &range(address, bytes.len())) == Ok(bytes.len())
    }
}

impl nvproxy::GuestMemory for Own {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        if rm_sim::GuestMemory::read_at(self, address, into) { Ok(()) } else { Err(Fault) }
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        if rm_sim::GuestMemory::write_at(self, address, bytes) { Ok(()) } else { Err(Fault) }
    }

    fn lend(&self, address: u64, length: u64, _writable: bool) -> Result<Lending, Errno> {
        self.simulator.lend(self.shared(), address, length).map(Lending::Mapped).ok_or(Errno::EINVAL)
    }
}
