//! `gpu-tools validate`.

use super::Releases;
use ::cli::{Exit, Output};
use anyhow::{Result, bail};

/// Download installers and compare them with the checksums in the tree
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments, _releases: &Releases, _output: &Output) -> Result<Exit> {
    bail!("this command is not built yet")
}
