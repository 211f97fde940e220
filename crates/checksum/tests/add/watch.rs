//! `scripts/release-watch`, in a repository of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

use crate::repository::{Fixture, GREW, HEADER};
use crate::server::{Server, bare, whole};

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
            ("packs/README.md", Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/README.md")),
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
        self.watch_with(fixture, "--offline")
    }

    fn watch_with(&self, fixture: &Fixture, options: &str) -> Output {
        self.watch_by(fixture, options, env!("CARGO_BIN_EXE_gpu-tools").as_ref())
    }

    fn watch_by(&self, fixture: &Fixture, options: &str, gpu_tools: &Path) -> Output {
        let mut command = self.command(self.work.join("scripts/release-watch"));
        command.arg(&fixture.repository).arg(self.out(""));
        command.env("RELEASE_WATCH_GPU_TOOLS", gpu_tools);
        command.env("RELEASE_WATCH_OPTIONS", options).output().expect("it runs")
    }

    fn out(&self, name: &str) -> PathBuf {
        self.directory.path().join("out").join(name)
    }

    /// `--propose`, with a `gh` that knows the pull requests of the file `proposed`, and says what it was asked for.
    fn propose(&self) -> Output {
        let bin = self.directory.path().join("bin");
        fs::create_dir_all(&bin).expect("a directory");
        fs::write(bin.join("gh"), GH).expect("written");
        fs::set_permissions(bin.join("gh"), fs::Permissions::from_mode(0o755)).expect("executable");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("a path"));
        let mut command = self.command(self.work.join("scripts/release-watch"));
        command.args(["--propose".as_ref(), self.out("").as_os_str()]).env("PATH", &path).output().expect("it runs")
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.directory.path().join("asked")).unwrap_or_default()
    }

    fn at_origin(&self) -> String {
        self.git(&["ls-remote", "origin"])
    }
}

const GH: &str = "#!/bin/sh
if [ \"$2\" = list ]; then
    printf '%s\\n' \"$@\" | grep -qx all || exit 1
    cat \"$HOME/proposed\" 2>/dev/null
    exit 0
fi
printf '%s\\n' \"$@\" >>\"$HOME/asked\"
echo https://example.com/1 >\"$HOME/proposed\"
";

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
    // These headers are no driver's, so nothing can be learnt from them.
    let report = fs::read_to_string(checkout.out("report.md")).expect("a report");
    assert!(report.contains("## Release pack of 515.48.07\n\nThere is none.\n"), "{report}");
}

#[test]
fn the_pack_of_a_new_release_is_on_the_branch_and_what_it_leaves_out_in_the_report() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    fixture.release("main", Some(root), "515.48.07", HEADER);
    // Learns from anything, and says that something is left out.
    let script = checkout.directory.path().join("gpu-tools");
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = learn ] || exec {} \"$@\"\necho \"left out of $2\" >&2\necho pack >\"$6\"\nexit 1\n",
        env!("CARGO_BIN_EXE_gpu-tools")
    );
    fs::write(&script, text).expect("written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("executable");
    let found = checkout.watch_by(&fixture, "--offline", &script);
    assert_eq!(found.status.code(), Some(0), "{found:?}");
    assert_eq!(checkout.git(&["show", "release-watch/515.48.07:packs/515.48.07.toml"]), "pack\n");
    assert_eq!(checkout.git(&["status", "--porcelain"]), "", "the work tree is as it was");
    let report = fs::read_to_string(checkout.out("report.md")).expect("a report");
    assert!(report.contains("`packs/515.48.07.toml` serves this driver") && report.contains("left out of 515.48.07"));
    assert!(checkout.propose().status.success());
    assert!(checkout.at_origin().contains("release-watch/515.48.07"));
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
    assert!(checkout.propose().status.success());
    let first = checkout.asked();
    assert!(first.starts_with("pr\ncreate\n--head\nrelease-watch/515.48.07\n--title\n"), "{first}");

    // Somebody works on it; the next day it is found again.
    let origin = checkout.at_origin();
    checkout.git(&["commit", "--quiet", "--allow-empty", "--message=more"]);
    assert!(checkout.watch(&fixture).status.success());
    let again = checkout.propose();
    assert!(String::from_utf8_lossy(&again.stdout).contains("proposed already"), "{again:?}");
    assert_eq!((checkout.asked(), checkout.at_origin()), (first, origin));
}

#[test]
fn a_branch_that_was_pushed_without_a_pull_request_gets_one() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    fixture.release("main", Some(root), "515.48.07", HEADER);
    assert!(checkout.watch(&fixture).status.success());
    checkout.git(&["push", "--quiet", "origin", "release-watch/515.48.07"]);
    let origin = checkout.at_origin();
    assert!(checkout.watch(&fixture).status.success());
    let proposed = checkout.propose();
    assert!(proposed.status.success(), "{proposed:?}");
    assert!(checkout.asked().contains("create\n--head\nrelease-watch/515.48.07\n"), "{}", checkout.asked());
    assert_eq!(checkout.at_origin(), origin);
}

#[test]
fn an_origin_that_does_not_answer_is_no_origin_without_the_branch() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    fixture.release("main", Some(root), "515.48.07", HEADER);
    assert!(checkout.watch(&fixture).status.success());
    checkout.git(&["remote", "set-url", "origin", "../nowhere"]);
    let proposed = checkout.propose();
    assert_eq!((proposed.status.code(), checkout.asked().as_str()), (Some(2), ""), "{proposed:?}");
    let looked = checkout.watch(&fixture);
    assert_eq!(looked.status.code(), Some(2), "{looked:?}");
    assert_eq!(checkout.git(&["status", "--porcelain"]), "", "the work tree is as it was");
}

#[test]
fn what_was_found_is_proposed_although_something_else_could_not_be_found_out() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    fixture.release("main", Some(root), "515.48.07", HEADER);
    let server = Server::new(|_, _, out| bare(out, "500 Internal Server Error"));
    let options = format!("--retries 0 --base-url {}", server.url());
    let found = checkout.watch_with(&fixture, &options);
    assert_eq!(found.status.code(), Some(2), "{found:?}");
    assert!(server.requests().len() > 1);
    let proposed = checkout.propose();
    assert!(proposed.status.success() && checkout.asked().contains("release-watch/515.48.07"), "{proposed:?}");
    // And the workflow lets it come to that, and fails then.
    let workflow = fs::read_to_string(root_of_the_workspace().join(".github/workflows/release-watch.yml"));
    let workflow = workflow.expect("the workflow");
    let (look, propose) = workflow.split_once("\n  propose:\n").expect("two jobs");
    assert!(look.contains("|| status=$?") && look.contains("\n            exit \"$status\"\n          fi\n"), "{look}");
    assert!(propose.contains("if: needs.look.outputs.found == 'true'"), "{propose}");
    assert!(propose.trim_end().ends_with("exit \"$STATUS\"; }"), "{propose}");
}

#[test]
fn nothing_is_downloaded_for_what_is_proposed_already() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    fixture.release("main", Some(root), "515.48.07", HEADER);
    let server = Server::new(|_, request, out| whole(out, format!("#!{}", request.target).as_bytes()));
    let options = format!("--retries 0 --base-url {}", server.url());
    assert_eq!(checkout.watch_with(&fixture, &options).status.code(), Some(0));
    assert!(checkout.propose().status.success());
    let asked = server.requests().len();
    assert!(asked > 0);
    let again = checkout.watch_with(&fixture, &options);
    assert!(again.status.success() && checkout.out("branch").exists(), "{again:?}");
    assert_eq!(server.requests().len(), asked, "{again:?}");

    // The same for checksums alone, once the release is merged.
    checkout.git(&["merge", "--quiet", "release-watch/515.48.07"]);
    let tree = checkout.work.join("crates/version-tree/releases.toml");
    let text = fs::read_to_string(&tree).expect("the tree");
    let end = text.rfind(", aarch64").expect("a checksum");
    fs::write(&tree, format!("{} }}\n", &text[..end])).expect("written");
    checkout.git(&["commit", "--quiet", "--all", "--message=less"]);
    assert_eq!(checkout.watch_with(&fixture, &options).status.code(), Some(0));
    assert!(checkout.propose().status.success());
    assert!(fs::read_to_string(checkout.out("branch")).expect("a branch").starts_with("release-watch/checksums-"));
    let asked = server.requests().len();
    assert!(checkout.watch_with(&fixture, &options).status.success());
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn the_branch_reaches_a_clone_that_does_not_have_it_and_brings_nothing_else() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    fixture.release("main", Some(root), "515.48.07", HEADER);
    assert!(checkout.watch(&fixture).status.success());
    let branch = "release-watch/515.48.07";
    checkout.git(&["branch", "--quiet", "-D", branch]);
    assert!(checkout.propose().status.success());
    assert!(checkout.at_origin().contains(branch));

    // As if whoever made the bundle had been made to do more.
    checkout.git(&["push", "--quiet", "origin", "--delete", branch]);
    checkout.git(&["checkout", "--quiet", "-B", branch]);
    fs::create_dir_all(checkout.work.join(".github")).expect("a directory");
    fs::write(checkout.work.join(".github/evil.yml"), "on: push\n").expect("written");
    checkout.git(&["add", "."]);
    checkout.git(&["commit", "--quiet", "--message=evil"]);
    checkout.git(&["bundle", "create", "--quiet", checkout.out("bundle").to_str().expect("text"), branch, "^main"]);
    checkout.git(&["checkout", "--quiet", "main"]);
    let refused = checkout.propose();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("evil.yml") && !checkout.at_origin().contains(branch));
}

#[test]
fn a_long_report_is_cut_between_lines_with_everything_closed() {
    let (fixture, root) = Fixture::new();
    let checkout = Checkout::new(&fixture);
    fixture.release("main", Some(root), "515.48.07", HEADER);
    assert!(checkout.watch(&fixture).status.success());
    let line = format!("let x = {:?}; // €", "x".repeat(100));
    let text =
        format!("# Head\n\n<details><summary>Structs</summary>\n\n```rust\n{}", format!("{line}\n").repeat(1000));
    fs::write(checkout.out("report.md"), &text).expect("written");
    assert!(checkout.propose().status.success());
    let body = fs::read_to_string(checkout.out("body.md")).expect("text");
    assert!(body.len() < 62_000, "{}", body.len());
    let (kept, end) = body.split_once("\n```\n").expect("a fence");
    assert!(text.starts_with(kept) && kept.ends_with(&line), "{}", &kept[kept.len() - 200..]);
    assert!(end.starts_with("\n</details>\n\nThe report is longer"), "{end}");

    // What fits is left as it is.
    fs::remove_file(checkout.directory.path().join("proposed")).expect("removed");
    fs::write(checkout.out("report.md"), "# Head\n\n```\n").expect("written");
    assert!(checkout.propose().status.success());
    assert_eq!(fs::read_to_string(checkout.out("body.md")).expect("text"), "# Head\n\n```\n");
}

fn root_of_the_workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
