//! `nvproxy abi diff A B`.

use super::Format;
use super::exit::Exit;
use super::output::Output;
use anyhow::Result;
use version_tree::DriverVersion;

pub(crate) fn run(output: &Output, base: DriverVersion, next: DriverVersion, _format: Format) -> Result<Exit> {
    output.print(&format!("{base} {next}\n"))?;
    Ok(Exit::Done)
}
