//! `gpu-tools resolve`.

use super::Releases;
use ::cli::{Exit, Format, Output};
use anyhow::Result;
use serde::Serialize;
use version_tree::{Architecture, DriverVersion, Installer, Release, Resolution};

/// Say what is known about a driver version
///
/// Exit status 1 tells that it is not in the tree.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The version, as the driver prints it
    #[arg(value_name = "VERSION")]
    version: DriverVersion,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Serialize)]
struct Resolved<'t> {
    schema_version: u32,
    asked: DriverVersion,
    #[serde(flatten)]
    resolution: &'t Resolution<'t>,
}

pub(crate) fn run(arguments: &Arguments, releases: &Releases, output: &Output) -> Result<Exit> {
    let tree = releases.tree()?;
    let resolution = tree.resolve(arguments.version);
    match arguments.format {
        Format::Json => {
            output.json(&Resolved { schema_version: 2, asked: arguments.version, resolution: &resolution })?;
        }
        Format::Text => {
            output.print(&format!("{resolution}.\n{}", resolution.release().map(more).unwrap_or_default()))?;
        }
    }
    Ok(if resolution.release().is_some() { Exit::Done } else { Exit::Finding })
}

/// Where it stands, and its installers.
fn more(release: &Release) -> String {
    let mut out = match release.parent {
        Some(parent) => format!("  parent   {parent}\n"),
        None => "  the root of the tree\n".to_owned(),
    };
    for arch in Architecture::ALL {
        let installer = match release.installer(arch) {
            Installer::Unknown => "installer not known".to_owned(),
            Installer::NotPublished => "no installer".to_owned(),
            Installer::Published { sha256, .. } => sha256.to_string(),
        };
        out += &format!("  {arch:<7}  {installer}\n");
    }
    out
}
