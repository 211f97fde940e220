//! Addresses of a GPU, and what memory they lead to.

use crate::memory::Memory;
use crate::uvm::Managed;
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

/// Part of a memory object at an address.
#[derive(Clone)]
pub(crate) struct Mapping {
    pub length: u64,
    pub memory: Arc<Memory>,
    pub offset: u64,
}

/// As many mappings as one address space can have: a guest must not make the simulator remember any number.
const MOST_MAPPINGS: usize = 1 << 20;

/// Mappings by address.
#[derive(Default)]
pub(crate) struct Mappings(BTreeMap<u64, Mapping>);

impl Mappings {
    /// Puts a mapping over whatever was there, like a page table does; `false` for what is no range of addresses.
    pub(crate) fn add(&mut self, address: u64, mapping: Mapping) -> bool {
        let fits = mapping.length > 0
            && address.checked_add(mapping.length).is_some()
            && mapping.offset.checked_add(mapping.length).is_some_and(|end| end <= mapping.memory.len());
        if !fits || self.0.len() >= MOST_MAPPINGS {
            return false;
        }
        self.remove(address, mapping.length);
        self.0.insert(address, mapping);
        true
    }

    /// Takes away what is mapped there, cutting what reaches beyond.
    pub(crate) fn remove(&mut self, address: u64, length: u64) {
        let end = address.saturating_add(length);
        let first = self.0.range(..address).next_back().map(|(start, mapping)| (*start, mapping.clone()));
        let mut back = Vec::new();
        if let Some((start, mapping)) = first
            && start + mapping.length > address
        {
            back.push((start, Mapping { length: address - start, ..mapping.clone() }));
            back.push((start, mapping));
        }
        let whole: Vec<u64> = self.0.range(address..end).map(|(start, _)| *start).collect();
        for start in whole {
            if let Some(mapping) = self.0.remove(&start) {
                back.push((start, mapping));
            }
        }
        for (start, mapping) in back {
            let stop = start + mapping.length;
            if stop <= address {
                self.0.insert(start, mapping);
            } else if stop > end {
                let cut = end - start;
                let rest = Mapping { length: stop - end, offset: mapping.offset + cut, memory: mapping.memory };
                self.0.insert(end, rest);
            }
        }
    }

    /// What is mapped at an address, from there on; else how far nothing is.
    fn find(&self, address: u64) -> Result<Mapping, u64> {
        if let Some((start, mapping)) = self.0.range(..=address).next_back() {
            let into = address - start;
            if into < mapping.length {
                return Ok(Mapping {
                    length: mapping.length - into,
                    offset: mapping.offset + into,
                    memory: mapping.memory.clone(),
                });
            }
        }
        Err(self.0.range(address..).next().map_or(u64::MAX, |(start, _)| start - address))
    }
}

/// An address space of a GPU.
#[derive(Default)]
pub(crate) struct Space {
    /// What the resource manager mapped.
    pub mapped: RwLock<Mappings>,
    /// The file of `/dev/nvidia-uvm` that the space was registered with.
    pub managed: RwLock<Weak<Managed>>,
}

impl Space {
    /// Copies from there; `false` where not all of it leads to memory.
    pub(crate) fn read(&self, address: u64, into: &mut [u8]) -> bool {
        let mut done = 0;
        self.each(address, into.len() as u64, &mut |target, run| {
            let part = &mut into[done..done + run as usize];
            done += run as usize;
            match target {
                Target::Memory(mapping) => mapping.memory.read(mapping.offset, part),
                Target::Managed(managed, address) => managed.read(address, part),
            }
        })
    }

    /// Copies to there; `false` where not all of it leads to memory.
    pub(crate) fn write(&self, address: u64, bytes: &[u8]) -> bool {
        let mut done = 0;
        self.each(address, bytes.len() as u64, &mut |target, run| {
            let part = &bytes[done..done + run as usize];
            done += run as usize;
            match target {
                Target::Memory(mapping) => mapping.memory.write(mapping.offset, part),
                Target::Managed(managed, address) => managed.write(address, part),
            }
        })
    }

    /// A number of 32 bits.
    pub(crate) fn read32(&self, address: u64) -> Option<u32> {
        let mut bytes = [0; 4];
        self.read(address, &mut bytes).then(|| u32::from_le_bytes(bytes))
    }

    fn each(&self, mut address: u64, mut left: u64, visit: &mut dyn FnMut(Target, u64) -> bool) -> bool {
        if address.checked_add(left).is_none() {
            return false;
        }
        let managed = self.managed.read().upgrade();
        while left > 0 {
            let mut found = self.mapped.read().find(address);
            if let (Err(gap), Some(managed)) = (&found, &managed) {
                // Memory of the resource manager that the client placed itself, else memory of the client's own.
                found = managed.external.read().find(address).map_err(|other| other.min(*gap));
            }
            let (target, run) = match (found, &managed) {
                (Ok(mapping), _) => {
                    let run = mapping.length;
                    (Target::Memory(mapping), run)
                }
                (Err(gap), Some(managed)) => (Target::Managed(managed.clone(), address), gap),
                (Err(_), None) => return false,
            };
            let run = run.min(left);
            if !visit(target, run) {
                return false;
            }
            address += run;
            left -= run;
        }
        true
    }
}

enum Target {
    Memory(Mapping),
    Managed(Arc<Managed>, u64),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Budget, Store};

    fn memory(length: u64) -> Arc<Memory> {
        let budget = Budget::new(1 << 30);
        Arc::new(Memory::Store(Store::new(length, &budget, &budget).unwrap()))
    }

    #[test]
    fn reading_and_writing_cross_from_one_mapping_to_the_next() {
        let (space, a, b) = (Space::default(), memory(4096), memory(8192));
        let map = |address, memory: &Arc<Memory>, offset| {
            let mapping = Mapping { length: 4096, memory: memory.clone(), offset };
            space.mapped.write().add(address, mapping)
        };
        assert!(map(0x10000, &a, 0) && map(0x11000, &b, 4096));
        assert!(space.write(0x10ffe, b"four"));
        let mut bytes = [0; 2];
        assert!(b.read(4096, &mut bytes) && &bytes == b"ur");
        assert!(!space.write(0x11fff, b"ab"), "the last byte is nowhere");
        assert!(!space.read(0x9fff, &mut bytes));
        assert!(!map(0x20000, &a, 1), "it reaches beyond the memory");
    }

    #[test]
    fn unmapping_the_middle_leaves_both_ends() {
        let (mut mappings, memory) = (Mappings::default(), memory(3 * 4096));
        assert!(mappings.add(0, Mapping { length: 3 * 4096, memory, offset: 0 }));
        mappings.remove(4096, 4096);
        assert!(mappings.find(4095).is_ok_and(|mapping| mapping.length == 1));
        assert!(matches!(mappings.find(5000), Err(gap) if gap == 8192 - 5000));
        assert!(mappings.find(8192).is_ok_and(|mapping| mapping.offset == 8192 && mapping.length == 4096));
        mappings.remove(0, u64::MAX);
        assert!(mappings.find(0).is_err());
    }
}
