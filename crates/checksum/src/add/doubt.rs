//! Why a release is not added.

use std::path::PathBuf;
use version_tree::{DriverVersion, TreeError};

/// Why nothing at all can be said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The clone's history cannot be read.
    #[error(transparent)]
    History(#[from] version_tree::git::HistoryError),
    /// The clone cannot be read.
    #[error(transparent)]
    Repository(#[from] driver_differ::source::RepositoryError),
    /// The clone cannot be read.
    #[error("the repository cannot be read: {}; `git fsck` tells more", .0.message())]
    Git(#[from] git2::Error),
    /// The driver's sources cannot be read.
    #[error(transparent)]
    Sources(#[from] driver_differ::headers::Error),
    /// The catalogue of this build cannot be read.
    #[error(transparent)]
    BuiltIn(#[from] driver_differ::catalogue::Error),
    /// The tree is not valid before anything is added to it.
    #[error("{path}: {error}")]
    Tree {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: Box<TreeError>,
    },
    /// A file cannot be read.
    #[error("{path} cannot be read: {error}")]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file of the catalogue is not of its form.
    #[error("{path}:{line}: {what}; `driver-differ catalogue update` writes it anew")]
    Catalogue {
        /// The file.
        path: PathBuf,
        /// The line at fault, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// The tree cannot be written.
    #[error(transparent)]
    Edit(#[from] version_tree::edit::EditError),
    /// A file cannot be written.
    #[error("{path} cannot be written: {error}; nothing that counts has changed, run the command again")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Somebody else edited the tree meanwhile.
    #[error("{path} was changed while this was worked out; nothing is written, run the command again")]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

/// Why a release's place or content is not beyond doubt; a person has to look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Doubt {
    /// Its tag has no place in the history.
    #[error("{error}")]
    NoPlace {
        /// Why not.
        error: String,
    },
    /// One release, two tags.
    #[error("{version} has two tags, {first} and {second}: see which of them the driver calls itself")]
    TwoTags {
        /// The release.
        version: DriverVersion,
        /// A tag.
        first: String,
        /// Another.
        second: String,
    },
    /// Every release is a commit whose title is its version; this is not.
    #[error("the tag {version} is on a commit titled {title:?}, not {version}: see what that commit is")]
    Title {
        /// The release.
        version: DriverVersion,
        /// The commit's title.
        title: String,
    },
    /// Two commits of that title differ in what matters.
    #[error(
        "two commits are titled {version}, {} and {}, and their {path} differ: see which of them was released",
        commits[0], commits[1]
    )]
    Twins {
        /// The release.
        version: DriverVersion,
        /// The tagged commit, and the other.
        commits: [String; 2],
        /// What of them differs.
        path: &'static str,
    },
    /// The release below it is known by its title only.
    #[error("{version} descends from {parent}, which has no tag: its headers cannot be told from others")]
    ParentWithoutTag {
        /// The release.
        version: DriverVersion,
        /// Its parent.
        parent: DriverVersion,
    },
    /// Its history and the tree's do not meet.
    #[error(
        "{version} descends from no release of the tree: is the clone of NVIDIA/open-gpu-kernel-modules, and whole?"
    )]
    Rootless {
        /// The release.
        version: DriverVersion,
    },
    /// The tree has it elsewhere.
    #[error("the tree has {version} under {}, the history under {}: see which is right", parent_name(*tree), parent_name(*history))]
    Elsewhere {
        /// The release.
        version: DriverVersion,
        /// Its parent in the tree.
        tree: Option<DriverVersion>,
        /// Its parent in the history.
        history: Option<DriverVersion>,
    },
    /// What came before it is in doubt.
    #[error("{version} descends from {ancestor}, which is in doubt")]
    Ancestor {
        /// The release.
        version: DriverVersion,
        /// The release in doubt.
        ancestor: DriverVersion,
    },
    /// The tree would not keep its rules.
    #[error("with {version} the release tree breaks its rules: {}", problems.join("; "))]
    Rules {
        /// The release.
        version: DriverVersion,
        /// Which.
        problems: Vec<String>,
    },
    /// Its headers cannot be read.
    #[error("the headers of {version} cannot be read: {error}")]
    Headers {
        /// The release.
        version: DriverVersion,
        /// Why not.
        error: String,
    },
    /// The catalogue lacks its parent.
    #[error("the catalogue has no file for {parent}; `driver-differ catalogue update` writes it")]
    NotCatalogued {
        /// The parent.
        parent: DriverVersion,
    },
    /// The catalogue has its parent otherwise than the headers.
    #[error(
        "what the catalogue says of {parent} is not what its headers say; `driver-differ catalogue check` tells more"
    )]
    CatalogueDiffers {
        /// The parent.
        parent: DriverVersion,
    },
}

impl Doubt {
    /// Whether something could not be read, rather than be decided.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::NoPlace { .. } | Self::Headers { .. })
    }
}

fn parent_name(parent: Option<DriverVersion>) -> String {
    parent.map_or_else(|| "nothing".to_string(), |parent| parent.to_string())
}
