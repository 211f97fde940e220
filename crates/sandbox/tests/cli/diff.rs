//! `nvproxy abi diff`.

use crate::run::{TABLES, json, run};
use nvproxy::abi::changes;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use version_tree::Tree;

fn diff(base: &str, next: &str) -> (i32, Value) {
    json(&["abi", "diff", base, next, "--format", "json"])
}

fn tables(release: &str) -> Value {
    json(&["abi", "--version", release, "--format", "json"]).1
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// The entries by number.
fn by_number(entries: &[Value]) -> BTreeMap<u64, Value> {
    // What is known of an entry is no part of it.
    let without = |entry: &Value| {
        let mut entry = entry.clone();
        entry.as_object_mut().unwrap().shift_remove("evidence");
        entry
    };
    entries.iter().map(|entry| (entry["number"].as_u64().unwrap(), without(entry))).collect()
}

/// Takes what the difference says away from `base`'s tables, adds what it says, and compares with `next`'s.
fn leads_from_one_to_the_other(base: &str, next: &str) -> usize {
    let (status, difference) = diff(base, next);
    let (before, after) = (tables(base), tables(next));
    let mut applied = 0;
    for table in TABLES {
        let mut entries = by_number(array(&before[table]));
        let difference = &difference[table];
        let gone = array(&difference["removed"]).iter();
        let changed = array(&difference["changed"]);
        for entry in gone.chain(changed.iter().map(|change| &change["base"])) {
            assert!(entries.remove(&entry["number"].as_u64().unwrap()).is_some(), "{base} -> {next}: {entry}");
            applied += 1;
        }
        let came = array(&difference["added"]).iter();
        for entry in came.chain(changed.iter().map(|change| &change["next"])) {
            let mut entry = entry.clone();
            entry.as_object_mut().unwrap().shift_remove("origin");
            assert_eq!(entries.insert(entry["number"].as_u64().unwrap(), entry), None, "{base} -> {next}");
            applied += 1;
        }
        assert_eq!(entries, by_number(array(&after[table])), "{base} -> {next}: {table}");
    }
    assert_eq!(status, i32::from(applied > 0), "{base} -> {next}");
    applied
}

#[test]
fn a_release_differs_from_its_parent_exactly_where_it_changes_something() {
    let (mut same, mut different) = (0, 0);
    for release in Tree::embedded() {
        let Some(parent) = release.parent else { continue };
        let changes: Vec<_> = changes(release.version).collect();
        let (status, difference) = diff(&parent.to_string(), &release.version.to_string());
        assert_eq!(status, i32::from(!changes.is_empty()), "{parent} -> {}", release.version);
        for table in TABLES {
            for kind in ["added", "removed", "changed"] {
                for entry in array(&difference[table][kind]) {
                    let introduced = json!({ "introduced_in": release.version, "undone": false });
                    assert_eq!(entry["origin"], introduced, "{parent} -> {}", release.version);
                    let touched = changes.iter().any(|change| entry["number"] == change.number());
                    assert!(touched, "{parent} -> {}: {entry}", release.version);
                }
            }
        }
        *if changes.is_empty() { &mut same } else { &mut different } += 1;
    }
    assert!(same > 100 && different > 10, "{same} {different}");
}

#[test]
fn a_difference_leads_from_one_release_to_the_other() {
    let tree = Tree::embedded();
    let newest = tree.iter().last().unwrap().version.to_string();
    let oldest = tree.root().unwrap().version.to_string();
    let branches = ["535.309.01", "550.90.12", "550.40.65", "570.211.01", "595.44.02"].map(String::from);
    let ends: Vec<String> = branches.into_iter().chain([oldest, newest]).collect();
    let mut applied = 0;
    for base in &ends {
        for next in &ends {
            applied += leads_from_one_to_the_other(base, next);
        }
    }
    assert!(applied > 1000, "{applied}");
}

#[test]
fn what_came_on_the_way_there_went_on_the_way_back() {
    let (_, there) = diff("545.29.06", "580.65.06");
    let (_, back) = diff("580.65.06", "545.29.06");
    let names = |entries: &Value| array(entries).iter().map(|entry| entry["name"].clone()).collect::<Vec<_>>();
    for table in TABLES {
        assert_eq!(names(&there[table]["added"]), names(&back[table]["removed"]));
        assert_eq!(names(&there[table]["removed"]), names(&back[table]["added"]));
        assert_eq!(array(&there[table]["changed"]).len(), array(&back[table]["changed"]).len());
    }
    assert_eq!(there["summary"]["added"], back["summary"]["removed"]);
}

#[test]
fn what_only_base_has_came_in_on_its_own_branch() {
    let (_, difference) = diff("620.06.00", "610.43.02");
    let removed = array(&difference["control"]["removed"]);
    assert!(!removed.is_empty());
    for entry in removed {
        assert_eq!(entry["origin"]["undone"], true, "{entry}");
        assert!(["615.15.00", "620.06.00"].map(Value::from).contains(&entry["origin"]["introduced_in"]), "{entry}");
    }
    let text = run(&["abi", "diff", "620.06.00", "610.43.02"]).stdout;
    assert!(text.contains("changed in 620.06.00, on base's own branch"), "{text}");
}

#[test]
fn a_command_that_got_another_number_is_one_change() {
    let (_, difference) = diff("570.133.20", "575.51.02");
    let moved = array(&difference["control"]["changed"])
        .iter()
        .find(|change| change["name"] == "NV2080_CTRL_CMD_FB_QUERY_DRAM_ENCRYPTION_STATUS");
    let moved = moved.expect("it has another number");
    assert_eq!(moved["what"], json!(["number"]));
    assert_eq!((&moved["base"]["number"], &moved["next"]["number"]), (&json!(0x2080_1359), &json!(0x2080_1358)));
}

#[test]
fn text_names_every_entry() {
    let (base, next) = ("535.309.01", "610.43.02");
    let (_, difference) = diff(base, next);
    let text = run(&["abi", "diff", base, next]).stdout;
    let mut named = 0;
    for table in TABLES {
        for (kind, mark) in [("added", '+'), ("removed", '-'), ("changed", '~')] {
            for entry in array(&difference[table][kind]) {
                let name = entry["name"].as_str().unwrap();
                let line = text.lines().find(|line| line.split_whitespace().nth(2) == Some(name));
                assert!(line.is_some_and(|line| line.starts_with(&format!("  {mark} "))), "{name}: {line:?}");
                named += 1;
            }
        }
    }
    assert!(named > 50, "{named}");
}

#[test]
fn differences_read_at_a_glance() {
    let text = |base, next| run(&["abi", "diff", base, next]).stdout;
    insta::assert_snapshot!("no_difference", text("555.42.02", "555.42.06"));
    insta::assert_snapshot!("some_changed", text("550.40.07", "550.54.14"));
    insta::assert_snapshot!("added_removed_renumbered", text("570.133.20", "575.51.02"));
    insta::assert_snapshot!("gained_a_pointer", text("545.29.06", "550.40.07"));
    insta::assert_snapshot!("unproved", text("610.57.04", "620.06.00"));
}
