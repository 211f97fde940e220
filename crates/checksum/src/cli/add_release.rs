//! `gpu-tools add-release`.

use super::Releases;
use ::cli::{Exit, Output};
use anyhow::{Result, bail};

/// Add a release to the tree from the history of the driver's repository
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments, _releases: &Releases, _output: &Output) -> Result<Exit> {
    bail!("this command is not built yet")
}
