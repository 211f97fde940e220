//! `nvproxy drivers`.

use crate::run::{json, run};
use nvproxy::abi::{Abi, Table, changes};
use serde_json::{Value, json};
use version_tree::{Release, Standing, Tree};

fn listed(arguments: &[&str]) -> (Vec<Value>, Value) {
    let (status, mut document) = json(&[&["drivers", "--format", "json"], arguments].concat());
    assert_eq!((status, document["schema_version"].as_u64()), (0, Some(2)));
    (serde_json::from_value(document["releases"].take()).unwrap(), document["summary"].take())
}

fn names<'a>(releases: impl Iterator<Item = &'a Release>) -> Vec<String> {
    releases.map(|release| release.version.to_string()).collect()
}

fn changes_abi(release: &Release) -> bool {
    changes(release.version).next().is_some()
}

#[test]
fn all_lists_every_release_by_version() {
    let (drivers, summary) = listed(&["--all"]);
    let tree = Tree::embedded();
    let found: Vec<&str> = drivers.iter().map(|driver| driver["release"].as_str().unwrap()).collect();
    assert_eq!(found, names(tree.iter()));
    assert_eq!(summary["releases"], tree.len());
    for (standing, key) in
        [(Standing::Proved, "proved"), (Standing::Measured, "measured"), (Standing::Inferred, "inferred")]
    {
        assert_eq!(summary[key], tree.iter().filter(|release| release.standing() == standing).count());
        assert!(drivers.iter().any(|driver| driver["standing"] == key), "{key}");
    }
    assert_eq!(summary["qualified"], tree.iter().filter(|release| release.qualified_by().is_some()).count());
    assert_eq!(summary["changing"], tree.iter().filter(|release| changes_abi(release)).count());
}

#[test]
fn a_release_says_what_it_changes_and_how_many_entries_it_has() {
    let (drivers, _) = listed(&["--all"]);
    for (driver, release) in drivers.iter().zip(Tree::embedded()) {
        let version = release.version;
        assert_eq!(driver["changes_abi"], changes_abi(release), "{version}");
        let of_comparison = match release.parent {
            Some(parent) => {
                let versions = [parent, version].map(|version| version.to_string());
                json(&["abi", "diff", &versions[0], &versions[1], "--format", "json"]).1["summary"].take()
            }
            None => json!({ "added": 0, "removed": 0, "changed": 0 }),
        };
        assert_eq!(driver["changes"], of_comparison, "{version}");
        let abi = Abi::compose(Tree::embedded(), version).unwrap();
        for table in Table::ALL {
            assert_eq!(driver["entries"][table.as_str()], abi.table(table).len(), "{version}");
        }
        // The release that it has its ABI from changes something, and nothing between does.
        let since = driver["abi_since"].as_str().unwrap().parse().unwrap();
        let path = Tree::embedded().path(version).unwrap();
        let below = path.iter().skip_while(|above| above.version != since).skip(1);
        assert_eq!(below.filter(|above| changes_abi(above)).count(), 0, "{version} since {since}");
        let first = Tree::embedded().root().unwrap().version;
        assert!(since == first || changes(since).next().is_some(), "{version} since {since}");
    }
}

#[test]
fn without_all_those_that_are_qualified_or_change_the_abi() {
    let (drivers, summary) = listed(&[]);
    let telling =
        |release: &&Release| release.qualified_by().is_some() || changes_abi(release) || release.parent.is_none();
    let found: Vec<&str> = drivers.iter().map(|driver| driver["release"].as_str().unwrap()).collect();
    assert_eq!(found, names(Tree::embedded().iter().filter(telling)));
    assert_eq!(summary, listed(&["--all"]).1, "the summary is of all releases");
}

#[test]
fn text_and_json_list_the_same() {
    for arguments in [&[][..], &["--all"]] {
        let text = run(&[&["drivers"], arguments].concat()).stdout;
        let rows: Vec<&str> = text.lines().skip(1).take_while(|line| !line.is_empty()).collect();
        let (drivers, _) = listed(arguments);
        assert_eq!(rows.len(), drivers.len());
        for (row, driver) in rows.iter().zip(&drivers) {
            let words: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(
                (words[0], words[1]),
                (driver["release"].as_str().unwrap(), driver["standing"].as_str().unwrap())
            );
        }
        assert_eq!(text.contains("--all shows every one"), arguments.is_empty(), "{text}");
    }
}

#[test]
fn a_list_reads_at_a_glance() {
    let text = run(&["drivers"]).stdout;
    let shown = ["release", "515.43.04", "535.129.03", "550.90.12", "555.42.02", "610.43.02", "620.06.00"];
    let lines: Vec<&str> =
        text.lines().filter(|line| line.split_whitespace().next().is_some_and(|word| shown.contains(&word))).collect();
    insta::assert_snapshot!(lines.join("\n"));
    assert!(text.contains("\nproved: compared with its headers;"), "a legend: {text}");
}
