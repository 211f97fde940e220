//! `gpu-tools install`.

use super::Releases;
use ::cli::{Exit, Output};
use anyhow::{Result, bail};

/// Download, check and run the installer of a release
#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_arguments: &Arguments, _releases: &Releases, _output: &Output) -> Result<Exit> {
    bail!("this command is not built yet")
}
