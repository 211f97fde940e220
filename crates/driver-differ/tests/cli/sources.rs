//! Where the sides come from: releases however written, directories, repositories.

use crate::run::{Home, NEW, OLD, end, run};

#[test]
fn a_release_can_be_written_with_zeros() {
    let plain = run(&["--base", "550.100", "--next", "550.107.02", "--format", "json"]);
    let zeros = run(&["--base", "550.100.00", "--next", "550.107.02", "--format", "json"]);
    assert!(plain.stdout.contains("\"base\":\"550.100\""), "{plain:?}");
    assert_eq!(plain.stdout, zeros.stdout);
    assert_eq!(plain.status, zeros.status);
}

#[test]
fn an_unknown_release_offline_names_its_neighbours() {
    let ended = run(&["--offline", "--base", "550.99", "--next", "550.100"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("550.99") && ended.stderr.contains("--offline"), "{ended:?}");
    assert!(ended.stderr.contains("550.90.12") && ended.stderr.contains("550.100"), "{ended:?}");
}

#[test]
fn a_path_that_does_not_exist_is_no_repository() {
    let home = Home::new();
    let missing = home.path().join("missing");
    let ended = home.run(&["--repo", missing.to_str().unwrap(), "dump", "--version", "550.54.14"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("missing is not a git directory"), "{ended:?}");
}

#[test]
fn a_directory_within_a_repository_is_not_that_repository() {
    let ended = run(&["--repo", "testdata", "dump", "--version", "550.54.14"]);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.stderr.contains("testdata is not a git directory"), "{ended:?}");
}

#[test]
fn the_repository_can_be_named_by_the_environment() {
    let home = Home::new();
    let mut command = home.command(&["dump", "--version", "550.54.14"]);
    command.env("NVPROXY_DRIVER_REPO", home.path());
    let ended = end(command);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.stderr.contains("is not a git directory"), "{ended:?}");
}

#[test]
fn a_tree_says_itself_which_release_it_is() {
    let ended = run(&["dump", "--version", NEW]);
    assert!(ended.stdout.starts_with("{\"schema_version\":1,\"version\":\"999.10\","), "{ended:?}");
}

#[test]
fn what_was_read_afresh_is_counted_on_stderr() {
    let ended = run(&["--base", OLD, "--next", NEW, "--all"]);
    assert!(ended.stderr.contains("read 16 headers"), "{ended:?}");
    assert!(ended.stderr.contains("introduced each change is not known"), "{ended:?}");
    assert!(!ended.stdout.contains("headers:"), "{ended:?}");
}
