//! The proxy's tables against a release's headers: which entries the release has otherwise than its parent.

use driver_differ::model::{Abi, Domain, Record, base_type};
use nvproxy::abi::{Row, Table};
use parity_test::layouts::{self, Comparison};
use parity_test::numbers::{self, Names};
use parity_test::reviewed::REVIEWED;
use parity_test::{Proxy, indirect, proxy};
use std::collections::{BTreeMap, BTreeSet};
use version_tree::{DriverVersion, Tree, UnknownRelease};

use super::driver::Driver;

/// What the proxy knows of the releases of a tree. A trait, so that tests can take entries away.
pub trait Tables {
    /// Its entries at a release.
    ///
    /// # Errors
    /// The tree does not have the release.
    fn at(&self, tree: &Tree, version: DriverVersion) -> Result<Proxy, UnknownRelease>;
}

/// The tables of this build.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuiltIn;

impl Tables for BuiltIn {
    fn at(&self, tree: &Tree, version: DriverVersion) -> Result<Proxy, UnknownRelease> {
        Proxy::compose(tree, version)
    }
}

/// An entry that a release has otherwise than its parent.
#[derive(Debug, Clone)]
pub struct RowChange {
    /// The table it is in.
    pub table: Table,
    /// What the proxy knows of it before that release; for one that comes back, what it knows at another release.
    pub row: Row,
    /// What became of it.
    pub kind: RowKind,
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowKind {
    /// What it passes looks otherwise.
    Shape {
        /// How, line by line.
        findings: Vec<String>,
    },
    /// What it passes looks the same, and the driver does something else with it.
    Copied {
        /// What, line by line.
        findings: Vec<String>,
    },
    /// What it passes is the same, and has a name of its own now: nobody has to do anything.
    Named {
        /// The name.
        own: String,
    },
    /// It has another number.
    Moved {
        /// The new one.
        to: i128,
    },
    /// The headers define it no more.
    Gone,
    /// The headers define it now, and the proxy knows it from another branch.
    Known {
        /// A release that has it.
        from: DriverVersion,
    },
}

impl RowChange {
    /// What became of it, in a word or two.
    pub fn words(&self) -> &'static str {
        match self.kind {
            RowKind::Shape { .. } => "its parameters changed",
            RowKind::Copied { .. } => "the driver does something else with its parameters",
            RowKind::Named { .. } => "its parameters have a name of their own now, and are the same",
            RowKind::Moved { .. } => "its number changed",
            RowKind::Gone => "is gone",
            RowKind::Known { .. } => "came in, known from another branch",
        }
    }
}

/// Every entry that any release of the tree has, with one release that has it.
pub(super) struct Known {
    names: Names,
    rows: BTreeMap<(Table, &'static str), (DriverVersion, Row)>,
}

impl Known {
    /// Those of all releases of a tree.
    pub(super) fn of(tree: &Tree, tables: &dyn Tables) -> Self {
        let mut rows = BTreeMap::new();
        for proxy in tree.iter().filter_map(|release| tables.at(tree, release.version).ok()) {
            for (table, row) in &proxy.rows {
                // The newest one is the likeliest to fit.
                rows.insert((*table, row.name), (proxy.version, *row));
            }
        }
        Self { names: rows.keys().copied().collect(), rows }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        Table::ALL.into_iter().any(|table| self.rows.keys().any(|key| *key == (table, name)))
    }
}

/// What a release is known by.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a> {
    pub(super) version: DriverVersion,
    pub(super) headers: &'a Abi,
    pub(super) driver: &'a Driver,
}

/// The entries that the release `next` has otherwise than `base`, which `proxy` is of.
pub(super) fn changes(proxy: &Proxy, known: &Known, base: Sources<'_>, next: Sources<'_>) -> Vec<RowChange> {
    let driver =
        |sources: Sources<'_>, table, row: &Row| sources.driver.of_row(sources.version, table, row, sources.headers);
    let drivers = (base, next);
    let (base, next) = (base.headers, next.headers);
    let mut found = Vec::new();
    for &(table, row) in &proxy.rows {
        let (before, after) = (number(table, row.name, base), number(table, row.name, next));
        let mut add = |kind| found.push(RowChange { table, row, kind });
        match (before, after) {
            (Some(_), None) => {
                add(RowKind::Gone);
                continue;
            }
            (before, Some(to)) if before != Some(to) && to != i128::from(row.number) => add(RowKind::Moved { to }),
            _ => {}
        }
        let before = shape(table, &row, base);
        let mut findings: Vec<String> = shape(table, &row, next).into_iter().filter(|f| !before.contains(f)).collect();
        if findings.is_empty() {
            findings = renamed(table, &row, base, next);
        }
        if findings.is_empty()
            && let Some(own) = own_name(table, &row, base, next)
        {
            add(RowKind::Named { own });
        }
        if !findings.is_empty() {
            add(RowKind::Shape { findings });
            continue;
        }
        let before = driver(drivers.0, table, &row);
        let findings: Vec<String> =
            driver(drivers.1, table, &row).into_iter().filter(|f| !before.contains(f)).collect();
        if !findings.is_empty() {
            add(RowKind::Copied { findings });
        }
    }
    for (&(table, name), &(from, row)) in &known.rows {
        let came = number(table, name, base).is_none() && number(table, name, next).is_some();
        if came && proxy.named(table, name).next().is_none() {
            found.push(RowChange { table, row, kind: RowKind::Known { from } });
        }
    }
    found
}

fn number(table: Table, name: &str, headers: &Abi) -> Option<i128> {
    headers.domain(layouts::domain(table)).constants.get(name).copied()
}

/// Where what a row passes is not what the headers say.
fn shape(table: Table, row: &Row, headers: &Abi) -> Vec<String> {
    let mut comparison = Comparison::new(headers.domain(layouts::domain(table)));
    for (name, layout) in proxy::layouts(row) {
        comparison.passed(row.name, layout, name);
    }
    comparison.findings
}

/// The name for an entry's parameters that is made like all such names and that the headers did not have before.
fn own_name(table: Table, row: &Row, base: &Abi, next: &Abi) -> Option<String> {
    let (base, next) = (base.domain(layouts::domain(table)), next.domain(layouts::domain(table)));
    let own = format!("{}_PARAMS", row.name.replacen("_CTRL_CMD_", "_CTRL_", 1));
    let came = record(base, &own).is_none() && record(next, &own).is_some();
    (came && row.structs().all(|passed| passed != own)).then_some(own)
}

/// The records that what a row passes is made of now and was not, or no longer is: those of the same layout that took the
/// place of others.
fn renamed(table: Table, row: &Row, base: &Abi, next: &Abi) -> Vec<String> {
    let (base, next) = (base.domain(layouts::domain(table)), next.domain(layouts::domain(table)));
    let mut findings = Vec::new();
    for (name, _) in proxy::layouts(row) {
        let [mut before, mut after] = [BTreeSet::new(), BTreeSet::new()];
        parts(base, name, &mut before);
        parts(next, name, &mut after);
        findings.extend(after.difference(&before).map(|part| format!("{name}: made of {part} now")));
    }
    findings
}

/// The records that a type is made of, by the names they are defined under.
fn parts<'d>(domain: &'d Domain, name: &'d str, found: &mut BTreeSet<&'d str>) {
    let Some((name, record)) = record(domain, name) else { return };
    if found.insert(name) {
        record.fields.iter().for_each(|field| parts(domain, base_type(&field.ty), found));
    }
}

/// What of `proxy` is not as a release says, as the proxy's own tests would find it.
fn against(proxy: &Proxy, known: &Known, Sources { headers, driver, .. }: Sources<'_>) -> BTreeSet<String> {
    let (_, found) = numbers::check(proxy, &known.names, headers);
    let (_, shapes) = layouts::check(proxy, headers);
    let passed = indirect::check(proxy, REVIEWED, &mut BTreeSet::new());
    let driver = driver.against(proxy, headers);
    found.into_iter().chain(shapes).chain(passed).chain(driver).collect()
}

/// What is left to do about a release: what does not fit its sources, but for what did not fit its parent's either.
pub(super) fn left(
    proxy: &Proxy,
    sources: Sources<'_>,
    parent: Option<(&Proxy, Sources<'_>)>,
    known: &Known,
) -> Vec<String> {
    let before = parent.map(|(proxy, sources)| against(proxy, known, sources)).unwrap_or_default();
    against(proxy, known, sources).into_iter().filter(|finding| !before.contains(finding)).collect()
}

/// The record that a name stands for, after typedefs.
pub(super) fn record<'d>(domain: &'d Domain, name: &'d str) -> Option<(&'d str, &'d Record)> {
    let mut name = name;
    // Typedefs of typedefs end; a domain made by hand may not.
    for _ in 0..64 {
        if let Some(record) = domain.records.get(name) {
            return Some((name, record));
        }
        name = base_type(&domain.aliases.get(name)?.ty);
    }
    None
}
