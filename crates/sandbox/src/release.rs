//! A release by the words that all commands use for it.

use anyhow::{Context, Result};
use nvproxy::abi::{self, Abi};
use serde::Serialize;
use version_tree::{DriverVersion, Headers, Release, Resolution, Standing, Tree};

/// What the schemas of all commands are numbered with.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// What a version resolves to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Resolved {
    /// How sure what is known of it is.
    pub(crate) standing: Standing,
    /// As NVIDIA spells it.
    pub(crate) release: DriverVersion,
    /// The release it descends from.
    pub(crate) parent: Option<DriverVersion>,
    /// Whether its headers are published, which prove its tables.
    pub(crate) proved: bool,
    /// The release whose tables it has: itself, or the nearest one above it that changes anything.
    pub(crate) abi_since: DriverVersion,
}

impl Resolved {
    pub(crate) fn new(release: &Release) -> Self {
        let tree = Tree::embedded();
        let path = tree.path(release.version).unwrap_or_default();
        let changing = path.iter().rev().find(|above| abi::changes(above.version).next().is_some());
        Self {
            standing: release.standing(),
            release: release.version,
            parent: release.parent,
            proved: release.headers == Headers::Published,
            // What nobody changed since is as it was in the beginning.
            abi_since: changing.or(path.first()).map_or(release.version, |above| above.version),
        }
    }
}

/// What is known of a release, and its tables.
pub(crate) fn compose(version: DriverVersion) -> Result<(Resolution<'static>, Resolved, Abi)> {
    let tree = Tree::embedded();
    // Where the tree lacks the version, this says what to do.
    let abi = Abi::compose(tree, version)?;
    let resolution = tree.resolve(version);
    let resolved = resolution.release().map(Resolved::new).context("the release went away")?;
    Ok((resolution, resolved, abi))
}
