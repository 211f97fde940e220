//! What the tree can say about the driver of a host.

use std::fmt;

use serde::Serialize;

use crate::{DriverVersion, Release, Standing, Tree};

/// The answer to "which ABI does this driver have, and how sure is that?".
///
/// It is never a guess: a version that is not in the tree is [`Unknown`](Self::Unknown),
/// however close its relatives are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "standing", rename_all = "snake_case")]
pub enum Resolution<'t> {
    /// Tested on hardware, as gVisor publishes, with checksums. Its headers
    /// need not be published; [`Release::headers`] tells.
    Qualified(&'t Release),
    /// In the tree and proved by header parity, not qualified.
    Known(&'t Release),
    /// In the tree from published lists, its headers not at hand, unproved.
    Listed(&'t Release),
    /// Not in the tree: the nearest relatives, and what to do next.
    Unknown(UnknownRelease),
}

impl<'t> Resolution<'t> {
    /// The release, if it is in the tree.
    #[must_use]
    pub const fn release(&self) -> Option<&'t Release> {
        match self {
            Self::Qualified(release) | Self::Known(release) | Self::Listed(release) => Some(release),
            Self::Unknown(_) => None,
        }
    }
}

impl fmt::Display for Resolution<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Qualified(release) => {
                write!(f, "{} is qualified: tested on hardware, as gVisor publishes", release.version)
            }
            Self::Known(release) => {
                write!(f, "{} is known: proved by comparison with its headers, not tested on hardware", release.version)
            }
            Self::Listed(release) => write!(
                f,
                "{} is listed only: its headers were not at hand, so nothing about it is proved",
                release.version
            ),
            Self::Unknown(unknown) => unknown.fmt(f),
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
    /// The nearest release that is qualified or known, an older one if there is one.
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
                "use a newer build of this program, or add the release to its sources, if the headers are published, by \
                 `gpu-tools add-release {version}`"
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
                Standing::Qualified => Resolution::Qualified(release),
                Standing::Known => Resolution::Known(release),
                Standing::Listed => Resolution::Listed(release),
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
