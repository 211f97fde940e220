//! Memory that guests lent, by the addresses that the simulator gave it.

use super::GuestMemory;
use nvproxy::Mapped;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where lent memory begins in the pretended address space of the issuing process.
const FIRST: u64 = 0x6e76_6c00_0000_0000;

struct Loan {
    memory: Arc<dyn GuestMemory>,
    address: u64,
    length: u64,
}

#[derive(Default)]
struct Table {
    next: u64,
    loans: BTreeMap<u64, Loan>,
}

/// Every memory that is lent now.
#[derive(Clone, Default)]
pub(crate) struct Loans(Arc<Mutex<Table>>);

impl Loans {
    /// Takes note of a loan, until the result is dropped.
    pub(crate) fn add(&self, memory: Arc<dyn GuestMemory>, address: u64, length: u64) -> Box<dyn Mapped> {
        let mut table = self.0.lock();
        let token = FIRST.wrapping_add(table.next);
        table.next = table.next.wrapping_add(length.next_multiple_of(super::PAGE).max(super::PAGE));
        table.loans.insert(token, Loan { memory, address, length });
        Box::new(Token { loans: self.clone(), token })
    }

    /// What was lent as this, if it is that long.
    pub(crate) fn find(&self, token: u64, length: u64) -> Option<super::Memory> {
        let table = self.0.lock();
        let (start, loan) = table.loans.range(..=token).next_back()?;
        let offset = token - start;
        (offset.checked_add(length)? <= loan.length).then(|| super::Memory::Guest {
            memory: loan.memory.clone(),
            address: loan.address.wrapping_add(offset),
            length,
        })
    }
}

struct Token {
    loans: Loans,
    token: u64,
}

impl Mapped for Token {
    fn address(&self) -> u64 {
        self.token
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        let gone = self.loans.0.lock().loans.remove(&self.token);
        drop(gone);
    }
}
