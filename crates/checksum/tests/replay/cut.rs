//! A clone and a tree as they were before a release.

use git2::{Oid, Repository};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use version_tree::{DriverVersion, Problem, Tree};

/// The catalogue of today.
pub(crate) fn catalogue() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../driver-differ/catalogue")
}

/// A clone that ends with a release, and a tree and a catalogue that lack it.
pub(crate) struct Cut {
    _directory: TempDir,
    pub(crate) repository: PathBuf,
    pub(crate) releases: PathBuf,
    pub(crate) catalogue: PathBuf,
    /// What `releases.toml` should be in the end.
    pub(crate) expected: String,
}

impl Cut {
    /// Without the descendants of `release`, and in tree and catalogue without `lacking` and all of its descendants.
    pub(crate) fn new(real: &Path, full: &Tree, release: DriverVersion, lacking: DriverVersion) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let below = |top: DriverVersion| -> BTreeSet<DriverVersion> {
            full.iter().map(|r| r.version).filter(|v| *v == top || full.is_ancestor(top, *v)).collect()
        };
        let path: BTreeSet<DriverVersion> =
            full.path(release).expect("in the tree").iter().map(|r| r.version).collect();
        let unknown = below(lacking);
        // Of those, what is on the way to the release comes back.
        let unpublished: BTreeSet<DriverVersion> = unknown.difference(&path).copied().collect();
        let repository = directory.path().join("repository");
        cut_repository(real, &repository, &unpublished);

        let text = include_str!("../../../version-tree/releases.toml");
        let without = |lacking: &BTreeSet<DriverVersion>| -> String {
            let lacks = |line: &str| key(line).is_some_and(|version| lacking.contains(&version));
            needed(text.split_inclusive('\n').filter(|line| !lacks(line)).collect())
        };
        let releases = directory.path().join("releases.toml");
        fs::write(&releases, without(&unknown)).expect("the tree");

        let files = directory.path().join("catalogue");
        fs::create_dir(&files).expect("a directory");
        for entry in fs::read_dir(catalogue()).expect("the catalogue") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("a version");
            let version: Option<DriverVersion> = name.strip_suffix(".txt").and_then(|name| name.parse().ok());
            if version.is_some_and(|version| !unknown.contains(&version)) {
                fs::copy(entry.path(), files.join(name)).expect("a copy");
            }
        }
        Self {
            _directory: directory,
            repository,
            releases,
            catalogue: files,
            expected: unqualified(&without(&unpublished), &unknown),
        }
    }
}

/// With these releases not qualified: that is for people to say.
fn unqualified(text: &str, releases: &BTreeSet<DriverVersion>) -> String {
    let of_them = |line: &str| key(line).is_some_and(|version| releases.contains(&version));
    let lines = text.split_inclusive('\n');
    lines.map(|line| if of_them(line) { line.replace("status = \"qualified\", ", "") } else { line.into() }).collect()
}

/// Without the marks that only the descendants make necessary: a release that nothing but its own line descends from
/// starts a side line.
fn needed(mut text: String) -> String {
    for problem in Tree::parse_unchecked(&text).expect("a tree").validate() {
        if let Problem::NeedlessOutOfOrder { version, .. } = problem {
            let line = text.lines().find(|line| key(line) == Some(version)).expect("its line").to_string();
            text = text.replace(&line, &line.replace(", out_of_order = true", ""));
        }
    }
    text
}

fn key(line: &str) -> Option<DriverVersion> {
    line.strip_prefix('"')?.split_once('"')?.0.parse().ok()
}

/// A repository that has the objects of another, but no tag of these releases, and no branch that has got to them.
fn cut_repository(real: &Path, path: &Path, unpublished: &BTreeSet<DriverVersion>) {
    let original = Repository::open(real).expect("the clone");
    let cut = Repository::init_bare(path).expect("a repository");
    let objects = original.commondir().join("objects");
    let objects = objects.canonicalize().expect("its objects");
    fs::write(path.join("objects/info/alternates"), format!("{}\n", objects.display())).expect("alternates");
    // Opened anew: what it has was looked up before.
    drop(cut);
    let cut = Repository::open(path).expect("the repository");
    let title = |commit: Oid| -> Option<DriverVersion> {
        let commit = original.find_commit(commit).expect("a commit");
        commit.summary().ok().flatten().and_then(|title| title.trim().parse().ok())
    };
    for reference in original.references().expect("references") {
        let reference = reference.expect("a reference");
        let name = reference.name().expect("a name").to_string();
        let target = reference.resolve().expect("no dangling one").target().expect("an object");
        if let Some(tag) = name.strip_prefix("refs/tags/") {
            if tag.parse().is_ok_and(|version| !unpublished.contains(&version)) {
                cut.reference(&name, target, true, "").expect("a tag");
            }
        } else if name.starts_with("refs/heads/") || name.starts_with("refs/remotes/origin/") {
            let mut walk = original.revwalk().expect("a walk");
            walk.push(target).expect("a commit");
            walk.simplify_first_parent().expect("a walk");
            let line: Vec<Oid> = walk.map(|commit| commit.expect("a commit")).collect();
            let above = line.iter().rposition(|commit| title(*commit).is_some_and(|v| unpublished.contains(&v)));
            // From the oldest unpublished one on, nothing is there yet.
            if let Some(tip) = line.get(above.map_or(0, |at| at + 1)) {
                cut.reference(&name, *tip, true, "").expect("a branch");
            }
        }
    }
    cut.set_head("refs/heads/main").expect("a head");
}
