//! Two releases' headers of our own writing, and proxies that pass some of their records.

use driver_differ::diff::origin::{Way, from_abis};
use driver_differ::diff::{Diff, RecordChange, compare};
use driver_differ::extract::{Names, Session, Wanted};
use driver_differ::model::{Abi, Field, Record};
use driver_differ::source::Directory;
use std::path::{Path, PathBuf};
use version_tree::proxied::{Entry, Table};

pub(crate) fn headers(side: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/headers").join(side)
}

pub(crate) struct Only(pub(crate) &'static [&'static str]);

impl Names for Only {
    fn record(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    fn constant(&self, name: &str) -> bool {
        self.0.contains(&name)
    }
}

pub(crate) fn abi(side: &str, names: &Only) -> Abi {
    let tree = Directory::new(headers(side));
    Session::new().extract(&tree, Wanted::Named(names)).unwrap().0
}

/// What became of these names, as seen by a proxy that has an entry for each.
pub(crate) fn diff(names: &'static [&'static str]) -> Diff {
    let names = Only(names);
    let entry = |(i, name): (usize, &&'static str)| {
        let table = if name.starts_with("UVM_") { Table::Uvm } else { Table::Control };
        let entry = if name.contains("CONSTANT") { name.to_string() } else { format!("CMD_{name}") };
        Entry { table, number: i as u32, name: entry.into(), structs: vec![(*name).into()] }
    };
    let entries: Vec<Entry> = names.0.iter().enumerate().map(entry).collect();
    let trees = ["old", "new"].map(|side| Directory::new(headers(side)));
    let read = Session::new().extract_all(&[&trees[0], &trees[1]], Wanted::Named(&names)).unwrap();
    let [base, next] = <[_; 2]>::try_from(read).unwrap().map(|(abi, _)| abi);
    let mut diff = compare(("999.05", &base), ("999.10", &next), &entries);
    let (older, newer) = ("999.05".parse().unwrap(), "999.10".parse().unwrap());
    let way = Way::between(older, newer, |v| (v == newer).then_some(older));
    from_abis(&mut diff, &way, &[base, next]);
    diff
}

/// The one record that differs.
pub(crate) fn only(diff: &Diff) -> &RecordChange {
    assert_eq!(diff.records.changed.len(), 1, "{:?}", diff.records.changed);
    &diff.records.changed[0]
}

pub(crate) fn field(name: &str, ty: &str, offset: u64, size: u64) -> Field {
    Field { name: name.into(), ty: ty.into(), offset, size, bits: None, bit_offset: None }
}

pub(crate) fn record(size: u64, fields: Vec<Field>) -> Record {
    Record { size, align: 4, union: false, source: "src/example.h:1".into(), fields }
}
