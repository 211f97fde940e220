//! What a release is learnt from.

use crate::add::Driver;
use driver_differ::extract::{Session, Wanted};
use driver_differ::headers::{self, Tree, declared_version};
use driver_differ::model::Abi;
use nvproxy::printable::{printable, printable_list, printable_message};
use parity_test::firmware;
use std::collections::BTreeMap;
use version_tree::DriverVersion;

/// The headers and the sources of a release.
pub struct Source {
    headers: Abi,
    driver: Driver,
}

/// Why a source tree cannot be learnt from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It cannot be read.
    #[error("{}", printable_message(&.0.to_string()))]
    Unreadable(#[from] headers::Error),
    /// Its headers were not understood.
    #[error("the headers of {release} cannot be read: {}", printable_message(.error))]
    Headers {
        /// The release.
        release: DriverVersion,
        /// Why.
        error: String,
    },
    /// It does not say which release it is of.
    #[error(
        "these sources do not say which release they are of: version.mk has no line with NVIDIA_VERSION, or is not there. If \
         you know that they are those of {0}, write `NVIDIA_VERSION = {0}` into it"
    )]
    Unmarked(DriverVersion),
    /// It is of another release.
    #[error("these sources are of {}, not of {wanted}", printable(.found))]
    OtherRelease {
        /// What they say.
        found: String,
        /// What was asked for.
        wanted: DriverVersion,
    },
    /// The driver's own tables were not understood, so that something would not be compared.
    #[error("the sources of {release} do not look as expected: {}", printable_list(.findings))]
    Sources {
        /// The release.
        release: DriverVersion,
        /// What does not.
        findings: Vec<String>,
    },
}

impl Source {
    /// Reads a release from its source tree: headers, and the driver's tables of commands and what it copies for them.
    ///
    /// # Errors
    /// Something of it cannot be read or is not understood, or it is of another release.
    pub fn read(release: DriverVersion, tree: &dyn Tree, session: &mut Session) -> Result<Self, SourceError> {
        let found = declared_version(tree)?.ok_or(SourceError::Unmarked(release))?;
        if found.parse::<DriverVersion>() != Ok(release) {
            return Err(SourceError::OtherRelease { found, wanted: release });
        }
        let failed = |error: driver_differ::headers::Error| SourceError::Headers { release, error: error.to_string() };
        let (headers, _) = session.extract(tree, Wanted::All).map_err(failed)?;
        let driver = Driver::read(tree)?;
        let mut findings = driver.failures().to_vec();
        if driver.is_empty() {
            findings.push(
                "they have no tables of control commands (src/nvidia/generated), or do not say what the driver copies"
                    .to_owned(),
            );
        }
        if findings.is_empty() { Ok(Self { headers, driver }) } else { Err(SourceError::Sources { release, findings }) }
    }

    /// What its headers define.
    pub fn headers(&self) -> &Abi {
        &self.headers
    }

    /// The control commands that its headers and its driver's method tables have under numbers that mean the GPU's
    /// firmware, with their names in the headers.
    pub fn for_firmware(&self) -> BTreeMap<u32, Option<String>> {
        let mut found: BTreeMap<u32, Option<String>> =
            self.driver.for_firmware().into_keys().map(|number| (number, None)).collect();
        found.extend(firmware::of_headers(&self.headers.nonuvm).into_iter().map(|(number, name)| (number, Some(name))));
        found
    }

    pub(super) fn driver(&self) -> &Driver {
        &self.driver
    }
}
