//! One release: what `releases.toml` says about it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::{DriverVersion, Sha256};

/// A driver release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Release {
    /// Its version.
    pub version: DriverVersion,
    /// The release it descends from, as written; `None` for the root.
    pub parent: Option<DriverVersion>,
    /// Whether gVisor tests it on hardware.
    #[serde(rename = "qualified_by", serialize_with = "qualified_by")]
    pub status: Status,
    /// Whether its headers can be had, and so whether its layouts are proved.
    pub headers: Headers,
    /// Numbered lower than its parent although it does not start a side line.
    pub out_of_order: bool,
    /// The installer for x86_64.
    pub x86_64: Installer,
    /// The installer for aarch64.
    pub aarch64: Installer,
}

impl Release {
    /// An ordinary release of which nothing but its place is known.
    #[must_use]
    pub const fn new(version: DriverVersion, parent: Option<DriverVersion>) -> Self {
        Self {
            version,
            parent,
            status: Status::Unqualified,
            headers: Headers::Published,
            out_of_order: false,
            x86_64: Installer::Unknown,
            aarch64: Installer::Unknown,
        }
    }

    /// The installer for one architecture.
    #[must_use]
    pub const fn installer(&self, architecture: Architecture) -> Installer {
        match architecture {
            Architecture::X86_64 => self.x86_64,
            Architecture::Aarch64 => self.aarch64,
        }
    }

    /// What is known of its interface, and from where.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        match self.headers {
            Headers::Published => Standing::Proved,
            Headers::Measured => Standing::Measured,
            Headers::Unpublished => Standing::Inferred,
        }
    }

    /// Who tests the release on hardware, if that is known. That is no proof of its layouts: see
    /// [`standing`](Self::standing).
    #[must_use]
    pub const fn qualified_by(&self) -> Option<&'static str> {
        self.status.qualified_by()
    }
}

fn qualified_by<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    status.qualified_by().serialize(serializer)
}

/// Whether gVisor tests a release on hardware.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// gVisor lists the release with installer checksums and tests it on hardware.
    Qualified,
    /// An ordinary release.
    #[default]
    Unqualified,
}

impl Status {
    /// Who tests the release on hardware, if that is known.
    #[must_use]
    pub const fn qualified_by(self) -> Option<&'static str> {
        match self {
            Self::Qualified => Some("gVisor"),
            Self::Unqualified => None,
        }
    }
}

/// Where what is known of a release's interface comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Headers {
    /// Its headers are in the public git history: its layouts are compared with them.
    #[default]
    Published,
    /// They are not, but an independent record (`crates/parity-test/testdata/measured`) has the sizes of its
    /// control commands and says which of them hold pointers.
    Measured,
    /// They are not, and there is no record: its interface is taken to be that of the release it descends from.
    Unpublished,
}

impl Headers {
    /// Whether the headers are published.
    #[must_use]
    pub const fn published(self) -> bool {
        matches!(self, Self::Published)
    }
}

/// What is known of a release's interface; see [`Resolution`](crate::Resolution).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Taken from the release it descends from; nothing shows that it is the same.
    Inferred,
    /// Sizes and pointers of control commands are known from an independent record; the rest is inferred.
    Measured,
    /// Compared with its published headers.
    Proved,
}

impl Standing {
    /// The name used in every output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Measured => "measured",
            Self::Inferred => "inferred",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is known of the installer of a release for one architecture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Installer {
    /// Nothing.
    #[default]
    Unknown,
    /// NVIDIA publishes none.
    NotPublished,
    /// NVIDIA publishes this one.
    Published {
        /// Its checksum.
        sha256: Sha256,
        /// How many independent public sources agree on the checksum.
        sources: u8,
    },
}

impl Installer {
    /// The checksum, if one is known.
    #[must_use]
    pub const fn sha256(self) -> Option<Sha256> {
        match self {
            Self::Published { sha256, .. } => Some(sha256),
            Self::Unknown | Self::NotPublished => None,
        }
    }
}

/// As in `releases.toml`: a table, `"none"`, or null where nothing is known.
impl Serialize for Installer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Table {
            sha256: Sha256,
            sources: u8,
        }
        match *self {
            Self::Unknown => serializer.serialize_none(),
            Self::NotPublished => serializer.serialize_str("none"),
            Self::Published { sha256, sources } => Table { sha256, sources }.serialize(serializer),
        }
    }
}

/// An architecture NVIDIA publishes installers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// 64-bit x86.
    X86_64,
    /// 64-bit Arm.
    Aarch64,
}

impl Architecture {
    /// Every architecture.
    pub const ALL: [Self; 2] = [Self::X86_64, Self::Aarch64];

    /// The name, as in the file names of installers and the keys of `releases.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Architecture {
    type Err = ArchitectureError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|arch| arch.as_str() == text).ok_or(ArchitectureError)
    }
}

/// A text that names no architecture NVIDIA publishes installers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an architecture with installers: expected x86_64 or aarch64")]
pub struct ArchitectureError;
