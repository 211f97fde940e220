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

const WORKFLOWS: [&str; 2] = ["ci", "release-watch"];

/// A tag of an action can be moved to another commit; the comment says which one was meant.
#[test]
fn every_action_is_pinned_by_its_commit() {
    let mut pinned = 0;
    for name in WORKFLOWS {
        let workflow = read(&format!(".github/workflows/{name}.yml"));
        for line in workflow.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses:")) {
            let (action, version) = line.split_once(" # ").unwrap_or_else(|| panic!("{name}: {line} names no version"));
            let commit = action.split_once('@').unwrap_or_else(|| panic!("{name}: {action}")).1;
            let hexadecimal = commit.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            assert!(commit.len() == 40 && hexadecimal, "{name}: {action}");
            let numbers = version.strip_prefix('v').map(|numbers| numbers.split('.').count());
            assert_eq!(numbers, Some(3), "{name}: {line}");
            pinned += 1;
        }
        assert_eq!(workflow.matches("uses:").count(), workflow.lines().filter(|l| l.contains("uses: ")).count());
    }
    assert!(pinned >= 7, "{pinned}");
}

/// The lines of a mapping under a heading such as `    permissions:`.
fn below<'t>(text: &'t str, heading: &str) -> Vec<&'t str> {
    let depth = heading.len() - heading.trim_start().len();
    let rest = text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading} in {text}")).1;
    rest.lines().take_while(|line| line.len() - line.trim_start().len() > depth).map(str::trim).collect()
}

#[test]
fn who_builds_and_downloads_may_not_write() {
    let ci = read(".github/workflows/ci.yml");
    assert_eq!(below(&ci, "permissions:"), ["contents: read"]);
    assert_eq!(ci.matches("permissions:").count(), 1);
    assert!(ci.contains("persist-credentials: false"));

    let watch = read(".github/workflows/release-watch.yml");
    assert!(watch.contains("\npermissions: {}\n"));
    let (look, propose) = watch.split_once("\n  propose:\n").expect("two jobs");
    let (_, look) = look.split_once("\n  look:\n").expect("two jobs");
    assert_eq!(below(look, "    permissions:"), ["contents: read"]);
    assert_eq!(look.matches("actions/checkout@").count(), look.matches("persist-credentials: false").count());
    assert!(!look.contains("github.token") && !look.contains("secrets."));
    assert_eq!(below(propose, "    permissions:"), ["contents: write", "pull-requests: write"]);
    // It runs what was reviewed, and nothing that was built or downloaded.
    assert!(!propose.contains("cargo") && !propose.contains("gpu-tools") && !propose.contains("cache@"));
}

#[test]
fn tools_are_installed_in_versions_that_were_chosen() {
    let ci = read(".github/workflows/ci.yml");
    assert!(!ci.contains("cargo install") && !ci.contains("nightly"), "scripts/ci/tools installs");
    let tools = read("scripts/ci/tools");
    let installs: Vec<_> = tools.lines().filter(|line| line.contains("cargo install")).collect();
    assert!(installs.len() == 2 && installs.iter().all(|line| line.contains("--locked") && line.contains("@$")));
    let common = read("scripts/ci/common");
    for name in ["cargo_deny", "cargo_fuzz", "nightly"] {
        let value = common.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}=")));
        let digits =
            value.map_or(0, |value| value.split(['.', '-']).filter(|part| part.parse::<u32>().is_ok()).count());
        assert_eq!(digits, 3, "{name}={value:?}");
    }
}
