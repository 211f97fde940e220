//! Which records and constants the proxy uses at a release: what is compared unless everything is asked for.
//!
//! They are those of the tables of the crate `nvproxy`, which the feature `tables` brings in.

use crate::extract::{Names, Wanted};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use version_tree::DriverVersion;
use version_tree::proxied::Entry;

/// What the proxy uses at one or more releases.
#[derive(Debug, Clone, Default)]
pub struct Proxied {
    /// The entries, by table and number.
    pub entries: Vec<Entry>,
    records: FxHashSet<String>,
    constants: FxHashSet<String>,
}

impl Proxied {
    /// Whether this build has the proxy's tables.
    pub const KNOWN: bool = cfg!(feature = "tables");

    /// What is used at any of these releases. One that the tree does not know counts as its nearest older relative;
    /// one older than all, as the oldest. Without the feature `tables`, nothing.
    pub fn at(releases: &[DriverVersion]) -> Self {
        let entries: BTreeSet<Entry> = releases.iter().copied().flat_map(entries).collect();
        Self {
            records: entries.iter().flat_map(|e| &e.structs).map(ToString::to_string).collect(),
            constants: entries.iter().map(|e| e.name.to_string()).collect(),
            entries: entries.into_iter().collect(),
        }
    }

    /// What to compare: the records and constants in use; everything where the tables are not known.
    pub fn wanted(&self) -> Wanted<'_> {
        if Self::KNOWN { Wanted::Named(self) } else { Wanted::All }
    }
}

#[cfg(feature = "tables")]
fn entries(release: DriverVersion) -> Vec<Entry> {
    let tree = version_tree::Tree::embedded();
    let older = || tree.nearest(release).older.or(tree.root().map(|r| r.version));
    let known = if tree.get(release).is_some() { Some(release) } else { older() };
    let abi = known.and_then(|v| nvproxy::abi::Abi::compose(tree, v).ok());
    abi.iter().flat_map(nvproxy::abi::Abi::entries).collect()
}

#[cfg(not(feature = "tables"))]
fn entries(_: DriverVersion) -> Vec<Entry> {
    Vec::new()
}

impl Names for Proxied {
    fn record(&self, name: &str) -> bool {
        self.records.contains(name)
    }

    fn constant(&self, name: &str) -> bool {
        self.constants.contains(name)
    }
}

#[cfg(all(test, feature = "tables"))]
mod tests {
    use super::*;

    fn number(release: &str, name: &str) -> Option<u32> {
        let proxied = Proxied::at(&[release.parse().unwrap()]);
        proxied.entries.iter().find(|e| e.name == name).map(|e| e.number)
    }

    #[test]
    fn entries_come_in_and_go_with_their_releases() {
        assert!(number("515.43.04", "NV_ESC_RM_CONTROL").is_some());
        assert!(number("545.29.06", "NV_ESC_WAIT_OPEN_COMPLETE").is_none());
        assert!(number("550.163.01", "NV_ESC_WAIT_OPEN_COMPLETE").is_some());
        let moved = "NV2080_CTRL_CMD_FB_QUERY_DRAM_ENCRYPTION_STATUS";
        assert_ne!(number("570.211.01", moved), number("575.51.02", moved));
        assert!(number("570.211.01", moved).is_some());
    }

    #[test]
    fn an_unknown_release_counts_as_its_nearest_older_relative() {
        let names = |release: &str| Proxied::at(&[release.parse().unwrap()]).entries;
        assert_eq!(names("550.54.13"), names("550.40.85"));
        assert_ne!(names("550.54.13"), names("515.43.04"));
        assert_eq!(names("1.0"), names("515.43.04"), "older than all");
        assert!(number("999.1", "NV_ESC_RM_CONTROL").is_some(), "newer than all");
    }

    #[test]
    fn what_is_used_at_either_of_two_releases_is_told_once() {
        let (older, newer) = ("590.48.01".parse().unwrap(), "595.45.04".parse().unwrap());
        let [old, new, both] = [&[older][..], &[newer], &[older, newer]].map(Proxied::at);
        let added = "NV2080_CTRL_NVLINK_LOCK_REMAP_TABLE_AND_MSE_PARAMS";
        assert_eq!([&old, &new, &both].map(|p| p.record(added)), [false, true, true]);
        assert!(both.entries.len() < old.entries.len() + new.entries.len());
        assert!(old.entries.iter().chain(&new.entries).all(|e| both.entries.contains(e)));
    }
}
