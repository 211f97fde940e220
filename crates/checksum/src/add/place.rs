//! Where a release sits in the driver's history, and every reason to doubt that.

use git2::{Oid, Repository};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use version_tree::DriverVersion;
use version_tree::git::{History, Placement};

use super::{Doubt, Error};

/// What of a release's sources makes up its interface. Two commits of one release may differ in all else: those on
/// branches have other files for reporting bugs.
const INTERFACE: [&str; 6] = [
    "src/common/sdk/nvidia/inc",
    "src/common/shared/inc",
    "src/nvidia/arch/nvalloc/unix/include",
    "kernel-open/common/inc",
    "kernel-open/nvidia-uvm/uvm_ioctl.h",
    "kernel-open/nvidia-uvm/uvm_linux_ioctl.h",
];
/// Most commits that are looked at. The driver's history has some hundreds.
const MAX_COMMITS: usize = 1 << 20;

/// A clone of the driver's sources, with what its history says of releases.
pub(super) struct Clone {
    path: PathBuf,
    history: History,
    repository: Repository,
    /// The tags of each release as they are written.
    tags: BTreeMap<DriverVersion, Vec<String>>,
    /// The commits titled by each release.
    titled: BTreeMap<DriverVersion, Vec<Oid>>,
}

/// A release's place, and the commit that says so.
#[derive(Debug, Clone)]
pub struct Place {
    /// Where it sits.
    pub placement: Placement,
    /// Its commit.
    pub commit: String,
}

impl Clone {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        // It reads every commit on the way down, and checks that each is what its name says.
        let history = History::open(path)?;
        let repository = Repository::open(path)?;
        let mut tags: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for name in repository.tag_names(None)?.iter().flatten().flatten() {
            if let Ok(version) = name.parse::<DriverVersion>() {
                tags.entry(version).or_default().push(name.to_string());
            }
        }
        let titled = titled(&repository)?;
        Ok(Self { path: path.to_path_buf(), history, repository, tags, titled })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The releases that have a tag, whatever it is on.
    pub(super) fn releases(&self) -> impl Iterator<Item = DriverVersion> {
        self.tags.keys().copied()
    }

    /// A release's place, if there is only one that it can have.
    pub(super) fn place(&self, version: DriverVersion) -> Result<Place, Doubt> {
        if let Some([first, second, ..]) = self.tags.get(&version).map(Vec::as_slice) {
            return Err(Doubt::TwoTags { version, first: first.clone(), second: second.clone() });
        }
        let placement = self.history.place(version).map_err(|error| Doubt::NoPlace { error: error.to_string() })?;
        // As the tag writes it, whatever zeros it was asked for with.
        let version = placement.version;
        let commit = self.tagged(version)?;
        if !self.titled.get(&version).is_some_and(|commits| commits.contains(&commit)) {
            return Err(Doubt::Title { version, title: self.title(commit) });
        }
        for other in self.titled.get(&version).into_iter().flatten().filter(|other| **other != commit) {
            if let Some(path) = self.differ(commit, *other)? {
                let commits = [short(commit), short(*other)];
                return Err(Doubt::Twins { version, commits, path });
            }
        }
        if let Some(parent) = placement.parent.filter(|parent| !self.tags.contains_key(parent)) {
            return Err(Doubt::ParentWithoutTag { version, parent });
        }
        Ok(Place { placement, commit: short(commit) })
    }

    /// When a release was committed; `None` where the clone does not have it.
    pub(super) fn committed(&self, version: DriverVersion) -> Option<SystemTime> {
        // As its tag writes it.
        let name = self.tags.get(&version)?.first()?;
        let commit = self.repository.find_reference(&format!("refs/tags/{name}")).ok()?.peel_to_commit().ok()?;
        let seconds = u64::try_from(commit.time().seconds()).unwrap_or_default();
        UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }

    fn tagged(&self, version: DriverVersion) -> Result<Oid, Doubt> {
        let found = self.repository.find_reference(&format!("refs/tags/{version}"));
        let commit = found.and_then(|reference| reference.peel_to_commit()).map(|commit| commit.id());
        commit.map_err(|error| unreadable(&error))
    }

    fn title(&self, commit: Oid) -> String {
        let found = self.repository.find_commit(commit).ok();
        found.and_then(|commit| commit.summary().ok().flatten().map(str::to_string)).unwrap_or_default()
    }

    /// The first part of the interface that two commits do not have in common.
    fn differ(&self, one: Oid, other: Oid) -> Result<Option<&'static str>, Doubt> {
        let tree = |commit| self.repository.find_commit(commit).and_then(|commit| commit.tree());
        let (one, other) = (tree(one).map_err(|e| unreadable(&e))?, tree(other).map_err(|e| unreadable(&e))?);
        let at = |tree: &git2::Tree<'_>, path: &str| tree.get_path(Path::new(path)).ok().map(|entry| entry.id());
        Ok(INTERFACE.into_iter().find(|path| at(&one, path) != at(&other, path)))
    }
}

fn unreadable(error: &git2::Error) -> Doubt {
    Doubt::NoPlace { error: error.message().to_string() }
}

/// Enough of a commit's name to find it.
fn short(commit: Oid) -> String {
    commit.to_string().chars().take(12).collect()
}

/// The commits that are titled by a release, on branches and below tags.
fn titled(repository: &Repository) -> Result<BTreeMap<DriverVersion, Vec<Oid>>, Error> {
    let mut walk = repository.revwalk()?;
    for glob in ["refs/heads/*", "refs/remotes/origin/*", "refs/tags/*"] {
        for reference in repository.references_glob(glob)? {
            // A tag need not be on a commit; one of a release that is not is said where that is placed.
            if let Ok(commit) = reference?.peel_to_commit() {
                walk.push(commit.id())?;
            }
        }
    }
    walk.simplify_first_parent()?;
    let mut titled: BTreeMap<DriverVersion, Vec<Oid>> = BTreeMap::new();
    for commit in walk.take(MAX_COMMITS) {
        let commit = repository.find_commit(commit?)?;
        let title = commit.summary_bytes().and_then(|title| std::str::from_utf8(title).ok());
        if let Some(version) = title.and_then(|title| title.trim().parse().ok()) {
            titled.entry(version).or_default().push(commit.id());
        }
    }
    Ok(titled)
}
