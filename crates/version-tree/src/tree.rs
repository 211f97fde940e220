//! The tree of releases.

use std::sync::LazyLock;

use crate::{DriverVersion, Nearest, Problem, Release, Standing, TreeError, UnknownRelease, file, validate};

/// What `releases.toml` says, as constants.
mod embedded {
    use crate::{Headers, Installer, Release, Sha256, Status, version};

    include!(concat!(env!("OUT_DIR"), "/releases.rs"));
}

/// The file the crate carries; a test holds it to all its rules.
static EMBEDDED: LazyLock<Tree> = LazyLock::new(|| Tree::of(embedded::RELEASES.to_vec(), Vec::new()));

/// Releases and their ancestry, sorted by version.
///
/// The links between releases never form a cycle, whatever the file says, so that
/// every method ends: a parent that is missing or would close a cycle is not followed,
/// and [`Tree::validate`] reports it.
#[derive(Clone, Debug)]
pub struct Tree {
    releases: Vec<Release>,
    /// Index of each release's parent.
    parents: Vec<Option<usize>>,
    problems: Vec<Problem>,
}

impl Tree {
    /// The tree this crate was built with.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads and validates a text in the form of `releases.toml`.
    ///
    /// # Errors
    /// When it is not of that form, or [`validate`](Self::validate) finds anything.
    pub fn parse(text: &str) -> Result<Self, TreeError> {
        let tree = Self::parse_unchecked(text)?;
        match tree.validate() {
            problems if problems.is_empty() => Ok(tree),
            problems => Err(TreeError::Invalid(problems)),
        }
    }

    /// Reads a text in the form of `releases.toml`, valid or not, for tools that edit it.
    ///
    /// # Errors
    /// When it is not of that form.
    pub fn parse_unchecked(text: &str) -> Result<Self, TreeError> {
        let (releases, problems) = file::read(text)?;
        Ok(Self::of(releases, problems))
    }

    fn of(mut releases: Vec<Release>, mut problems: Vec<Problem>) -> Self {
        releases.sort_by_key(|release| release.version);
        releases.dedup_by(|again, first| {
            let twice = again.version == first.version;
            if twice {
                problems.push(Problem::Duplicate { version: again.version });
            }
            twice
        });
        let mut tree = Self { parents: vec![None; releases.len()], releases, problems };
        for child in 0..tree.releases.len() {
            tree.link(child);
        }
        tree
    }

    /// Links a release to its parent, unless that would close a cycle.
    fn link(&mut self, child: usize) {
        let version = self.releases[child].version;
        let Some(parent) = self.releases[child].parent else {
            return;
        };
        match self.find(parent) {
            None => self.problems.push(Problem::MissingParent { version, parent }),
            Some(found) if self.ancestors(found).any(|above| above == child) => {
                self.problems.push(Problem::Cycle { version, parent });
            }
            Some(found) => self.parents[child] = Some(found),
        }
    }

    /// Everything that is wrong with the tree; see the header comment of `releases.toml`.
    #[must_use]
    pub fn validate(&self) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        validate::check(self, &mut problems);
        problems
    }

    /// A version as NVIDIA spells it, with its zeros, if the tree has the release.
    #[must_use]
    pub fn spelled(&self, version: DriverVersion) -> DriverVersion {
        self.get(version).map_or(version, |release| release.version)
    }

    /// All releases in version order.
    pub fn iter(&self) -> std::slice::Iter<'_, Release> {
        self.releases.iter()
    }

    /// How many releases there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.releases.len()
    }

    /// Whether there is no release at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.releases.is_empty()
    }

    /// The release of a version.
    #[must_use]
    pub fn get(&self, version: DriverVersion) -> Option<&Release> {
        self.find(version).map(|index| &self.releases[index])
    }

    /// The oldest release without a parent.
    #[must_use]
    pub fn root(&self) -> Option<&Release> {
        self.iter().find(|release| release.parent.is_none())
    }

    /// The release that a release descends from; `None` for the root and unknown versions.
    #[must_use]
    pub fn parent(&self, version: DriverVersion) -> Option<&Release> {
        self.parents[self.find(version)?].map(|index| &self.releases[index])
    }

    /// The releases that descend directly from a release, in version order; none for
    /// an unknown version.
    pub fn children(&self, version: DriverVersion) -> impl Iterator<Item = &Release> {
        let index = self.find(version);
        index.into_iter().flat_map(|index| self.children_of(index)).map(|child| &self.releases[child])
    }

    /// Whether `descendant` descends from `ancestor`; a release does not from itself.
    #[must_use]
    pub fn is_ancestor(&self, ancestor: DriverVersion, descendant: DriverVersion) -> bool {
        let (Some(ancestor), Some(descendant)) = (self.find(ancestor), self.find(descendant)) else {
            return false;
        };
        self.ancestors(descendant).skip(1).any(|above| above == ancestor)
    }

    /// Every release from the root down to this one, both included.
    ///
    /// # Errors
    /// When the version is not in the tree.
    pub fn path(&self, version: DriverVersion) -> Result<Vec<&Release>, UnknownRelease> {
        let mut path: Vec<_> = self.ancestors(self.require(version)?).map(|index| &self.releases[index]).collect();
        path.reverse();
        Ok(path)
    }

    /// The way from one release to another: up to their nearest common ancestor, then
    /// down. A change between the two came in with one of the releases gone down to,
    /// or, seen backwards, with one of those left on the way up.
    ///
    /// # Errors
    /// When one of the versions is not in the tree.
    pub fn path_between(&self, from: DriverVersion, to: DriverVersion) -> Result<PathBetween<'_>, UnknownRelease> {
        let (up, down) = (self.path(from)?, self.path(to)?);
        let shared = up.iter().zip(&down).take_while(|(a, b)| a.version == b.version).count();
        Ok(PathBetween {
            left: up[shared..].iter().rev().copied().collect(),
            common: shared.checked_sub(1).map(|last| up[last]),
            entered: down[shared..].to_vec(),
        })
    }

    /// Index of a version.
    pub(crate) fn find(&self, version: DriverVersion) -> Option<usize> {
        self.releases.binary_search_by_key(&version, |release| release.version).ok()
    }

    /// Index of a version, or the error that says what to do without.
    pub(crate) fn require(&self, version: DriverVersion) -> Result<usize, UnknownRelease> {
        self.find(version).ok_or_else(|| {
            let proved = self.iter().filter(|release| release.standing() == Standing::Proved);
            let proved = Nearest::among(proved.map(|release| release.version), version);
            UnknownRelease { version, nearest: self.nearest(version), proved: proved.older.or(proved.newer) }
        })
    }

    /// A release and those above it, upwards. Ends because links form no cycle.
    pub(crate) fn ancestors(&self, index: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(index), |at| self.parents[*at])
    }

    pub(crate) fn release_at(&self, index: usize) -> &Release {
        &self.releases[index]
    }

    pub(crate) fn parent_of(&self, index: usize) -> Option<usize> {
        self.parents[index]
    }

    /// In version order.
    fn children_of(&self, index: usize) -> impl DoubleEndedIterator<Item = usize> {
        (0..self.parents.len()).filter(move |child| self.parents[*child] == Some(index))
    }

    /// A release and everything below it, each after its parent.
    pub(crate) fn below(&self, index: usize) -> impl Iterator<Item = usize> {
        let mut open = vec![index];
        std::iter::from_fn(move || {
            let next = open.pop()?;
            open.extend(self.children_of(next).rev());
            Some(next)
        })
    }
}

impl<'t> IntoIterator for &'t Tree {
    type Item = &'t Release;
    type IntoIter = std::slice::Iter<'t, Release>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The way between two releases; see [`Tree::path_between`].
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PathBetween<'t> {
    /// The releases above and including the first one that the second does not descend
    /// from, upwards.
    pub left: Vec<&'t Release>,
    /// The nearest common ancestor; one of the two when it is an ancestor of the other.
    /// `None` only where an invalid tree has several roots.
    pub common: Option<&'t Release>,
    /// The releases below the common ancestor, down to and including the second one.
    pub entered: Vec<&'t Release>,
}
