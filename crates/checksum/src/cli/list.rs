//! `gpu-tools list`.

use super::Releases;
use ::cli::columns::{Line, Side, columns};
use ::cli::output::count;
use ::cli::{Exit, Format, Output};
use anyhow::Result;
use serde::Serialize;
use version_tree::{Architecture, DriverVersion, Headers, Installer, Release, Standing, Tree};

/// List the releases and the checksums of their installers
///
/// In JSON, an object per release and architecture, each on a line.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How to print the list
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How much of a checksum tells installers apart at a glance.
const SHORT: usize = 12;

#[derive(Serialize)]
struct Entry {
    schema_version: u32,
    version: DriverVersion,
    arch: Architecture,
    parent: Option<DriverVersion>,
    standing: Standing,
    qualified_by: Option<&'static str>,
    headers: Headers,
    installer: Installer,
}

pub(crate) fn run(arguments: &Arguments, releases: &Releases, output: &Output) -> Result<Exit> {
    let tree = releases.tree()?;
    let text = match arguments.format {
        Format::Text => text(&tree),
        Format::Json => {
            let mut lines = String::new();
            for release in &tree {
                for arch in Architecture::ALL {
                    lines += &serde_json::to_string(&entry(release, arch))?;
                    lines.push('\n');
                }
            }
            lines
        }
    };
    output.print(&text)?;
    Ok(Exit::Done)
}

fn entry(release: &Release, arch: Architecture) -> Entry {
    Entry {
        schema_version: 2,
        version: release.version,
        arch,
        parent: release.parent,
        standing: release.standing(),
        qualified_by: release.qualified_by(),
        headers: release.headers,
        installer: release.installer(arch),
    }
}

fn text(tree: &Tree) -> String {
    let titles = ["release", "standing", "qualified", "parent", "x86_64", "aarch64"].map(|title| (title, Side::Left));
    let rows: Vec<Line> = tree
        .iter()
        .map(|release| {
            Line::Row(vec![
                release.version.to_string(),
                release.standing().to_string(),
                release.qualified_by().map(|who| format!("by {who}")).unwrap_or_default(),
                release.parent.map(|parent| parent.to_string()).unwrap_or_default(),
                installer(release.x86_64),
                installer(release.aarch64),
            ])
        })
        .collect();
    let known = |arch| tree.iter().filter(|release| release.installer(arch).sha256().is_some()).count();
    format!(
        "{}{}; checksums of {} installers for x86_64, {} for aarch64\n",
        columns(&titles, &rows),
        count(tree.len(), "release", "releases"),
        known(Architecture::X86_64),
        known(Architecture::Aarch64)
    )
}

fn installer(installer: Installer) -> String {
    match installer {
        Installer::Unknown => "?".to_owned(),
        Installer::NotPublished => "none".to_owned(),
        Installer::Published { sha256, .. } => sha256.to_string().chars().take(SHORT).collect(),
    }
}
