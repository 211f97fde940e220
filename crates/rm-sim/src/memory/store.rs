//! Memory of the simulated machine: memory files, made when they are first needed.

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::uio::{pread, pwrite};
use nix::unistd::ftruncate;
use parking_lot::Mutex;
use std::collections::HashSet;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A stretch of a store that the simulator pays for as a whole once anything is written there, in bytes.
const CHUNK: u64 = 2 << 20;

/// An amount of something of which there is only so much.
pub(crate) struct Budget {
    left: AtomicU64,
}

impl Budget {
    pub(crate) fn new(amount: u64) -> Arc<Self> {
        Arc::new(Self { left: AtomicU64::new(amount) })
    }

    /// Takes some of it, if there is that much.
    pub(crate) fn take(&self, amount: u64) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(amount)).is_ok()
    }

    pub(crate) fn give_back(&self, amount: u64) {
        self.left.fetch_add(amount, Ordering::Relaxed);
    }

    pub(crate) fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }
}

/// Memory of the machine.
pub(crate) struct Store {
    length: u64,
    file: OnceLock<Option<Arc<OwnedFd>>>,
    /// How much of this kind of memory the machine has.
    machine: Arc<Budget>,
    /// How much the simulator itself may fill. What a guest writes is the guest's own.
    host: Arc<Budget>,
    filled: Mutex<HashSet<u64>>,
}

impl Store {
    /// Memory that is all zero; `None` if the machine has not that much left.
    pub(crate) fn new(length: u64, machine: &Arc<Budget>, host: &Arc<Budget>) -> Option<Self> {
        machine.take(length).then(|| Self {
            length,
            file: OnceLock::new(),
            machine: machine.clone(),
            host: host.clone(),
            filled: Mutex::default(),
        })
    }

    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    pub(crate) fn descriptor(&self) -> Option<Arc<OwnedFd>> {
        let make = || sparse(c"nvidia-memory", self.length).ok().map(Arc::new);
        self.file.get_or_init(make).clone()
    }

    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> bool {
        match self.file.get() {
            // Nobody can have written to it.
            None => {
                into.fill(0);
                true
            }
            Some(file) => file.as_ref().is_some_and(|file| read_all(file, offset, into)),
        }
    }

    pub(crate) fn write(&self, offset: u64, bytes: &[u8]) -> bool {
        self.pay(offset, bytes.len() as u64) && self.descriptor().is_some_and(|file| write_all(&file, offset, bytes))
    }

    fn pay(&self, offset: u64, len: u64) -> bool {
        let last = offset.saturating_add(len.saturating_sub(1)) / CHUNK;
        let mut filled = self.filled.lock();
        (offset / CHUNK..=last).all(|chunk| {
            if filled.contains(&chunk) {
                return true;
            }
            let paid = self.host.take(CHUNK);
            if paid {
                filled.insert(chunk);
            }
            paid
        })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.machine.give_back(self.length);
        self.host.give_back(self.filled.get_mut().len() as u64 * CHUNK);
    }
}

/// A memory file of that length, which nobody can change, without any memory yet.
fn sparse(name: &std::ffi::CStr, length: u64) -> Result<OwnedFd, Errno> {
    let length = length.next_multiple_of(super::PAGE).try_into().map_err(|_| Errno::EFBIG)?;
    let file = memfd_create(name, MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING)?;
    ftruncate(&file, length)?;
    let seals = SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
    Ok(file)
}

fn read_all(file: &impl AsFd, mut offset: u64, mut into: &mut [u8]) -> bool {
    while !into.is_empty() {
        match pread(file, into, offset as i64) {
            Ok(len @ 1..) => {
                into = &mut into[len..];
                offset += len as u64;
            }
            Err(Errno::EINTR) => {}
            _ => return false,
        }
    }
    true
}

fn write_all(file: &impl AsFd, mut offset: u64, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        match pwrite(file, bytes, offset as i64) {
            Ok(len @ 1..) => {
                bytes = &bytes[len..];
                offset += len as u64;
            }
            Err(Errno::EINTR) => {}
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_zero_then_what_was_written_and_goes_back_to_the_machine() {
        let (machine, host) = (Budget::new(1 << 30), Budget::new(4 << 20));
        let store = Store::new(1 << 20, &machine, &host).unwrap();
        let mut bytes = [1; 4];
        assert!(store.read(0, &mut bytes) && bytes == [0; 4]);
        assert!(store.write(4094, b"abcd") && store.read(4094, &mut bytes) && &bytes == b"abcd");
        assert_eq!((machine.left(), host.left()), ((1 << 30) - (1 << 20), 2 << 20));
        drop(store);
        assert_eq!((machine.left(), host.left()), (1 << 30, 4 << 20));
    }

    #[test]
    fn a_machine_has_only_so_much_memory_and_the_host_pays_for_less() {
        let (machine, host) = (Budget::new(64 << 20), Budget::new(4 << 20));
        assert!(Store::new(65 << 20, &machine, &host).is_none());
        let store = Store::new(64 << 20, &machine, &host).unwrap();
        assert!(store.write(0, b"x") && store.write(63 << 20, b"x"));
        assert!(!store.write(32 << 20, b"x"));
    }

    #[test]
    fn a_guest_cannot_change_the_length_of_a_memory_file() {
        let file = sparse(c"test", 8192).unwrap();
        assert_eq!(ftruncate(&file, 4096), Err(Errno::EPERM));
        assert_eq!(ftruncate(&file, 1 << 30), Err(Errno::EPERM));
    }
}
