//! `gpu-tools sync`.

use super::Releases;
use ::cli::{Exit, Output};
use anyhow::{Result, bail};

/// Add every release that the driver's repository has and the tree lacks
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments, _releases: &Releases, _output: &Output) -> Result<Exit> {
    bail!("this command is not built yet")
}
