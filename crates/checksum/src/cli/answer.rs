//! What was found out about an installer, beside what the tree says of it.

use checksum::fetch::{Fault, Found};
use serde::Serialize;
use version_tree::{Architecture, DriverVersion, Installer, Release, Sha256};

const SCHEMA_VERSION: u32 = 1;

/// What a download says of what the tree says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// The same.
    Agrees,
    /// The tree says nothing.
    NotRecorded,
    /// Another checksum.
    Mismatch,
    /// The tree has a checksum, the server no installer.
    Gone,
    /// The tree says that there is none, but there is.
    Appeared,
    /// It could not be found out.
    Failed,
}

impl Verdict {
    pub(crate) const ALL: [Self; 6] =
        [Self::Agrees, Self::NotRecorded, Self::Mismatch, Self::Gone, Self::Appeared, Self::Failed];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::NotRecorded => "not recorded",
            Self::Mismatch => "MISMATCH",
            Self::Gone => "gone",
            Self::Appeared => "appeared",
            Self::Failed => "failed",
        }
    }

    /// Whether the tree and the server contradict each other.
    pub(crate) const fn contradicts(self) -> bool {
        matches!(self, Self::Mismatch | Self::Gone | Self::Appeared)
    }
}

/// An installer: as published, and as recorded.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    schema_version: u32,
    pub(crate) version: DriverVersion,
    pub(crate) arch: Architecture,
    /// `installer`, `no installer`, or null where it is not known.
    pub(crate) found: Option<&'static str>,
    pub(crate) sha256: Option<Sha256>,
    pub(crate) bytes: Option<u64>,
    pub(crate) url: Option<String>,
    pub(crate) recorded: Installer,
    pub(crate) verdict: Verdict,
    pub(crate) error: Option<String>,
}

impl Answer {
    pub(crate) fn new(
        version: DriverVersion,
        arch: Architecture,
        release: Option<&Release>,
        found: Result<Found, Fault>,
    ) -> Self {
        let recorded = release.map_or(Installer::Unknown, |release| release.installer(arch));
        let verdict = match (&found, recorded) {
            (Err(_), _) => Verdict::Failed,
            (Ok(_), Installer::Unknown) => Verdict::NotRecorded,
            (Ok(Found::Installer { sha256, .. }), Installer::Published { sha256: known, .. }) if *sha256 == known => {
                Verdict::Agrees
            }
            (Ok(Found::Installer { .. }), Installer::Published { .. }) => Verdict::Mismatch,
            (Ok(Found::Nothing), Installer::NotPublished) => Verdict::Agrees,
            (Ok(Found::Nothing), Installer::Published { .. }) => Verdict::Gone,
            (Ok(Found::Installer { .. }), Installer::NotPublished) => Verdict::Appeared,
        };
        let none = Self {
            schema_version: SCHEMA_VERSION,
            version,
            arch,
            found: None,
            sha256: None,
            bytes: None,
            url: None,
            recorded,
            verdict,
            error: None,
        };
        match found {
            Ok(Found::Installer { url, bytes, sha256 }) => Self {
                found: Some("installer"),
                sha256: Some(sha256),
                bytes: Some(bytes),
                url: Some(url).filter(|url| !url.is_empty()),
                ..none
            },
            Ok(Found::Nothing) => Self { found: Some("no installer"), ..none },
            Err(fault) => Self { error: Some(fault.to_string()), ..none },
        }
    }

    /// Where tree and server differ, or why it is not known, in words.
    pub(crate) fn detail(&self) -> String {
        let recorded = self.recorded.sha256().map(|sum| sum.to_string()).unwrap_or_default();
        match (self.verdict, self.sha256) {
            (Verdict::Mismatch, Some(sum)) => format!("the tree has {recorded}, the installer is {sum}"),
            (Verdict::Gone, _) => format!("the tree has {recorded}, the server no installer"),
            (Verdict::Appeared, Some(sum)) => format!("the tree says none, the server has {sum}"),
            _ => self.error.clone().unwrap_or_default(),
        }
    }
}
