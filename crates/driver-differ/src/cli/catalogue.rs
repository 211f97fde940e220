//! `driver-differ catalogue`.

use super::Common;
use super::exit::Exit;
use super::output::Output;
use super::sources::Sources;
use anyhow::{Result, bail};
use clap::Subcommand;
use driver_differ::catalogue::{Catalogue, update};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write the catalogue's text files from a repository; the next build packs them
    Update {
        /// Where the files are
        #[arg(long, value_name = "DIR", default_value = "crates/driver-differ/catalogue")]
        directory: PathBuf,
    },
    /// Compare the built-in catalogue with a fresh reading of every release in a repository
    Check,
}

pub(crate) fn run(common: &Common, output: &Output, command: &Command) -> Result<Exit> {
    let sources = Sources::open(common)?;
    let Some(repository) = sources.repository() else {
        bail!("which repository? Give --repo DIR, or set NVPROXY_DRIVER_REPO");
    };
    let covered = update::covered(version_tree::Tree::embedded()).len();
    let bar = ProgressBar::new(covered as u64);
    let style = ProgressStyle::with_template("[{bar:30}] {pos}/{len} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let progress = |release: version_tree::DriverVersion| {
        bar.set_message(release.to_string());
        bar.inc(1);
    };
    match command {
        Command::Update { directory } => {
            if !directory.is_dir() {
                bail!("{} is no directory; run this at the workspace's root, or give --directory", directory.display());
            }
            let counts = update::update(repository, directory, progress)?;
            bar.finish_and_clear();
            let read = format!("{} records and {} constants", counts.records, counts.constants);
            output.print(&format!("{covered} releases written to {}: {read}\n", directory.display()))?;
            Ok(Exit::Done)
        }
        Command::Check => {
            let (counts, differing) = update::check(repository, Catalogue::embedded()?, progress)?;
            bar.finish_and_clear();
            let mut text: String = differing.iter().map(|d| format!("{d}\n")).collect();
            let read =
                format!("{} records, {} aliases, {} constants", counts.records, counts.aliases, counts.constants);
            text.push_str(&format!("{covered} releases: {read} compared, {} differ\n", differing.len()));
            output.print(&text)?;
            Ok(if differing.is_empty() { Exit::Done } else { Exit::Finding })
        }
    }
}
