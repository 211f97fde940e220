//! A release by the words that all commands use for it.

use anyhow::{Context, Result};
use nvproxy::abi::{self, Abi};
use nvproxy::pack::{NotServed, Origin, Packs, Served};
use nvproxy::printable::printable_path;
use serde::Serialize;
use std::path::PathBuf;
use version_tree::{DriverVersion, Release, Resolution, Standing, Tree};

/// The schema version of every JSON document but those that say how a release is known.
pub(crate) const SCHEMA_VERSION: u32 = 1;
/// The schema version of those.
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
    /// What is known of it, as the beginning of a sentence.
    pub(crate) words: String,
    pub(crate) resolved: Resolved,
    pub(crate) abi: Abi,
    /// Who put its release pack there; `None` if its tables are compiled.
    pub(crate) pack: Option<Origin>,
}

/// The tables that `run` serves a release with.
///
/// # Errors
/// Neither the tree nor a pack has the release, or its pack cannot be used.
pub(crate) fn compose(packs: &Packs, version: DriverVersion) -> Result<Known, NotServed> {
    let tree = Tree::embedded();
    let Served { abi, pack } = packs.serve(tree, version)?;
    let resolution = tree.resolve(version);
    let Some(pack) = pack else {
        let words = resolution.to_string();
        return match resolution {
            Resolution::Proved(release) | Resolution::Measured(release) | Resolution::Inferred(release) => {
                Ok(Known { words, resolved: Resolved::new(release), abi, pack: None })
            }
            Resolution::Unknown(unknown) => Err(unknown.into()),
        };
    };
    let words = format!(
        "{version} is proved by a release pack: {}, learnt from its headers and based on {}",
        printable_path(&pack.path),
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
    Ok(Known { words, resolved, abi, pack: Some(pack.origin) })
}

/// The directories that packs are looked for in: the one that was given, or the standard ones.
pub(crate) fn packs(given: Option<PathBuf>) -> Result<Packs> {
    let Some(directory) = given else { return Ok(Packs::standard()) };
    std::fs::read_dir(&directory).with_context(|| format!("no release packs in {}", directory.display()))?;
    Ok(Packs::at(directory))
}
