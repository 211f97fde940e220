//! Which records and constants a proxy uses at a release: what is compared unless everything is asked for.
//!
//! `data/proxied.json` holds, per release, the entries that came in or went: what gVisor's nvproxy handled on
//! 2026-08-21. It stands in until this project's own tables can be asked.

use crate::extract::Names;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use version_tree::proxied::{Entry, Table};
use version_tree::{DriverVersion, Tree};

#[derive(Deserialize)]
struct Changes {
    remove: Vec<Removed>,
    set: Vec<Entry>,
}

#[derive(Deserialize)]
struct Removed {
    table: Table,
    name: String,
}

/// What a proxy uses at one or more releases.
#[derive(Debug, Clone, Default)]
pub struct Proxied {
    /// The entries, by table and number.
    pub entries: Vec<Entry>,
    records: FxHashSet<String>,
    constants: FxHashSet<String>,
}

impl Proxied {
    /// What is used at any of these releases. A release that the tree does not know counts as its nearest older
    /// relative; one older than the tables, as the oldest they know.
    pub fn at(releases: &[DriverVersion]) -> Self {
        // The file is part of this crate, and a test reads it.
        let changes: BTreeMap<DriverVersion, Changes> = serde_json::from_str(include_str!("../data/proxied.json"))
            .expect("data/proxied.json is part of this crate");
        let oldest = changes.keys().next().copied();
        let mut entries = BTreeSet::new();
        for &release in releases {
            entries.extend(compose(&changes, oldest.into_iter().chain(path(release))).into_values());
        }
        let mut proxied = Self::default();
        for entry in &entries {
            proxied.records.extend(entry.structs.iter().map(ToString::to_string));
            proxied.constants.extend((!entry.name.is_empty()).then(|| entry.name.to_string()));
        }
        proxied.entries = entries.into_iter().collect();
        proxied
    }
}

/// The releases from the root to this one, or to the nearest older one that is known.
fn path(release: DriverVersion) -> Vec<DriverVersion> {
    let tree = Tree::embedded();
    let known = if tree.get(release).is_some() { Some(release) } else { tree.nearest(release).older };
    let path = known.and_then(|v| tree.path(v).ok()).unwrap_or_default();
    path.iter().map(|r| r.version).collect()
}

fn compose(
    changes: &BTreeMap<DriverVersion, Changes>,
    path: impl Iterator<Item = DriverVersion>,
) -> BTreeMap<(Table, u32), Entry> {
    let mut entries = BTreeMap::new();
    for change in path.filter_map(|release| changes.get(&release)) {
        for removed in &change.remove {
            entries.retain(|_, e: &mut Entry| e.table != removed.table || e.name != removed.name);
        }
        entries.extend(change.set.iter().map(|e| ((e.table, e.number), e.clone())));
    }
    entries
}

impl Names for Proxied {
    fn record(&self, name: &str) -> bool {
        self.records.contains(name)
    }

    fn constant(&self, name: &str) -> bool {
        self.constants.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(proxied: &'a Proxied, name: &str) -> Option<&'a Entry> {
        proxied.entries.iter().find(|e| e.name == name)
    }

    #[test]
    fn entries_come_in_and_go_with_their_releases() {
        let at = |v: &str| Proxied::at(&[v.parse().unwrap()]);
        assert!(entry(&at("515.43.04"), "NV_ESC_RM_CONTROL").is_some(), "older than the tables");
        assert!(entry(&at("545.29.06"), "NV_ESC_WAIT_OPEN_COMPLETE").is_none());
        assert!(entry(&at("550.163.01"), "NV_ESC_WAIT_OPEN_COMPLETE").is_some());
        let moved = "NV2080_CTRL_CMD_FB_QUERY_DRAM_ENCRYPTION_STATUS";
        let number = |v| entry(&at(v), moved).map(|e| e.number);
        assert_ne!(number("570.211.01"), number("575.51.02"));
        assert!(number("570.211.01").is_some() && number("999.1").is_some());
    }
}
