//! `gpu-tools sync`.

use super::Releases;
use super::add_release::{Adding, add};
use ::cli::{Exit, Output};
use anyhow::Result;
use checksum::add::Wanted;

/// Add every release of the driver's repository that the tree lacks, oldest first
///
/// As `add-release` does for each, with one report. A release that is in doubt stays out, with its descendants; the
/// others come in. Installers of which the tree knows nothing are asked for again.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    adding: Adding,
}

pub(crate) fn run(arguments: &Arguments, releases: &Releases, output: &Output) -> Result<Exit> {
    add(&arguments.adding, Wanted::Missing, releases, output)
}
