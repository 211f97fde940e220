//! Memory that guests lent, by the addresses that the simulator gave it.

use super::GuestMemory;
use nvproxy::Mapped;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where lent memory begins in the pretended address space of the issuing process.
const FIRST: u64 = 0x6e76_6c00_0000_0000;

/// As much memory as is lent at once, in bytes.
const LONGEST: u64 = 1 << 47;

struct Loan {
    memory: Arc<dyn GuestMemory>,
    address: u64,
    length: u64,
}

#[derive(Default)]
struct Table {
    /// So many bytes of that address space were given to loans, since the beginning.
    lent: u64,
    loans: BTreeMap<u64, Loan>,
}

/// Every memory that is lent now.
#[derive(Clone, Default)]
pub(crate) struct Loans(Arc<Mutex<Table>>);

impl Loans {
    /// Takes note of a loan, until the result is dropped. `None` of one that is too large.
    pub(crate) fn add(&self, memory: Arc<dyn GuestMemory>, address: u64, length: u64) -> Option<Box<dyn Mapped>> {
        let length = Some(length).filter(|length| *length <= LONGEST)?;
        let pages = length.next_multiple_of(super::PAGE).max(super::PAGE);
        let mut table = self.0.lock();
        let token = FIRST.checked_add(table.lent)?;
        let end = token.checked_add(pages)?;
        table.lent = end - FIRST;
        table.loans.insert(token, Loan { memory, address, length });
        Some(Box::new(Token { loans: self.clone(), token }))
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl GuestMemory for Nothing {
        fn read_at(&self, _: u64, _: &mut [u8]) -> bool {
            false
        }

        fn write_at(&self, _: u64, _: &[u8]) -> bool {
            false
        }
    }

    #[test]
    fn loans_that_are_too_large_are_not_made() {
        let loans = Loans::default();
        let add = |length| loans.add(Arc::new(Nothing), 0, length).map(|token| token.address());
        assert_eq!((add(u64::MAX), add(LONGEST + 1)), (None, None));
        assert_eq!((add(LONGEST), add(1)), (Some(FIRST), Some(FIRST + LONGEST)));
        assert!(loans.find(FIRST + LONGEST, 1).is_none(), "it was given back");
    }
}
