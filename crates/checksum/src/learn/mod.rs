//! Learning a driver release: from its headers to a release pack ([`nvproxy::pack`]).
//!
//! The checks of `parity-test` compare every entry of this build's tables with the release's headers. An unchanged entry
//! goes into the pack unchanged. For a changed struct the pack has the new size and the offsets of the fields that the
//! row names, if these fields still are what the row says of them and nothing else in the struct may need translation.
//! Everything else is left out, with the reason.

mod ancestor;
mod rows;
mod source;

pub use ancestor::{ancestor_by_number, ancestor_in};
pub use source::{Source, SourceError};

use nvproxy::abi::{Abi, Table};
use nvproxy::pack::{Entry, LeftOut, Pack, PackError};
use nvproxy::printable::{printable, printable_list};
use rows::Known;
use std::collections::{BTreeMap, BTreeSet};
use version_tree::{DriverVersion, Tree};

/// Why a pack leaves out a number that means the GPU's firmware and that no compiled row has.
pub const NO_ROW: &str = "this build has no row for it";

/// What was learnt.
#[derive(Debug)]
pub struct Learned {
    /// The pack.
    pub pack: Pack,
    /// The tables that come of it.
    pub abi: Abi,
    /// How many entries are exactly as the ancestor has them.
    pub unchanged: usize,
    /// Those that are exactly as another release has them.
    pub known: Vec<(Table, String, DriverVersion)>,
    /// Those whose parameters are laid out anew.
    pub relaid: Vec<(Table, String)>,
    /// Entries and numbers of the ancestor's that the release does not have.
    pub gone: Vec<(Table, String)>,
    /// What the release has and the pack leaves out.
    pub left_out: Vec<LeftOut>,
}

/// Why nothing was learnt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LearnError {
    /// The tree does not have the ancestor, or this process applied too many packs.
    #[error("{0}")]
    Pack(#[from] PackError),
    /// nvproxy would not read what was learnt.
    #[error("the pack of {release} could not be read again: {why}")]
    Unreadable {
        /// The release.
        release: DriverVersion,
        /// Why.
        why: PackError,
    },
    /// The driver takes ioctls apart in another way than this build.
    #[error("{release} cannot be learnt by this build: {}", printable_list(.findings))]
    Foreign {
        /// The release.
        release: DriverVersion,
        /// What differs.
        findings: Vec<String>,
    },
}

/// Learns a release from its sources: what it has of the entries that compiled tables have at `ancestor`, and of those
/// that they have at any other release.
///
/// # Errors
/// Nothing can be learnt. What concerns single entries is left out of the pack, by name.
pub fn learn(
    tree: &Tree,
    release: DriverVersion,
    ancestor: DriverVersion,
    source: &Source,
) -> Result<Learned, LearnError> {
    let base = Abi::compose(tree, ancestor).map_err(PackError::Ancestor)?;
    let known = Known::of(tree);
    let headers = rows::Headers::new(release, source);
    let foreign = headers.envelope();
    if !foreign.is_empty() {
        return Err(LearnError::Foreign { release, findings: foreign });
    }
    let mut pack = Pack::new(release, ancestor);
    for (table, row) in base.rows() {
        let entry = match headers.entry(table, row, known.others(table, row)) {
            Ok(entry) => entry,
            Err(why) => Entry::left_out(row.number, printable(&why)),
        };
        pack.tables[table as usize].insert(row.name.to_owned(), entry);
    }
    // What the release has and its ancestor has not, or has under another number, another branch may have had first.
    for (table, from, row) in known.rows() {
        let base = base.table(table);
        if base.get(row.number).is_none()
            && base.iter().all(|base| base.name != row.name || base.capabilities == row.capabilities)
            && let Some(entry) = headers.came(table, from, row)
        {
            let entries = &mut pack.tables[table as usize];
            let taken = entries.iter().any(|(name, known)| name != row.name && known.number == row.number);
            // Of several forms the one that fits counts.
            if !taken && entries.get(row.name).is_none_or(|known| known.left_out.is_some()) {
                entries.insert(row.name.to_owned(), entry);
            }
        }
    }
    leave_out(&mut pack.tables[Table::Control as usize], source.for_firmware());
    // What does not fit the compiled rows after all is said in the pack, too.
    for left in pack.apply(tree)?.left_out() {
        if let Some(entry) = pack.tables[left.table as usize].get_mut(&left.name)
            && entry.number == left.number
        {
            *entry = Entry::left_out(left.number, left.why.clone());
        }
    }
    pack.tables.iter_mut().for_each(one_name_each);
    // What others get is the text.
    let pack = Pack::parse(&pack.to_text()).map_err(|why| LearnError::Unreadable { release, why })?;
    let abi = pack.apply(tree)?;
    let (mut unchanged, mut as_known, mut relaid) = (0, Vec::new(), Vec::new());
    for (table, row) in abi.rows() {
        let like = pack.tables[table as usize].get(row.name).and_then(|entry| entry.like);
        match like {
            _ if known.of_number(table, row.number).all(|known| known != row) => {
                relaid.push((table, row.name.to_owned()));
            }
            Some(release) => as_known.push((table, row.name.to_owned(), release)),
            None => unchanged += 1,
        }
    }
    let is_gone = |left: &LeftOut| {
        let served = abi.table(left.table).iter().any(|row| row.name == left.name);
        let mut rows = base.table(left.table).iter().filter(|row| row.name == left.name);
        served || rows.any(|row| !headers.defines(left.table, row))
    };
    let (gone, left_out): (Vec<LeftOut>, _) = abi.left_out().iter().cloned().partition(is_gone);
    let gone = gone.into_iter().map(|left| (left.table, left.name)).collect();
    Ok(Learned { pack, abi, unchanged, known: as_known, relaid, gone, left_out })
}

/// Leaves out the numbers of the release that mean the GPU's firmware and that no compiled row has: the proxy passes such
/// a number on as bytes unless it knows it, but these are commands of the resource manager.
fn leave_out(entries: &mut BTreeMap<String, Entry>, for_firmware: BTreeMap<u32, Option<String>>) {
    let known: BTreeSet<u32> = entries.values().map(|entry| entry.number).collect();
    let is_plain = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    for (number, name) in for_firmware.into_iter().filter(|(number, _)| !known.contains(number)) {
        // The entry of that name may be another number's.
        let name = name.filter(|name| is_plain(name) && !entries.contains_key(name));
        let name = name.unwrap_or_else(|| format!("UNKNOWN_CONTROL_COMMAND_{number:08X}"));
        entries.insert(name, Entry::left_out(number, NO_ROW));
    }
}

/// Takes out all but one of the entries that have a number: a pack with two would not be read. One that is let through
/// stays, if there is one.
fn one_name_each(entries: &mut BTreeMap<String, Entry>) {
    let mut names: Vec<(u32, bool, &String)> =
        entries.iter().map(|(name, entry)| (entry.number, entry.left_out.is_some(), name)).collect();
    names.sort_unstable();
    let second = names.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].2.clone());
    for name in second.collect::<Vec<String>>() {
        entries.remove(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_names_of_a_number_the_second_is_left_out() {
        let of = |number| Entry { number, ..Entry::default() };
        let mut entries = BTreeMap::from([
            ("A".to_owned(), Entry::left_out(1, "it changed")),
            ("B".to_owned(), of(1)),
            ("C".to_owned(), of(2)),
            ("D".to_owned(), of(2)),
            ("E".to_owned(), of(3)),
        ]);
        one_name_each(&mut entries);
        assert_eq!(entries.keys().collect::<Vec<_>>(), ["B", "C", "E"]);
    }

    #[test]
    fn numbers_that_mean_the_firmware_and_have_no_entry_are_left_out() {
        let name = |name: &str| Some(name.to_owned());
        let mut entries = BTreeMap::from([
            ("NV2080_CTRL_CMD_HERE".to_owned(), Entry { number: 0x2080_8001, ..Entry::default() }),
            ("NV2080_CTRL_CMD_MOVED".to_owned(), Entry::left_out(0x2080_8002, "its number changed")),
        ]);
        let before = entries.clone();
        let numbers = [
            (0x2080_8001, name("NV2080_CTRL_CMD_HERE")),
            (0x2080_8002, name("NV2080_CTRL_CMD_OTHER")),
            (0x2080_8003, name("NV2080_CTRL_CMD_MOVED")),
            (0x2080_8004, name("NV2080_CTRL_CMD_NEW")),
            (0x2080_8005, None),
        ];
        leave_out(&mut entries, numbers.into());
        let mut expected = before;
        for (name, number) in [
            ("UNKNOWN_CONTROL_COMMAND_20808003", 0x2080_8003),
            ("NV2080_CTRL_CMD_NEW", 0x2080_8004),
            ("UNKNOWN_CONTROL_COMMAND_20808005", 0x2080_8005),
        ] {
            expected.insert(name.to_owned(), Entry::left_out(number, NO_ROW));
        }
        assert_eq!(entries, expected);
    }
}
