//! `gpu-tools checksum`.

use super::Releases;
use ::cli::{Exit, Output};
use anyhow::{Result, bail};

/// Download the installers of a release and print their SHA-256
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments, _releases: &Releases, _output: &Output) -> Result<Exit> {
    bail!("this command is not built yet")
}
