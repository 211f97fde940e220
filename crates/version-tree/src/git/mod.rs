//! Placing a release from the history of NVIDIA/open-gpu-kernel-modules.
//!
//! Every release is one commit whose title is the version. A release descends from the
//! one met first when walking down the first parents from its tag. A release made on a
//! branch may occur a second time, untagged, on `main`: later releases on `main` then
//! descend from that twin, and the walk finds it by its title.

mod commits;
mod error;
mod loose;

pub use loose::check_loose_object;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use git2::Oid;
use serde::Serialize;

use crate::{DriverVersion, Nearest};
use commits::{Commits, Reader};
pub use error::HistoryError;

/// The releases in a git history, read once and independent of the repository after that.
#[derive(Debug)]
pub struct History {
    commits: Commits,
    /// The commit of each release, or what else its tag is on.
    tags: BTreeMap<DriverVersion, Result<Oid, String>>,
    /// Which line of first parents a commit is on; the lowest-numbered of several.
    lines: HashMap<Oid, usize>,
    /// `main` if there is one, then the branches in the order of their names.
    branches: Vec<Branch>,
    /// The commits on `main` by the version in their titles.
    on_main: HashMap<DriverVersion, Oid>,
}

#[derive(Debug)]
struct Branch {
    name: String,
    main: bool,
    /// The commit it was cut from, on a line of a lower number.
    cut_from: Option<Oid>,
}

/// Where a release sits in the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placement {
    /// The release.
    pub version: DriverVersion,
    /// The release it descends from; `None` for the first.
    pub parent: Option<DriverVersion>,
    /// Whether its tag is on `main`.
    pub on_main: bool,
    /// The branch its tag is on, if it is not on `main` and the branch still exists.
    pub branch: Option<String>,
    /// The last release before that branch left `main` or another branch.
    pub branched_off_at: Option<DriverVersion>,
    /// Whether `main` has it a second time, as a commit without the tag.
    pub also_on_main: bool,
}

impl History {
    /// Reads the history from a git directory, bare or with a work tree. Looks at the
    /// tags that are versions and at the branches, of `origin` too, but not at refs of
    /// other kinds such as pull requests.
    ///
    /// # Errors
    /// When there is no repository, or an object on the way down from a release cannot
    /// be read: with a gap in the history any answer could be wrong.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, HistoryError> {
        let reader = Reader::open(path.as_ref())?;
        let mut commits = Commits::default();
        let tags = reader.tags(&mut commits)?;
        let mut history = Self { commits, tags, lines: HashMap::new(), branches: Vec::new(), on_main: HashMap::new() };
        for (name, tip, main) in reader.branches(&mut history.commits)? {
            history.add_branch(name, tip, main);
        }
        Ok(history)
    }

    /// Claims for a branch the first parents of its tip down to where it was cut from a
    /// branch before it.
    fn add_branch(&mut self, name: String, tip: Oid, main: bool) {
        let number = self.branches.len();
        let mut cut_from = None;
        for commit in self.commits.first_parents(tip) {
            if self.lines.contains_key(&commit) {
                cut_from = Some(commit);
                break;
            }
            self.lines.insert(commit, number);
            if let Some(version) = self.commits.version(commit).filter(|_| main) {
                self.on_main.entry(version).or_insert(commit);
            }
        }
        self.branches.push(Branch { name, main, cut_from });
    }

    /// The releases that have a tag on a commit, in version order.
    pub fn releases(&self) -> impl Iterator<Item = DriverVersion> + Clone {
        self.tags.iter().filter(|(_, commit)| commit.is_ok()).map(|(version, _)| *version)
    }

    /// Where a release sits.
    ///
    /// # Errors
    /// When it has no tag, or the tag is not on a commit.
    pub fn place(&self, version: DriverVersion) -> Result<Placement, HistoryError> {
        let (version, commit) = match self.tags.get_key_value(&version) {
            Some((version, Ok(commit))) => (*version, *commit),
            Some((_, Err(kind))) => {
                return Err(HistoryError::NotACommit { version, kind: kind.clone() });
            }
            None => {
                let nearest = Nearest::among(self.releases(), version);
                return Err(HistoryError::UnknownRelease { version, nearest });
            }
        };
        let branch = self.lines.get(&commit).map(|number| &self.branches[*number]);
        let on_main = branch.is_some_and(|branch| branch.main);
        let cut_from = match branch {
            Some(branch) => branch.cut_from,
            // On no branch that still exists.
            None => self.commits.first_parents(commit).find(|below| self.lines.contains_key(below)),
        };
        Ok(Placement {
            version,
            parent: self.versions_from(commit).find(|below| *below != version),
            on_main,
            branch: branch.filter(|_| !on_main).map(|branch| branch.name.clone()),
            branched_off_at: cut_from.and_then(|commit| self.versions_from(commit).next()),
            also_on_main: !on_main && self.on_main.contains_key(&version),
        })
    }

    /// Every release with its place, in version order.
    pub fn placements(&self) -> impl Iterator<Item = Placement> {
        self.releases().filter_map(|version| self.place(version).ok())
    }

    /// The releases met when walking down the first parents, from a commit on.
    fn versions_from(&self, commit: Oid) -> impl Iterator<Item = DriverVersion> {
        self.commits.first_parents(commit).filter_map(|below| self.commits.version(below))
    }
}
