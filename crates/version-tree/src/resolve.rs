//! What the tree can say about the driver of a host.

use std::fmt;

use serde::Serialize;

use crate::{DriverVersion, Release, Standing, Tree};

/// The answer to "which ABI does this driver have, and how is that known?".
///
/// It is never a guess: a version that is not in the tree is [`Unknown`](Self::Unknown),
/// however close its relatives are. Whether gVisor tests a release on hardware is another
/// question: see [`Release::qualified_by`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Resolution<'t> {
    /// The tables of the release were compared with its published headers.
    Proved(&'t Release),
    /// Its headers are not published, but an independent record has the sizes and pointers of its
    /// control commands.
    Measured(&'t Release),
    /// Its headers are not published, so its interface is taken to be that of the release it
    /// descends from.
    Inferred(&'t Release),
    /// Not in the tree: the nearest relatives, and what to do next.
    Unknown(UnknownRelease),
}

impl<'t> Resolution<'t> {
    /// The release, if it is in the tree.
    #[must_use]
    pub const fn release(&self) -> Option<&'t Release> {
        match self {
            Self::Proved(release) | Self::Measured(release) | Self::Inferred(release) => Some(release),
            Self::Unknown(_) => None,
        }
    }
}

impl fmt::Display for Resolution<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (release, known) = match self {
            Self::Proved(release) => (release, "is proved: its tables were compared with its headers"),
            Self::Measured(release) => (
                release,
                "is measured: its headers are not published, but a record made by others has the sizes and pointers of \
                 its control commands; the rest is inferred",
            ),
            Self::Inferred(release) => (release, "is inferred: its headers are not published"),
            Self::Unknown(unknown) => return unknown.fmt(f),
        };
        write!(f, "{} {known}", release.version)?;
        if let (Self::Inferred(_), Some(parent)) = (self, release.parent) {
            write!(f, ", so its tables are those of {parent} and what is known to have changed since")?;
        }
        match release.qualified_by() {
            Some(who) => write!(f, "; qualified by {who} on hardware"),
            None => Ok(()),
        }
    }
}

/// A version that is not in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("driver {version} is not in the release tree; {nearest}. {}", self.hint())]
pub struct UnknownRelease {
    /// The version.
    pub version: DriverVersion,
    /// Its relatives.
    #[serde(flatten)]
    pub nearest: Nearest,
    /// The nearest release whose headers are published, an older one if there is one.
    pub proved: Option<DriverVersion>,
}

impl UnknownRelease {
    /// What to do next.
    #[must_use]
    pub fn hint(&self) -> String {
        let Self { version, nearest, proved } = self;
        let install = proved.map(|proved| format!("install a driver that is, such as {proved}"));
        // What is older than all will not come in any more.
        let add = (nearest.older.is_some() || nearest.newer.is_none()).then(|| {
            format!(
                "let `gpu-tools learn {version}` make a release pack of its headers, if they are published, or use a \
                 newer build of this program"
            )
        });
        format!("What can be done: {}", install.into_iter().chain(add).collect::<Vec<_>>().join(", or "))
    }
}

/// The releases next to a version by number.
///
/// They are of the same branch where it has any on that side, else of the nearest
/// branch that is in the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Nearest {
    /// The newest older release.
    pub older: Option<DriverVersion>,
    /// The oldest newer release.
    pub newer: Option<DriverVersion>,
}

impl Nearest {
    /// By number, the neighbours are of the same branch whenever it has one on that side.
    pub(crate) fn among(versions: impl Iterator<Item = DriverVersion> + Clone, version: DriverVersion) -> Self {
        let older = versions.clone().filter(|other| *other < version).max();
        Self { older, newer: versions.filter(|other| *other > version).min() }
    }
}

impl fmt::Display for Nearest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.older, self.newer) {
            (Some(older), Some(newer)) => write!(f, "it falls between {older} and {newer}"),
            (Some(older), None) => write!(f, "it is newer than {older}, the newest there is"),
            (None, Some(newer)) => write!(f, "it is older than {newer}, the oldest there is"),
            (None, None) => f.write_str("there is no other"),
        }
    }
}

impl Tree {
    /// What is known about a driver version, such as that of a host.
    #[must_use]
    pub fn resolve(&self, version: DriverVersion) -> Resolution<'_> {
        match self.require(version).map(|index| self.release_at(index)) {
            Err(unknown) => Resolution::Unknown(unknown),
            Ok(release) => match release.standing() {
                Standing::Proved => Resolution::Proved(release),
                Standing::Measured => Resolution::Measured(release),
                Standing::Inferred => Resolution::Inferred(release),
            },
        }
    }

    /// The releases next to a version, which need not be in the tree.
    #[must_use]
    pub fn nearest(&self, version: DriverVersion) -> Nearest {
        // Sorted by number, the neighbours are of the same branch whenever it has one on
        // that side.
        Nearest::among(self.iter().map(|release| release.version), version)
    }
}
