//! Which release packs are in force.

use nvproxy::pack::Packs;
use version_tree::{DriverVersion, Tree};

/// A release of which there is a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasePack {
    /// The release.
    pub release: DriverVersion,
    /// Whether the pack is used.
    pub state: PackState,
}

/// Whether a pack is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackState {
    /// It is.
    InForce {
        /// Where it is.
        path: String,
        /// The release that it is based on.
        ancestor: DriverVersion,
        /// How many entries it leaves out.
        left_out: usize,
    },
    /// This build has proved the release itself.
    NotNeeded,
    /// It cannot be used: why.
    Unusable(String),
}

/// What is made of each pack that there is.
pub(super) fn look(packs: &Packs) -> Vec<ReleasePack> {
    let state = |release| match packs.serve(Tree::embedded(), release) {
        Ok(served) => match served.pack {
            Some(found) => PackState::InForce {
                path: found.path.display().to_string(),
                ancestor: found.pack.ancestor,
                left_out: served.abi.left_out().len(),
            },
            None => PackState::NotNeeded,
        },
        Err(error) => PackState::Unusable(error.to_string()),
    };
    packs.releases().into_iter().map(|release| ReleasePack { release, state: state(release) }).collect()
}
