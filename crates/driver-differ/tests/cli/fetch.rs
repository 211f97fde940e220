//! A release that is not at hand: fetched once from its origin, then kept.

use crate::run::{Ended, Home, end, manifest};
use std::path::Path;
use std::process::Command;

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"];
    let ended = command.args(identity).args(arguments).current_dir(directory).output().unwrap();
    assert!(ended.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
}

/// A repository with the fixtures at two tags.
fn origin(home: &Home) {
    let path = home.path().join("origin");
    std::fs::create_dir_all(&path).unwrap();
    git(&path, &["init", "--quiet", "."]);
    for (side, tag) in [("old", "999.05"), ("new", "999.10")] {
        for directory in ["src", "kernel-open"] {
            // The newer release lacks one of the older one's headers.
            let _ = std::fs::remove_dir_all(path.join(directory));
        }
        copy(&manifest().join("testdata/headers").join(side), &path);
        git(&path, &["add", "--all", "."]);
        git(&path, &["commit", "--quiet", "-m", tag]);
        git(&path, &["tag", tag]);
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn run(home: &Home, arguments: &[&str]) -> Ended {
    let mut command = home.command(arguments);
    command.env("NVPROXY_DRIVER_ORIGIN", home.path().join("origin"));
    end(command)
}

#[test]
fn a_missing_release_is_fetched_once_and_kept() {
    let home = Home::new();
    origin(&home);
    let first = run(&home, &["--base", "999.05", "--next", "999.10"]);
    assert_eq!(first.status, 1, "{first:?}");
    assert!(first.stdout.contains("struct NVOS00_PARAMETERS   12 -> 24 bytes"), "{first:?}");
    std::fs::rename(home.path().join("origin"), home.path().join("gone")).unwrap();
    let second = run(&home, &["--offline", "--base", "999.05", "--next", "999.10"]);
    assert_eq!((second.status, second.stdout), (1, first.stdout));
}

#[test]
fn a_fetched_release_can_be_compared_with_a_built_in_one() {
    let home = Home::new();
    origin(&home);
    let ended = run(&home, &["--base", "580.65.06", "--next", "999.10"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.stderr.contains("introduced each change is not known"), "{ended:?}");
    assert!(ended.stdout.contains("580.65.06 -> 999.10: "), "{ended:?}");
}

#[test]
fn offline_nothing_is_fetched() {
    let home = Home::new();
    origin(&home);
    let ended = run(&home, &["--offline", "dump", "--version", "999.10"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(!home.path().join("cache").exists());
}

#[test]
fn a_release_that_the_origin_lacks_is_told() {
    let home = Home::new();
    origin(&home);
    for _ in 0..2 {
        let ended = run(&home, &["dump", "--version", "999.11"]);
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
        assert!(ended.stderr.contains("release 999.11 cannot be fetched from"), "{ended:?}");
        assert!(ended.stderr.contains("git says: "), "{ended:?}");
    }
    // What failed does not stand in the way of what is there.
    assert_eq!(run(&home, &["dump", "--version", "999.10"]).status, 0);
}

#[test]
fn an_origin_that_is_none_is_told() {
    let home = Home::new();
    let ended = run(&home, &["dump", "--version", "999.10"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("release 999.10 cannot be fetched from"), "{ended:?}");
    assert!(ended.stderr.contains("origin"), "{ended:?}");
}

#[test]
fn a_cache_that_cannot_be_made_is_told() {
    let home = Home::new();
    origin(&home);
    std::fs::write(home.path().join("cache"), "a file").unwrap();
    let ended = run(&home, &["dump", "--version", "999.10"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("cannot be made"), "{ended:?}");
}

#[test]
fn a_repository_that_is_named_goes_first() {
    let home = Home::new();
    origin(&home);
    let path = home.path().join("origin");
    let by_option = home.run(&["--repo", path.to_str().unwrap(), "--offline", "--base", "999.05", "--next", "999.10"]);
    assert_eq!(by_option.status, 1, "{by_option:?}");
    let mut command = home.command(&["--offline", "--base", "999.05", "--next", "999.10"]);
    command.env("NVPROXY_DRIVER_REPO", &path);
    let by_environment = end(command);
    assert_eq!(by_environment.stdout, by_option.stdout);
    assert!(!home.path().join("cache").exists());
}

#[test]
fn a_named_repository_without_the_releases_cannot_be_checked_against() {
    let home = Home::new();
    origin(&home);
    let path = home.path().join("origin");
    let ended = home.run(&["--repo", path.to_str().unwrap(), "catalogue", "check"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("has no tag 515.43.04"), "{ended:?}");
}
