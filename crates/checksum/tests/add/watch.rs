//! `scripts/release-watch`, in a repository of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

use crate::repository::{Fixture, GREW, HEADER};

/// A work tree with what the script touches, and an `origin`.
struct Checkout {
    directory: TempDir,
    work: PathBuf,
}

impl Checkout {
    fn new(fixture: &Fixture) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let work = directory.path().join("work");
        let copies = [
            ("scripts/release-watch", Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/release-watch")),
            ("crates/version-tree/releases.toml", fixture.releases.clone()),
            ("crates/driver-differ/catalogue/515.43.04.txt", fixture.catalogue.join("515.43.04.txt")),
        ];
        for (to, from) in copies {
            let to = work.join(to);
            fs::create_dir_all(to.parent().expect("a directory")).expect("a directory");
            fs::copy(from, to).expect("a copy");
        }
        let checkout = Self { directory, work };
        checkout.git(&["init", "--quiet", "--initial-branch=main"]);
        checkout.git(&["add", "."]);
        checkout.git(&["commit", "--quiet", "--message=start"]);
        checkout.git(&["init", "--quiet", "--bare", "../origin"]);
        checkout.git(&["remote", "add", "origin", "../origin"]);
        checkout
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.work).env("HOME", self.directory.path()).env("GIT_CONFIG_NOSYSTEM", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "somebody").env(format!("GIT_{role}_EMAIL"), "a@example.com");
        }
        command
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git").args(arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    fn watch(&self, fixture: &Fixture) -> Output {
        let mut command = self.command(self.work.join("scripts/release-watch"));
        command.arg(&fixture.repository).arg(self.out(""));
        command.env("RELEASE_WATCH_GPU_TOOLS", env!("CARGO_BIN_EXE_gpu-tools"));
        command.env("RELEASE_WATCH_OPTIONS", "--offline").output().expect("it runs")
    }

    fn out(&self, name: &str) -> PathBuf {
        self.directory.path().join("out").join(name)
    }
}

#[test]
fn a_new_release_is_left_on_a_branch_with_a_report() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    let nothing = checkout.watch(&fixture);
    assert_eq!(nothing.status.code(), Some(0), "{nothing:?}");
    assert!(checkout.out("report.md").exists() && !checkout.out("branch").exists());

    let second = fixture.release("main", Some(root), "515.48.07", HEADER);
    fixture.release("main", Some(second), "515.100", GREW);
    let found = checkout.watch(&fixture);

    // The second one changes what the proxy passes.
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    assert_eq!(fs::read_to_string(checkout.out("branch")).expect("a branch"), "release-watch/515.100\n");
    let title = fs::read_to_string(checkout.out("title")).expect("a title");
    assert_eq!(title, "Driver releases: 515.48.07 515.100\n");
    assert_eq!(checkout.git(&["status", "--porcelain"]), "", "the work tree is as it was");
    let changed = checkout.git(&["diff", "--name-only", "main", "release-watch/515.100"]);
    let files = "crates/driver-differ/catalogue/515.100.txt\ncrates/driver-differ/catalogue/515.48.07.txt\n\
                 crates/version-tree/releases.toml\n";
    assert_eq!(changed, files);
}

#[test]
fn what_is_in_doubt_is_a_finding_without_a_branch() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    let commit = fixture.commit("main", Some(root), "not a release", HEADER);
    fixture.tag("515.57", commit);
    let found = checkout.watch(&fixture);
    assert_eq!(found.status.code(), Some(1), "{found:?}");
    assert!(!checkout.out("branch").exists());
    assert!(fs::read_to_string(checkout.out("report.md")).expect("a report").contains("In doubt"));
}

#[test]
fn a_work_tree_with_changes_is_left_alone() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    fixture.release("main", Some(root), "515.48.07", HEADER);
    fs::write(checkout.work.join("mine"), "work").expect("written");
    let refused = checkout.watch(&fixture);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert_eq!(checkout.git(&["status", "--porcelain"]), "?? mine\n");
}

#[test]
fn a_branch_is_proposed_once_and_never_overwritten() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    fixture.release("main", Some(root), "515.48.07", HEADER);
    assert!(checkout.watch(&fixture).status.success());
    // A `gh` that says what it was asked for.
    let bin = checkout.directory.path().join("bin");
    fs::create_dir(&bin).expect("a directory");
    fs::write(bin.join("gh"), "#!/bin/sh\nprintf '%s\\n' \"$@\" >>\"$HOME/asked\"\n").expect("written");
    fs::set_permissions(bin.join("gh"), fs::Permissions::from_mode(0o755)).expect("executable");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a path"));
    let propose = || {
        let mut command = checkout.command(checkout.work.join("scripts/release-watch"));
        command.args(["--propose".as_ref(), checkout.out("").as_os_str()]).env("PATH", &path).output().expect("it runs")
    };
    assert!(propose().status.success());
    let asked = || fs::read_to_string(checkout.directory.path().join("asked")).expect("asked");
    let first = asked();
    assert!(first.starts_with("pr\ncreate\n--head\nrelease-watch/515.48.07\n--title\n"), "{first}");

    // Somebody works on it; the next day it is found again.
    let origin = checkout.git(&["ls-remote", "origin", "refs/heads/release-watch/515.48.07"]);
    checkout.git(&["commit", "--quiet", "--allow-empty", "--message=more"]);
    assert!(checkout.watch(&fixture).status.success());
    let again = propose();
    assert!(String::from_utf8_lossy(&again.stdout).contains("proposed already"), "{again:?}");
    assert_eq!(asked(), first);
    assert_eq!(checkout.git(&["ls-remote", "origin", "refs/heads/release-watch/515.48.07"]), origin);
}
