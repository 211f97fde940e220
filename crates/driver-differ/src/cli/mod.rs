//! Arguments, and what each command prints.

mod catalogue;
mod clone;
mod diff;
mod dump;
mod emit;
mod history;
mod sources;

use ::cli::exit::{self, Exit};
use ::cli::output::{self, Output};
use ::cli::{Format as Plain, HasCommon, misplaced};
use clap::{Args, Parser, Subcommand, ValueEnum};
use driver_differ::proxied::Proxied;
use std::path::PathBuf;
use std::process::ExitCode;
use version_tree::{DriverVersion, Tree};

/// What changed between two NVIDIA driver releases, to the byte.
///
/// Compares the struct layouts and constants of the kernel interface as C compiles them on x86-64. The 193 published
/// releases are built in; a repository or an unpacked source tree is read afresh.
#[derive(Parser)]
#[command(name = "driver-differ", version, subcommand_negates_reqs = true, after_help = after_help())]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Older side: a release such as 550.90.07, or the directory of an unpacked source tree
    #[arg(long, value_name = "RELEASE|DIR", required = true)]
    base: Option<String>,
    /// Newer side, likewise
    #[arg(long, value_name = "RELEASE|DIR", required = true)]
    next: Option<String>,
    /// Compare every record, alias and constant, not only what a proxy uses
    #[arg(long)]
    all: bool,
    /// How to print the result [default: text]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Print definitions of the records that changed or came in, ready to paste, instead of the comparison
    #[arg(long, value_enum, value_name = "LANGUAGE", conflicts_with = "format")]
    emit: Option<Emit>,
    #[command(flatten)]
    common: Common,
}

impl HasCommon for Cli {
    fn common(&self) -> ::cli::Common {
        self.common.every
    }
}

fn after_help() -> String {
    exit::after_help(
        "no difference, or the question is answered",
        "some difference",
        &[
            "driver-differ --base 570.211.01 --next 580.65.06",
            "driver-differ --base 590.48.01 --next ~/src/open-gpu-kernel-modules-600.10 --all",
            "driver-differ --base 590.48.01 --next 595.45.04 --emit rust",
            "driver-differ show NVOS21_PARAMETERS --version 550.90.07",
        ],
    )
}

/// Options of every command.
#[derive(Args, Clone)]
pub(crate) struct Common {
    /// Git directory of NVIDIA/open-gpu-kernel-modules, bare or not; its releases go before those built in
    #[arg(long, value_name = "DIR", env = "NVPROXY_DRIVER_REPO", global = true)]
    repo: Option<PathBuf>,
    /// Never fetch a release that is neither built in nor in the repository
    #[arg(long, global = true)]
    offline: bool,
    #[command(flatten)]
    every: ::cli::Common,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For the terminal
    Text,
    /// For other programs
    Json,
    /// For pull requests
    Markdown,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// For crates/nvproxy/src/abi/structs
    Rust,
}

/// How to print a definition.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shown {
    /// For the terminal
    Text,
    /// For other programs
    Json,
    /// For crates/nvproxy/src/abi/structs; needs --version
    Rust,
}

#[derive(Subcommand)]
enum Command {
    /// Print the layouts and constants of one release
    Dump {
        /// A release, or the directory of an unpacked source tree
        #[arg(long, value_name = "RELEASE|DIR")]
        version: String,
        /// Everything, not only what a proxy uses
        #[arg(long)]
        all: bool,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Plain::Json)]
        format: Plain,
    },
    /// Show a struct, union, typedef or constant with offsets, sizes and holes
    ///
    /// Without a version, every form it has had in the releases that are built in.
    Show {
        /// Its name
        name: String,
        /// A release, or the directory of an unpacked source tree
        #[arg(long, value_name = "RELEASE|DIR")]
        version: Option<String>,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Shown::Text)]
        format: Shown,
    },
    /// List what became of a struct, union, typedef or constant, release by release, as built in
    History {
        /// Its name
        name: String,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Plain::Text)]
        format: Plain,
    },
    /// The built-in catalogue of all releases
    #[command(subcommand)]
    Catalogue(catalogue::Command),
}

pub(crate) fn run() -> ExitCode {
    ::cli::run(dispatch)
}

fn dispatch(cli: Cli, output: &Output) -> anyhow::Result<Exit> {
    let common = cli.common;
    match (cli.command, cli.base, cli.next) {
        (None, Some(base), Some(next)) => {
            let printed = match cli.emit {
                Some(Emit::Rust) => diff::Printed::Rust,
                None => diff::Printed::Comparison(cli.format.unwrap_or(Format::Text)),
            };
            diff::run(&common, output, &base, &next, cli.all, printed)
        }
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            misplaced::<Cli>("--base and --next compare two releases; they do not go with a command")
        }
        // Before a command these would be options of the comparison, and be ignored.
        (Some(_), ..) if cli.all => misplaced::<Cli>("--all goes behind the command"),
        (Some(_), ..) if cli.format.is_some() => misplaced::<Cli>("--format goes behind the command"),
        (Some(_), ..) if cli.emit.is_some() => {
            misplaced::<Cli>("--emit is for --base and --next; see show --format rust")
        }
        (Some(Command::Dump { version, all, format }), ..) => dump::run(&common, output, &version, all, format),
        (Some(Command::Show { name, version, format }), ..) => {
            history::show(&common, output, &name, version.as_deref(), format)
        }
        (Some(Command::History { name, format }), ..) => history::history(output, &name, format),
        (Some(Command::Catalogue(command)), ..) => catalogue::run(&common, output, &command),
        (None, ..) => anyhow::bail!("--base and --next are needed; see --help"),
    }
}

/// What the proxy uses at some releases; at the newest one if there is none, for a tree that does not say what it is.
fn proxied(releases: &[Option<DriverVersion>], all: bool, output: &Output) -> Proxied {
    if !all && !Proxied::KNOWN {
        output.note("note: this build does not know what a proxy uses, so this is about everything");
    }
    let mut releases: Vec<DriverVersion> = releases.iter().flatten().copied().collect();
    if releases.is_empty() {
        releases.extend(Tree::embedded().iter().last().map(|r| r.version));
    }
    Proxied::at(&releases)
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
