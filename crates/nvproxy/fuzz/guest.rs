//! A guest of the fuzzer's: memory made of the input, and a few files.

use crate::host::{HOST_BASE, HOST_FD, HostFile};
use nix::errno::Errno;
use nvproxy::{Fault, GuestFile, GuestFiles, GuestMemory, Lending, Mapped};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

/// Where its memory begins.
pub const BASE: u64 = 0x1_0000;
/// How much there is of it, in bytes.
pub const SIZE: usize = 1 << 16;

/// The byte that all markers of the host have, which no guest has.
pub const MARK: u8 = 0xed;

pub struct Memory {
    bytes: RefCell<Vec<u8>>,
    pub writes: Cell<usize>,
    /// After so many accesses, it is gone.
    pub left: Cell<u32>,
}

impl Memory {
    /// Memory that repeats these bytes.
    pub fn of(pattern: &[u8]) -> Self {
        let pattern = if pattern.is_empty() { &[0] } else { pattern };
        let bytes = pattern.iter().cycle().take(SIZE).map(|byte| unmarked(*byte)).collect();
        Self { bytes: RefCell::new(bytes), writes: Cell::new(0), left: Cell::new(u32::MAX) }
    }

    pub fn put(&self, address: u64, bytes: &[u8]) {
        let start = (address - BASE) as usize;
        if let Some(place) = self.bytes.borrow_mut().get_mut(start..start + bytes.len()) {
            place.iter_mut().zip(bytes).for_each(|(place, byte)| *place = unmarked(*byte));
        }
    }

    fn access(&self, address: u64, len: usize) -> Result<usize, Fault> {
        self.left.set(self.left.get().checked_sub(1).ok_or(Fault)?);
        let start = usize::try_from(address.checked_sub(BASE).ok_or(Fault)?).map_err(|_| Fault)?;
        if start.checked_add(len).is_some_and(|end| end <= SIZE) { Ok(start) } else { Err(Fault) }
    }
}

/// A byte that no marker has.
pub fn unmarked(byte: u8) -> u8 {
    if byte == MARK { MARK - 1 } else { byte }
}

impl GuestMemory for Memory {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        let start = self.access(address, into.len())?;
        into.copy_from_slice(&self.bytes.borrow()[start..start + into.len()]);
        Ok(())
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        // Looked for first because a block may be long, and the search for one byte is not instrumented.
        let marked = if bytes.contains(&MARK) { bytes } else { &[] };
        for window in marked.windows(4) {
            let word = u32::from_le_bytes([window[0], window[1], window[2], window[3]]);
            assert_ne!(word, (HOST_BASE >> 32) as u32, "an address of the host's at {address:#x}");
            assert_ne!(word & 0xffff_0000, HOST_FD as u32, "a descriptor of the host's at {address:#x}");
        }
        let start = self.access(address, bytes.len())?;
        self.bytes.borrow_mut()[start..start + bytes.len()].copy_from_slice(bytes);
        self.writes.set(self.writes.get() + 1);
        Ok(())
    }

    fn lend(&self, address: u64, length: u64, _: bool) -> Result<Lending, Errno> {
        assert!(address % 4096 == 0 && length % 4096 == 0 && length > 0);
        match address >> 12 & 3 {
            0 => Err(Errno::ENOSYS),
            1 => Ok(Lending::Native),
            _ => Ok(Lending::Mapped(Box::new(Loan))),
        }
    }
}

struct Loan;

impl Mapped for Loan {
    fn address(&self) -> u64 {
        HOST_BASE + 0x77_0000
    }
}

/// Its files, by small numbers.
#[derive(Default)]
pub struct Files(pub RefCell<HashMap<i32, GuestFile<HostFile>>>);

impl GuestFiles<HostFile> for Files {
    fn get(&self, descriptor: i32) -> Option<GuestFile<HostFile>> {
        let files = self.0.borrow();
        files.get(&descriptor).map(|file| GuestFile { file: file.file.clone(), host: file.host })
    }

    fn hold(&self, id: u64) -> Option<GuestFile<HostFile>> {
        let files = self.0.borrow();
        let file = files.values().find(|file| file.file.id() == id)?;
        Some(GuestFile { file: file.file.clone(), host: file.host })
    }

    fn install(&self, file: GuestFile<HostFile>) -> Result<i32, Errno> {
        let mut files = self.0.borrow_mut();
        let number = (0..20).find(|number| !files.contains_key(number)).ok_or(Errno::EMFILE)?;
        files.insert(number, file);
        Ok(number)
    }

    fn remove(&self, descriptor: i32) {
        self.0.borrow_mut().remove(&descriptor);
    }
}
