//! `gpu-tools list`.

use super::Releases;
use ::cli::{Exit, Output};
use anyhow::{Result, bail};

/// List the releases and the checksums of their installers
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments, _releases: &Releases, _output: &Output) -> Result<Exit> {
    bail!("this command is not built yet")
}
