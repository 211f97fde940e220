//! What entries there are at any release that this build knows: their names and numbers.
//!
//! A release pack is held against this: a number that any release has never counts as one of which nothing is known.

use super::{Table, base, releases};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One of the tables, at all releases together.
#[derive(Debug, Default)]
struct Anywhere {
    /// Sorted.
    numbers: Vec<u32>,
    /// The numbers that each name stood for, the oldest first.
    names: BTreeMap<&'static str, Vec<u32>>,
}

static ANYWHERE: LazyLock<[Anywhere; 4]> = LazyLock::new(|| {
    let mut all: [Anywhere; 4] = Default::default();
    let mut add = |table: Table, name: &'static str, number: u32| {
        let Anywhere { numbers, names } = &mut all[table as usize];
        numbers.push(number);
        let of_name = names.entry(name).or_default();
        if !of_name.contains(&number) {
            of_name.push(number);
        }
    };
    for table in Table::ALL {
        base::TABLES[table as usize].iter().for_each(|row| add(table, row.name, row.number));
    }
    for change in releases::RELEASES.iter().flat_map(|(_, changes)| *changes).copied().flatten() {
        add(change.table(), change.name(), change.number());
    }
    for table in &mut all {
        table.numbers.sort_unstable();
        table.numbers.dedup();
    }
    all
});

/// Whether any release has an entry of that number.
pub(crate) fn has_number(table: Table, number: u32) -> bool {
    ANYWHERE[table as usize].numbers.binary_search(&number).is_ok()
}

/// The numbers that a name stands for at any release, the oldest first.
pub(crate) fn numbers_of(table: Table, name: &str) -> &'static [u32] {
    ANYWHERE[table as usize].names.get(name).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::super::{Abi, Table};
    use super::*;
    use version_tree::Tree;

    #[test]
    fn every_row_of_every_release_is_there_and_nothing_else() {
        let mut found: [Vec<u32>; 4] = Default::default();
        for release in Tree::embedded() {
            for (table, row) in Abi::compose(Tree::embedded(), release.version).unwrap().rows() {
                assert!(has_number(table, row.number), "{}", row.name);
                assert!(numbers_of(table, row.name).contains(&row.number), "{}", row.name);
                found[table as usize].push(row.number);
            }
        }
        for table in Table::ALL {
            let mut found = std::mem::take(&mut found[table as usize]);
            found.sort_unstable();
            found.dedup();
            assert_eq!(found, ANYWHERE[table as usize].numbers);
        }
        assert!(!has_number(Table::Control, 0x2080_7777) && numbers_of(Table::Uvm, "UVM_NOTHING").is_empty());
    }
}
