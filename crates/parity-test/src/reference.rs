//! The tables against an independent record of what a proxy lets through: `testdata/reference/gvisor.tsv`.

use crate::Proxy;
use crate::deviations::{Deviation, Differs};
use crate::proxy::subject;
use nvproxy::abi::{Capabilities, Row, Table};
use std::collections::{BTreeMap, BTreeSet};
use version_tree::DriverVersion;

/// The record, of which the file says where it comes from.
pub const TEXT: &str = include_str!("../testdata/reference/gvisor.tsv");

/// An entry of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The ioctl, command or class.
    pub number: u32,
    /// Whether its parameters are passed as they are.
    pub simple: bool,
    /// Who may use it.
    pub capabilities: Capabilities,
    /// NVIDIA's names of its structs.
    pub structs: Vec<String>,
}

/// The entries of one release, by table and NVIDIA's name.
pub type Entries = BTreeMap<(Table, String), Entry>;

/// The record, composed: what each of its releases has.
///
/// # Errors
/// The number of a line that cannot be read, and the line.
pub fn parse(text: &str) -> Result<BTreeMap<DriverVersion, Entries>, String> {
    let mut releases: BTreeMap<DriverVersion, Entries> = BTreeMap::new();
    let mut at = None;
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let wrong = || format!("line {}: {line}", index + 1);
        let fields: Vec<&str> = line.split('\t').collect();
        if let ["release", version, parent] = fields[..] {
            let version: DriverVersion = version.parse().map_err(|_| wrong())?;
            let inherited = match parent {
                "-" => Entries::new(),
                _ => releases.get(&parent.parse().map_err(|_| wrong())?).ok_or_else(wrong)?.clone(),
            };
            releases.insert(version, inherited);
            at = Some(version);
        } else {
            let entries = at.and_then(|version| releases.get_mut(&version)).ok_or_else(wrong)?;
            change(entries, &fields).ok_or_else(wrong)?;
        }
    }
    Ok(releases)
}

/// Applies one line; None if it makes no sense.
fn change(entries: &mut Entries, fields: &[&str]) -> Option<()> {
    let table = Table::ALL.into_iter().find(|table| table.as_str() == fields[1])?;
    match *fields {
        ["remove", _, name] => entries.remove(&(table, name.to_string())).map(drop),
        ["set", _, number, name, handling, capabilities, structs] => {
            let key = (table, name.to_string());
            let before = entries.get(&key);
            let entry = Entry {
                number: u32::from_str_radix(number.strip_prefix("0x")?, 16).ok()?,
                simple: match handling {
                    "=" => before?.simple,
                    "simple" => true,
                    "translated" => false,
                    _ => return None,
                },
                capabilities: if capabilities == "=" { before?.capabilities } else { named(capabilities)? },
                structs: items(structs).map(ToString::to_string).collect(),
            };
            entries.insert(key, entry);
            Some(())
        }
        _ => None,
    }
}

fn items(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter(|item| *item != "-")
}

fn named(list: &str) -> Option<Capabilities> {
    let one = |name: &str| Capabilities::all().iter().find(|one| one.names().eq([name]));
    items(list).map(one).collect()
}

/// What a release's rows say otherwise than the record. `later` are the entries that the record has at later releases
/// only: those the tables may have earlier, because an entry is here as soon as the headers define it.
///
/// The deviations that were needed go to `used`, by their index.
pub fn check(
    proxy: &Proxy,
    theirs: &Entries,
    later: &BTreeSet<(Table, String)>,
    deviations: &[Deviation],
    used: &mut BTreeSet<usize>,
) -> (usize, Vec<String>) {
    let mut findings = Vec::new();
    let version = proxy.version;
    let mut report = |name: &str, differs: Differs, what: String| {
        let known = deviations.iter().position(|d| d.name == name && d.differs == differs && d.concerns(version));
        match known {
            Some(index) => drop(used.insert(index)),
            None => findings.push(format!("{version}: {what}")),
        }
    };
    let ours: BTreeMap<(Table, &str), &Row> = proxy.rows.iter().map(|(table, row)| ((*table, row.name), row)).collect();
    let mut compared = 0;
    for ((table, name), theirs) in theirs {
        let Some(row) = ours.get(&(*table, name.as_str())) else {
            report(name, Differs::Missing, format!("{} {name}: missing, the record has it", table.as_str()));
            continue;
        };
        compared += 1;
        for (differs, what) in differences(row, theirs) {
            report(name, differs, format!("{}: {what}", subject(*table, row)));
        }
    }
    for (table, row) in &proxy.rows {
        let key = (*table, row.name.to_string());
        if !theirs.contains_key(&key) && !later.contains(&key) {
            report(row.name, Differs::Extra, format!("{}: the record does not have it", subject(*table, row)));
        }
    }
    (compared, findings)
}

fn differences(row: &Row, theirs: &Entry) -> Vec<(Differs, String)> {
    let mut found = Vec::new();
    if row.number != theirs.number {
        found.push((Differs::Number, format!("the record says number {:#x}", theirs.number)));
    }
    if row.capabilities != theirs.capabilities {
        let names = |capabilities: Capabilities| capabilities.names().collect::<Vec<_>>().join(", ");
        let (ours, theirs) = (names(row.capabilities), names(theirs.capabilities));
        found.push((Differs::Capabilities(row.capabilities), format!("for {ours}, the record says {theirs}")));
    }
    if !row.structs().eq(theirs.structs.iter().map(String::as_str)) {
        let ours: Vec<&str> = row.structs().collect();
        let what = format!("passes {}, the record says {}", ours.join(", "), theirs.structs.join(", "));
        found.push((Differs::Structs, what));
    }
    // The other way round ours merely is the stricter.
    if row.handling.is_simple() && !theirs.simple {
        found.push((Differs::Handling, "passed as it is, the record says it must be translated".into()));
    }
    found
}

/// The entries that the record has only at releases later than this one.
pub fn later(releases: &BTreeMap<DriverVersion, Entries>, version: DriverVersion) -> BTreeSet<(Table, String)> {
    let later = releases.iter().filter(|(release, _)| **release > version);
    later.flat_map(|(_, entries)| entries.keys().cloned()).collect()
}

/// The deviations that nothing needed.
pub fn stale(deviations: &[Deviation], used: &BTreeSet<usize>) -> Vec<String> {
    let unused = deviations.iter().enumerate().filter(|(index, _)| !used.contains(index));
    unused.map(|(_, d)| format!("deviation {} {:?}: no release needs it", d.name, d.differs)).collect()
}
