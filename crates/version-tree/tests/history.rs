//! Placing releases from small git histories made here.
#![cfg(feature = "git")]

use std::fs;
use std::path::Path;

use git2::{Oid, Repository, Signature};
use tempfile::TempDir;
use version_tree::git::{History, HistoryError, Placement};
use version_tree::{DriverVersion, Nearest, version};

/// A repository in a directory of its own.
struct Fixture {
    directory: TempDir,
    repository: Repository,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let repository = Repository::init_bare(directory.path()).expect("a repository");
        repository.set_head("refs/heads/main").expect("a head");
        Self { directory, repository }
    }

    /// A commit, which becomes the tip of a branch.
    fn commit(&self, branch: &str, parents: &[Oid], title: &str) -> Oid {
        let repository = &self.repository;
        // Named by the branch, so that twins are two commits.
        let author = Signature::new(branch, "a@example.com", &git2::Time::new(0, 0)).expect("a signature");
        let tree = repository.treebuilder(None).and_then(|builder| builder.write()).expect("a tree");
        let tree = repository.find_tree(tree).expect("the tree");
        let parents: Vec<_> = parents.iter().map(|id| repository.find_commit(*id).expect("a parent")).collect();
        let parents: Vec<_> = parents.iter().collect();
        let id = repository.commit(None, &author, &author, title, &tree, &parents).expect("a commit");
        repository.reference(&format!("refs/heads/{branch}"), id, true, "").expect("a branch");
        id
    }

    fn tag(&self, name: &str, target: Oid) {
        self.repository.reference(&format!("refs/tags/{name}"), target, true, "").expect("a tag");
    }

    /// A commit titled by a version and tagged with it.
    fn release(&self, branch: &str, parents: &[Oid], version: &str) -> Oid {
        let id = self.commit(branch, parents, version);
        self.tag(version, id);
        id
    }

    fn open(&self) -> Result<History, HistoryError> {
        History::open(self.directory.path())
    }

    fn place(&self, version: DriverVersion) -> Placement {
        let history = self.open().unwrap_or_else(|error| panic!("{error}"));
        history.place(version).unwrap_or_else(|error| panic!("{error}"))
    }
}

#[test]
fn a_release_on_a_branch_says_where_it_branched_off() {
    let fixture = Fixture::new();
    let first = fixture.release("main", &[], "515.43.04");
    let second = fixture.release("main", &[first], "515.48.07");
    fixture.release("main", &[second], "515.57");
    let beta = fixture.release("VK516_10", &[second], "515.49.05");
    fixture.release("VK516_10", &[beta], "515.49.06");

    let placement = fixture.place(version!("515.49.06"));

    assert_eq!(
        placement,
        Placement {
            version: version!("515.49.06"),
            parent: Some(version!("515.49.05")),
            on_main: false,
            branch: Some("VK516_10".to_owned()),
            branched_off_at: Some(version!("515.48.07")),
            also_on_main: false,
        }
    );
}

#[test]
fn releases_on_main_descend_from_the_untagged_twin() {
    let fixture = Fixture::new();
    let first = fixture.release("main", &[], "570.133.07");
    fixture.release("570", &[first], "570.133.20");
    let twin = fixture.commit("main", &[first], "570.133.20");
    fixture.release("main", &[twin], "575.51.02");

    let (twin, child) = (fixture.place(version!("570.133.20")), fixture.place(version!("575.51.02")));

    assert_eq!((twin.on_main, twin.also_on_main, twin.branch.as_deref()), (false, true, Some("570")));
    assert_eq!((child.parent, child.on_main), (Some(version!("570.133.20")), true));
    assert_eq!(child.branched_off_at, None);
}

#[test]
fn titles_that_are_no_version_are_passed_over() {
    let fixture = Fixture::new();
    let mut tip = fixture.release("main", &[], "515.43.04");
    for title in ["Revert \"515.48.07\"", "515.48.07 is out", "", "\u{0}515", "515", "515.48.07-rc1", "Fix build"] {
        tip = fixture.commit("main", &[tip], &title.replace('\u{0}', "?"));
    }
    fixture.release("main", &[tip], "515.57");
    assert_eq!(fixture.place(version!("515.57")).parent, Some(version!("515.43.04")));
}

#[test]
fn a_history_without_versions_in_titles_goes_by_its_tags() {
    let fixture = Fixture::new();
    let first = fixture.commit("main", &[], "import");
    let second = fixture.commit("main", &[first], "import again");
    fixture.tag("515.43.04", first);
    fixture.tag("515.48.07", second);
    assert_eq!(fixture.place(version!("515.48.07")).parent, Some(version!("515.43.04")));
    assert_eq!(fixture.place(version!("515.43.04")).parent, None);
}

#[test]
fn only_first_parents_count_and_pull_requests_do_not() {
    let fixture = Fixture::new();
    let first = fixture.release("main", &[], "515.43.04");
    let second = fixture.release("main", &[first], "515.48.07");
    let side = fixture.commit("side", &[second], "999.1");
    let merge = fixture.commit("main", &[second, side], "Merge");
    fixture.release("main", &[merge], "515.57");
    fixture.repository.reference("refs/pull/1/head", side, true, "").expect("a pull request");
    assert_eq!(fixture.place(version!("515.57")).parent, Some(version!("515.48.07")));
    assert_eq!(fixture.open().expect("a history").releases().count(), 3);
}

#[test]
fn a_release_whose_branch_is_gone_still_says_where_it_left_main() {
    let fixture = Fixture::new();
    let first = fixture.release("main", &[], "515.43.04");
    fixture.release("gone", &[first], "515.49.05");
    fixture.repository.find_reference("refs/heads/gone").and_then(|mut gone| gone.delete()).expect("deleted");
    let placement = fixture.place(version!("515.49.05"));
    assert_eq!((placement.on_main, placement.branch), (false, None));
    assert_eq!(placement.branched_off_at, Some(version!("515.43.04")));
}

#[test]
fn an_annotated_tag_counts_as_the_commit_it_is_on() {
    let fixture = Fixture::new();
    let first = fixture.release("main", &[], "515.43.04");
    let second = fixture.commit("main", &[first], "515.48.07");
    let target = fixture.repository.find_object(second, None).expect("the commit");
    let author = Signature::new("a", "a@example.com", &git2::Time::new(0, 0)).expect("a signature");
    fixture.repository.tag("515.48.07", &target, &author, "signed", false).expect("a tag");
    let placement = fixture.place(version!("515.48.07"));
    assert_eq!((placement.parent, placement.on_main), (Some(version!("515.43.04")), true));
}

#[test]
fn a_tag_on_something_else_than_a_commit_is_named() {
    let fixture = Fixture::new();
    fixture.release("main", &[], "515.43.04");
    fixture.tag("515.48.07", fixture.repository.blob(b"text").expect("a blob"));
    let history = fixture.open().expect("a history");
    let error = history.place(version!("515.48.07")).unwrap_err();
    assert_eq!(error.to_string(), "the tag 515.48.07 is on a blob, not on a commit, so it has no place in the history");
    assert_eq!(history.releases().collect::<Vec<_>>(), [version!("515.43.04")]);
}

#[test]
fn an_unknown_release_names_the_nearest() {
    let fixture = Fixture::new();
    let first = fixture.release("main", &[], "515.43.04");
    fixture.release("main", &[first], "515.57");
    let error = fixture.open().expect("a history").place(version!("515.48.07")).unwrap_err();
    let expected = Nearest { older: Some(version!("515.43.04")), newer: Some(version!("515.57")) };
    assert!(matches!(error, HistoryError::UnknownRelease { nearest, .. } if nearest == expected), "{error}");
}

#[test]
fn an_empty_repository_has_no_releases() {
    let history = Fixture::new().open().expect("a history");
    assert_eq!(history.releases().count(), 0);
    let error = history.place(version!("515.43.04")).unwrap_err().to_string();
    assert!(error.contains("there is no other"), "{error}");
}

#[test]
fn what_is_no_repository_is_named() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    for path in [directory.path().to_owned(), directory.path().join("absent")] {
        let error = History::open(&path).unwrap_err();
        assert!(matches!(error, HistoryError::NotARepository { .. }), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}

/// Where git keeps an object that is in no pack.
fn object_file(fixture: &Fixture, id: Oid) -> std::path::PathBuf {
    let id = id.to_string();
    fixture.directory.path().join("objects").join(&id[..2]).join(&id[2..])
}

fn overwrite(path: &Path, content: &[u8]) {
    fs::remove_file(path).expect("an object file"); // it is read-only
    fs::write(path, content).expect("written");
}

#[test]
fn a_damaged_object_is_named_and_never_walked_past() {
    type Damage = fn(&Path);
    let damages: [Damage; 3] = [
        |path| fs::remove_file(path).expect("removed"),
        |path| overwrite(path, b"not an object"),
        |path| overwrite(path, &fs::read(path).expect("read")[..20]),
    ];
    for damage in damages {
        let fixture = Fixture::new();
        let first = fixture.release("main", &[], "515.43.04");
        let second = fixture.commit("main", &[first], "515.48.07");
        fixture.release("main", &[second], "515.57");

        damage(&object_file(&fixture, second));

        let error = fixture.open().unwrap_err();
        assert!(matches!(&error, HistoryError::Unreadable { object, .. } if *object == second.to_string()), "{error}");
    }
}
