//! The workflows call scripts of this repository, and those there are.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The checks there are, by their scripts.
fn checks() -> BTreeSet<String> {
    let entries = fs::read_dir(root().join("scripts/ci")).expect("the scripts");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text"));
    names.filter(|name| name != "common").collect()
}

#[test]
fn every_script_can_be_run_and_is_strict() {
    for name in checks() {
        let path = format!("scripts/ci/{name}");
        let mode = fs::metadata(root().join(&path)).expect("a file").permissions().mode();
        assert!(mode & 0o111 != 0, "{path} is not executable");
        assert!(read(&path).contains("\nsource \"$(dirname \"$0\")/common\"\n"), "{path} does not begin as the others");
    }
    assert!(read("scripts/ci/common").contains("set -euo pipefail"));
}

#[test]
fn the_matrix_has_every_check() {
    let workflow = read(".github/workflows/ci.yml");
    let list = workflow.split_once("check: [").and_then(|(_, rest)| rest.split_once(']')).expect("a matrix").0;
    let mut matrix: BTreeSet<String> = list.split(',').map(|name| name.trim().to_string()).collect();
    // Before each of the others.
    matrix.insert("tools".to_string());
    assert_eq!(matrix, checks());
}

#[test]
fn the_one_command_has_every_check() {
    let run = read(".ci/run");
    let steps = run.lines().filter_map(|line| line.strip_prefix("step ")?.split(' ').next());
    assert_eq!(steps.map(str::to_string).collect::<BTreeSet<_>>(), checks());
}

#[test]
fn what_workflows_call_is_there() {
    let mut called = 0;
    for name in ["ci", "release-watch"] {
        let workflow = read(&format!(".github/workflows/{name}.yml"));
        // YAML has no tabs, and a text from outside must not become part of a command.
        assert!(!workflow.contains('\t'), "{name}");
        let commands = workflow.split("run: ").skip(1).filter_map(|rest| rest.split("\n      - ").next());
        assert!(commands.clone().all(|command| !command.contains("${{")), "{name} puts an expression into a command");
        let words = workflow.split_whitespace().map(|word| word.trim_end_matches([',', '.']));
        for word in words.filter(|word| word.starts_with("scripts/") && !word.contains('"')) {
            called += 1;
            assert!(root().join(word).is_file(), "{name} calls {word}, which is not there");
        }
    }
    assert!(called >= 3, "{called}");
}
