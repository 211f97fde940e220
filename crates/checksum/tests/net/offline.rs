//! What needs no network.

use crate::run::{VERSION, command, end, installer, run, sum};
use serde_json::Value;
use std::fs;

#[test]
fn a_local_file_says_by_its_name_what_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(format!("NVIDIA-Linux-aarch64-{VERSION}.run"));
    fs::write(&path, installer(1_000_000)).unwrap();
    let ended = run(&["checksum", "--file", path.to_str().unwrap()]);
    assert_eq!(ended.stdout, format!("aarch64 {VERSION} {}\n", sum(&installer(1_000_000))));
    assert_eq!(ended.status, 1, "not the one in the tree: {ended:?}");

    let other = directory.path().join("driver.run");
    fs::rename(&path, &other).unwrap();
    let other = other.to_str().unwrap();
    let ended = run(&["checksum", "--file", other]);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("give --version and --arch"), "{ended:?}");
    let named = run(&["checksum", "--file", other, "--version", "9999.1", "--arch", "x86_64"]);
    assert_eq!((named.status, named.stdout), (0, format!("x86_64 9999.1 {}\n", sum(&installer(1_000_000)))));
    let nothing = run(&["checksum"]);
    assert!(nothing.status == 2 && nothing.stderr.contains("--file"), "both ways are said: {nothing:?}");
    assert_eq!(run(&["checksum", "--file", "/nowhere", "--version", "1.1", "--arch", "x86_64"]).status, 2);
}

#[test]
fn the_list_has_every_release_and_architecture() {
    let ended = run(&["list", "--format", "json"]);
    let entries: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let tree = version_tree::Tree::embedded();
    assert_eq!(entries.len(), 2 * tree.len());
    for entry in &entries {
        let release = tree.get(entry["version"].as_str().unwrap().parse().unwrap()).unwrap();
        let arch = entry["arch"].as_str().unwrap().parse().unwrap();
        let sum = release.installer(arch).sha256().map(|sum| sum.to_string());
        assert_eq!(entry["installer"]["sha256"].as_str().map(str::to_owned), sum);
    }
    assert_eq!(run(&["list"]).stdout.lines().count(), tree.len() + 2);
}

#[test]
fn the_tree_is_drawn_in_every_form() {
    let all = |format: &str| run(&["tree", "--all", "--format", format]).stdout;
    for format in ["text", "json", "mermaid", "dot"] {
        let drawn = all(format);
        for release in version_tree::Tree::embedded() {
            assert!(drawn.contains(&release.version.to_string()), "{format} {release:?}");
        }
    }
    assert!(all("mermaid").starts_with("graph") && all("dot").starts_with("digraph"));
    let sparse = run(&["tree", "--format", "json"]).stdout;
    let sparse: Value = serde_json::from_str(&sparse).unwrap();
    assert_eq!(sparse["sparse"], true);
    assert!(sparse["releases"].as_array().unwrap().len() < 100);
    let mut ascii = command(&["tree"]);
    ascii.env("LC_ALL", "C");
    assert!(end(ascii).stdout.is_ascii());
}

#[test]
fn a_version_resolves_or_is_a_finding() {
    let known = run(&["resolve", VERSION]);
    assert_eq!(known.status, 0);
    assert!(known.stdout.starts_with(VERSION), "{known:?}");
    let unknown = run(&["resolve", "570.200.01", "--format", "json"]);
    let json: Value = serde_json::from_str(&unknown.stdout).unwrap();
    assert_eq!((unknown.status, &json["standing"], &json["asked"]), (1, &"unknown".into(), &"570.200.01".into()));
    assert_eq!(run(&["resolve", "five"]).status, 2);
}

#[test]
fn another_tree_can_be_asked() {
    let releases = crate::run::Releases::new(&[]);
    let ended = run(&["resolve", "515.43.04", "--releases", releases.argument()]);
    assert_eq!(ended.status, 1, "{ended:?}");
    fs::write(&releases.path, "[releases]\n\"1.1\" = { parent = \"1.0\" }\n").unwrap();
    let broken = run(&["list", "--releases", releases.argument()]);
    assert_eq!(broken.status, 2);
    assert!(broken.stderr.contains("1.0"), "{broken:?}");
}
