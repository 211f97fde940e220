//! Arguments, and what each command prints.

mod add_release;
mod answer;
mod checksum;
mod install;
mod learn;
mod list;
mod network;
mod resolve;
mod sync;
mod tree;
mod validate;

use ::cli::{Common, Exit, HasCommon, Output, exit};
use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use version_tree::Tree;

/// Installers of NVIDIA driver releases, their checksums, and the tree of releases.
#[derive(Parser)]
#[command(name = "gpu-tools", version, after_help = after_help())]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    releases: Releases,
    #[command(flatten)]
    common: Common,
}

impl HasCommon for Cli {
    fn common(&self) -> Common {
        self.common
    }
}

fn after_help() -> String {
    exit::after_help(
        "done, and everything is as it should be",
        "a finding: a mismatch, no installer, not in the tree, refused",
        &[
            "gpu-tools checksum --version 580.95.05",
            "gpu-tools validate --all",
            "gpu-tools resolve 570.133.20",
            "gpu-tools install --latest --dry-run",
            "gpu-tools learn 620.50.02 --repo open-gpu-kernel-modules --output 620.50.02.toml",
            "gpu-tools sync --repo open-gpu-kernel-modules --dry-run",
        ],
    )
}

#[derive(Subcommand)]
enum Command {
    Checksum(checksum::Arguments),
    Validate(validate::Arguments),
    List(list::Arguments),
    Tree(tree::Arguments),
    Resolve(resolve::Arguments),
    Install(install::Arguments),
    AddRelease(add_release::Arguments),
    Learn(learn::Arguments),
    Sync(sync::Arguments),
}

/// Which releases there are.
#[derive(Args, Clone)]
pub(crate) struct Releases {
    /// Read (and, where a command writes, edit) this releases.toml instead of the one built in
    #[arg(long, value_name = "FILE", global = true, display_order = 800)]
    releases: Option<PathBuf>,
}

/// Where releases.toml is, seen from the workspace's root.
const IN_WORKSPACE: &str = "crates/version-tree/releases.toml";

impl Releases {
    /// The tree to answer from.
    pub(crate) fn tree(&self) -> Result<Tree> {
        self.releases.as_deref().map_or_else(|| Ok(Tree::embedded().clone()), Self::at)
    }

    /// The tree in a file.
    pub(crate) fn at(path: &Path) -> Result<Tree> {
        let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Tree::parse(&text).with_context(|| path.display().to_string())
    }

    /// The file to edit.
    pub(crate) fn to_edit(&self) -> Result<&Path> {
        let path = self.releases.as_deref().unwrap_or(Path::new(IN_WORKSPACE));
        anyhow::ensure!(
            path.is_file(),
            "{} is no file; run this at the workspace's root, or name the file with --releases",
            path.display()
        );
        Ok(path)
    }
}

pub(crate) fn run() -> ExitCode {
    ::cli::run(|cli: Cli, output| dispatch(&cli, output))
}

fn dispatch(cli: &Cli, output: &Output) -> Result<Exit> {
    let releases = &cli.releases;
    match &cli.command {
        Command::Checksum(arguments) => checksum::run(arguments, releases, output),
        Command::Validate(arguments) => validate::run(arguments, releases, output),
        Command::List(arguments) => list::run(arguments, releases, output),
        Command::Tree(arguments) => tree::run(arguments, releases, output),
        Command::Resolve(arguments) => resolve::run(arguments, releases, output),
        Command::Install(arguments) => install::run(arguments, releases, output),
        Command::AddRelease(arguments) => add_release::run(arguments, releases, output),
        Command::Learn(arguments) => learn::run(arguments, releases, output),
        Command::Sync(arguments) => sync::run(arguments, releases, output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_reads_like_that_of_the_other_commands() {
        assert_eq!(::cli::family::departures(&Cli::command()), [] as [String; 0]);
    }
}
