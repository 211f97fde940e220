//! A release by the words that all commands use for it.

use anyhow::{Context, Result};
use nvproxy::abi::{self, Abi};
use nvproxy::pack::{Packs, Served};
use serde::Serialize;
use std::path::PathBuf;
use version_tree::{DriverVersion, Release, Standing, Tree};

/// What the schemas of all commands are numbered with, but for those below.
pub(crate) const SCHEMA_VERSION: u32 = 1;
/// What the schemas are numbered with that say what is known of a release.
pub(crate) const RELEASE_SCHEMA_VERSION: u32 = 2;

/// What a version resolves to.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Resolved {
    /// What is known of it, and from where.
    pub(crate) standing: Standing,
    /// Who tests it on hardware.
    pub(crate) qualified_by: Option<&'static str>,
    /// As NVIDIA spells it.
    pub(crate) release: DriverVersion,
    /// The release it descends from; with a pack, the one that the pack is based on.
    pub(crate) parent: Option<DriverVersion>,
    /// The release whose tables it has: itself, or the nearest one above it that changes anything.
    pub(crate) abi_since: DriverVersion,
    /// The release pack that its tables come from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pack: Option<PathBuf>,
}

impl Resolved {
    pub(crate) fn new(release: &Release) -> Self {
        let tree = Tree::embedded();
        let path = tree.path(release.version).unwrap_or_default();
        let changing = path.iter().rev().find(|above| abi::changes(above.version).next().is_some());
        Self {
            standing: release.standing(),
            qualified_by: release.qualified_by(),
            release: release.version,
            parent: release.parent,
            // What no release changed since is as it was in the beginning.
            abi_since: changing.or(path.first()).map_or(release.version, |above| above.version),
            pack: None,
        }
    }
}

/// A release, what is known of it, and its tables.
pub(crate) struct Known {
    /// The first in a sentence.
    pub(crate) words: String,
    pub(crate) resolved: Resolved,
    pub(crate) abi: Abi,
}

/// The tables that `run` serves a release with.
pub(crate) fn compose(packs: &Packs, version: DriverVersion) -> Result<Known> {
    let tree = Tree::embedded();
    // Where neither the tree nor a pack has the version, this says what to do.
    let Served { abi, pack } = packs.serve(tree, version)?;
    let resolution = tree.resolve(version);
    let Some(pack) = pack else {
        let resolved = resolution.release().map(Resolved::new).context("the release went away")?;
        return Ok(Known { words: resolution.to_string(), resolved, abi });
    };
    let words = format!(
        "{version} is proved by a release pack: {}, learnt from its headers and based on {}",
        pack.path.display(),
        pack.pack.ancestor
    );
    let resolved = Resolved {
        standing: abi.standing(),
        qualified_by: resolution.release().and_then(Release::qualified_by),
        release: version,
        parent: Some(pack.pack.ancestor),
        abi_since: version,
        pack: Some(pack.path),
    };
    Ok(Known { words, resolved, abi })
}

/// The directories that packs are looked for in: the one that was given, or the standard ones.
pub(crate) fn packs(given: Option<PathBuf>) -> Result<Packs> {
    let Some(directory) = given else { return Ok(Packs::standard()) };
    std::fs::read_dir(&directory).with_context(|| format!("no release packs in {}", directory.display()))?;
    Ok(Packs::at(directory))
}
