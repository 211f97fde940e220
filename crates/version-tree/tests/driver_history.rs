//! The embedded tree against the driver's own history, when `NVPROXY_DRIVER_REPO` names a
//! clone of NVIDIA/open-gpu-kernel-modules.
#![cfg(feature = "git")]

use std::io::{Write, stderr};

use version_tree::git::{History, Placement};
use version_tree::{DriverVersion, Tree, version};

/// Seen also when the test passes: the harness captures only the printing macros.
fn tell(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

fn driver_history() -> Option<History> {
    let Some(path) = std::env::var_os("NVPROXY_DRIVER_REPO") else {
        tell(
            "SKIPPED (not checked): the tree against history: NVPROXY_DRIVER_REPO names no clone of NVIDIA/open-gpu-kernel-modules",
        );
        return None;
    };
    Some(History::open(path).unwrap_or_else(|error| panic!("{error}")))
}

fn place(history: &History, version: DriverVersion) -> Placement {
    history.place(version).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_history_reproduces_the_embedded_tree() {
    let Some(history) = driver_history() else {
        return;
    };
    let tree = Tree::embedded();

    let mut checked = 0;
    for release in tree.iter().filter(|release| release.headers.published()) {
        let placement = place(&history, release.version);
        assert_eq!(placement.parent, release.parent, "parent of {}", release.version);
        assert_eq!(placement.version.to_string(), release.version.to_string());
        checked += 1;
    }
    tell(&format!("{checked} releases placed as in the tree"));
    assert!(checked >= 193);
}

#[test]
fn the_tree_has_every_release_of_the_history() {
    let Some(history) = driver_history() else {
        return;
    };
    let tree = Tree::embedded();
    let known = |version| tree.get(version).is_some_and(|release| release.headers.published());
    let lacking = history.placements().filter(|placement| !known(placement.version));
    // As releases.toml has them. One that is there already, as unpublished, is published now.
    let lines: Vec<String> = lacking
        .map(|Placement { version, parent, .. }| match parent {
            Some(parent) => format!("\"{version}\" = {{ parent = \"{parent}\" }}\n"),
            None => format!("\"{version}\" = {{}}\n"),
        })
        .collect();
    assert!(lines.is_empty(), "releases.toml lacks, or has as unpublished:\n{}", lines.concat());
}

#[test]
fn the_history_shows_branches_and_twins() {
    let Some(history) = driver_history() else {
        return;
    };

    let beta = place(&history, version!("550.40.53"));
    let main = place(&history, version!("575.51.02"));
    let twin = place(&history, version!("555.42.02"));

    assert_eq!((beta.branch.as_deref(), beta.branched_off_at), (Some("VK551_06"), Some(version!("550.54.14"))));
    assert_eq!((main.on_main, main.branch, main.branched_off_at), (true, None, None));
    assert_eq!((twin.on_main, twin.also_on_main, twin.parent), (false, true, Some(version!("550.78"))));
}
