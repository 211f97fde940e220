//! The compiled tables that a pack's entries are held against.

use crate::abi::{Abi, Row, Rows, Table, changes};
use std::collections::{BTreeMap, BTreeSet};
use version_tree::{DriverVersion, Tree};

/// The rows of each entry, by table.
type Line = [BTreeMap<&'static str, Vec<Row>>; 4];

/// The compiled tables of the releases that a tree has. Each is composed when something asks for it.
pub(super) struct Compiled<'t> {
    tree: &'t Tree,
    known: BTreeMap<DriverVersion, Option<Abi>>,
    newest: Option<BTreeMap<(Table, &'static str), Row>>,
    /// The rows that a release or one of its ancestors has.
    lines: BTreeMap<DriverVersion, Line>,
}

impl<'t> Compiled<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self { tree, known: BTreeMap::new(), newest: None, lines: BTreeMap::new() }
    }

    fn abi(&mut self, release: DriverVersion) -> Option<&Abi> {
        let tree = self.tree;
        self.known.entry(release).or_insert_with(|| Abi::compose(tree, release).ok()).as_ref()
    }

    /// The row of a number at a release.
    pub(super) fn row(&mut self, release: DriverVersion, table: Table, number: u32) -> Option<Row> {
        self.abi(release)?.table(table).get(number).copied()
    }

    /// The releases of the tree whose tables differ from their parent's, and the first one, by version.
    fn differing(&self) -> Vec<DriverVersion> {
        let differs = |version: DriverVersion| {
            changes(version).next().is_some() || self.tree.root().is_some_and(|root| root.version == version)
        };
        self.tree.iter().map(|release| release.version).filter(|version| differs(*version)).collect()
    }

    /// The row of a name at the newest release that has it.
    pub(super) fn newest(&mut self, table: Table, name: &str) -> Option<Row> {
        if self.newest.is_none() {
            let mut newest = BTreeMap::new();
            for release in self.differing() {
                let rows = self.abi(release).into_iter().flat_map(Abi::rows);
                newest.extend(rows.map(|(table, row)| ((table, row.name), *row)));
            }
            self.newest = Some(newest);
        }
        self.newest.as_ref()?.get(&(table, name)).copied()
    }

    /// The rows of an entry at a release and all its ancestors.
    pub(super) fn line(&mut self, release: DriverVersion, table: Table, name: &str) -> &[Row] {
        if !self.lines.contains_key(&release) {
            let path: BTreeSet<DriverVersion> =
                self.tree.path(release).into_iter().flatten().map(|release| release.version).collect();
            let mut line = Line::default();
            for above in self.differing().into_iter().filter(|above| path.contains(above)) {
                for (table, row) in self.abi(above).into_iter().flat_map(Abi::rows) {
                    let rows = line[table as usize].entry(row.name).or_default();
                    if !rows.contains(row) {
                        rows.push(*row);
                    }
                }
            }
            self.lines.insert(release, line);
        }
        self.lines.get(&release).and_then(|line| line[table as usize].get(name)).map_or(&[], Vec::as_slice)
    }
}

/// The row of a name.
pub(super) fn named<'r>(rows: &'r Rows, name: &str) -> Option<&'r Row> {
    rows.iter().find(|row| row.name == name)
}
