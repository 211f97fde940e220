//! What the proxy needs of the runtime that a guest lives in: its memory and its files.

use crate::File;
use nix::errno::Errno;
use std::sync::Arc;

/// Part of a guest's address space cannot be read or written as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the guest's memory cannot be accessed there")]
pub struct Fault;

/// The memory of the guest that makes a call.
///
/// The proxy reads every byte at most once in a call, so that what it decides on is what the driver gets, whatever
/// other threads of the guest write meanwhile.
///
/// ```
/// use nvproxy::{Fault, GuestMemory};
/// use std::sync::Mutex;
///
/// /// One page, at 0x1000.
/// struct Page(Mutex<[u8; 4096]>);
///
/// impl GuestMemory for Page {
///     fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
///         let start = address.checked_sub(0x1000).ok_or(Fault)? as usize;
///         let end = start.checked_add(into.len()).ok_or(Fault)?;
///         into.copy_from_slice(self.0.lock().unwrap().get(start..end).ok_or(Fault)?);
///         Ok(())
///     }
///
///     fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
///         let start = address.checked_sub(0x1000).ok_or(Fault)? as usize;
///         let end = start.checked_add(bytes.len()).ok_or(Fault)?;
///         self.0.lock().unwrap().get_mut(start..end).ok_or(Fault)?.copy_from_slice(bytes);
///         Ok(())
///     }
/// }
/// ```
pub trait GuestMemory {
    /// Copies from the guest's memory; all or nothing.
    ///
    /// # Errors
    /// Any of the bytes cannot be read by the guest.
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault>;

    /// Copies to the guest's memory.
    ///
    /// # Errors
    /// Any of the bytes cannot be written by the guest.
    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault>;

    /// Copies several blocks to the guest's memory, in this order, up to the first that cannot be written whole. A
    /// runtime for which each write is a call of its own makes one of them.
    ///
    /// # Errors
    /// Any of the bytes cannot be written by the guest.
    fn write_all(&self, blocks: &[(u64, &[u8])]) -> Result<(), Fault> {
        blocks.iter().try_for_each(|(address, bytes)| self.write(*address, bytes))
    }

    /// Makes memory of the guest available to the driver for as long as the result lives, for an object that stands
    /// for it (`NV01_MEMORY_SYSTEM_OS_DESCRIPTOR`). The driver pins the pages of the *issuing* process: see
    /// kernel-open/nvidia/os-mlock.c:os_lock_user_pages().
    ///
    /// `address` is page-aligned, `length` a multiple of the page size and not 0. A runtime that cannot do it leaves
    /// it unsupported.
    ///
    /// # Errors
    /// `ENOSYS` by default; whatever the runtime answers is the guest's answer.
    fn lend(&self, address: u64, length: u64, writable: bool) -> Result<Lending, Errno> {
        let _ = (address, length, writable);
        Err(Errno::ENOSYS)
    }
}

/// How memory of the guest becomes the driver's.
pub enum Lending {
    /// The same pages are mapped in the issuing process, from [`Mapped::address`] on.
    Mapped(Box<dyn Mapped>),
    /// The guest itself may issue the call it was about to make, unchanged: [`Outcome::Native`](crate::Outcome).
    Native,
}

/// A mapping of the guest's memory in the process that issues calls to the driver. Dropping it takes it away; that
/// happens when the driver's object is freed, never while the proxy holds a lock.
pub trait Mapped: Send + Sync {
    /// Where it begins.
    fn address(&self) -> u64;
}

/// A file of the guest, with what stands behind it on the host.
#[derive(Debug)]
pub struct GuestFile<F> {
    /// What the proxy knows of it. The same for all descriptors of the guest that share an open file description.
    pub file: Arc<File>,
    /// The file of the host: kept open by the runtime, or a duplicate for this call only.
    pub host: F,
}

/// The files of the guest that makes a call, by its own descriptors.
pub trait GuestFiles<F> {
    /// The file behind a descriptor, if the runtime opened it for the guest.
    fn get(&self, descriptor: i32) -> Option<GuestFile<F>>;

    /// Gives the guest a new descriptor, close-on-exec.
    ///
    /// # Errors
    /// `EMFILE`, or whatever else keeps the guest from having another descriptor.
    fn install(&self, file: GuestFile<F>) -> Result<i32, Errno>;

    /// A file of the guest's sandbox by its [`id`](File::id), whichever process of the guest has it open: `None` if the
    /// runtime does not find a descriptor of it, or the guest closed it. The driver keeps the file, and the clients made
    /// on it, at least until the result is dropped.
    ///
    /// The proxy asks for the file of a client that a call names and the driver does not check: once the file is closed,
    /// the driver may give the client's handle to another sandbox.
    fn hold(&self, file: u64) -> Option<GuestFile<F>>;

    /// Takes back a descriptor that [`install`](Self::install) gave, because the guest could not be told of it.
    fn remove(&self, descriptor: i32);
}
