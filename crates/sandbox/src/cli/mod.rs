//! Arguments, and what each command prints.

mod abi;
mod abi_diff;
mod demo;
mod doctor;
mod drivers;
mod log;
mod quoted;
mod root;
mod run;
mod trace;

use crate::release::packs;
use ::cli::{Common, Exit, Format, HasCommon, Output, columns, exit, output};
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use nvproxy::pack::Packs;
use std::path::PathBuf;
use std::process::ExitCode;
use version_tree::DriverVersion;

/// A proxy for NVIDIA's kernel driver: runs programs behind it, and tells what it knows of each driver release.
#[derive(Parser)]
#[command(name = "nvproxy", version, after_help = after_help())]
struct Cli {
    #[command(subcommand)]
    command: Command,
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
        "done; of a comparison, no difference",
        "some difference; of `doctor`, something that is needed is not there",
        &[
            "nvproxy run -- nvidia-smi",
            "nvproxy run --simulate h100 -- nvidia-smi",
            "nvproxy trace --simulate h100 -- nvidia-smi",
            "nvproxy demo",
            "nvproxy drivers",
            "nvproxy abi --version 580.95.05",
            "nvproxy abi diff 570.211.01 580.65.06",
        ],
    )
}

#[derive(Subcommand)]
enum Command {
    /// Run a program behind the proxy
    ///
    /// Its ioctls on NVIDIA's device files are intercepted; what this driver release has and the capabilities allow is
    /// passed on. Root is not needed. The boundary is the driver's: everything else that the program does, it does as if it
    /// were run without; but it opens device files in /dev alone, and does not write to /sys.
    ///
    /// Other processes of the same user it can hinder by their limits, priority, processors and oom_score_adj, and before
    /// Linux 6.12 by signals.
    ///
    /// Exit status: the program's own, or 128 and the number of the signal that ended it; 125 if it cannot be started or
    /// served, 126 if it cannot be run, 127 if there is no such program, 2 if the arguments are wrong.
    Run(run::RunArguments),
    /// Run a program behind the proxy, and print every call that it makes
    ///
    /// By name and with what it carries; at the end, what was asked for how often, and what of that was refused and
    /// would take another capability or release. The trace goes to stderr, the program's own output where it always
    /// goes. Exit statuses are those of `run`.
    Trace(trace::TraceArguments),
    /// Show the proxy at work on a small program of its own, in front of a simulated GPU
    Demo,
    /// Be the program that `demo` shows
    #[command(name = demo::GUEST, hide = true)]
    DemoGuest { version: DriverVersion },
    /// List driver releases: what is known of each, and where the ABI changes
    ///
    /// Without --all, those that gVisor tests on hardware and those that change the ABI.
    Drivers {
        /// Every release
        #[arg(long)]
        all: bool,
        /// How to print the list
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Say whether programs can be run behind the proxy on this machine, and what keeps them from it
    ///
    /// Exit status: 0 all that is needed is there, 1 something is not, 2 something could not be found out. Without any
    /// sign of an NVIDIA GPU, what is needed is what simulated GPUs take.
    Doctor {
        /// How to print what is found
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        /// Need a GPU of this machine, too
        #[arg(long)]
        gpu: bool,
        #[command(flatten)]
        packs: PacksArgument,
    },
    /// Try what can only be known by trying, for `doctor`
    #[command(name = doctor::PROBE, hide = true)]
    DoctorProbe,
    /// Print what the proxy lets through at a release, or compare two releases
    Abi(AbiArguments),
}

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct AbiArguments {
    #[command(subcommand)]
    command: Option<AbiCommand>,
    /// The release, such as 550.90.07
    #[arg(long, value_name = "RELEASE", required = true)]
    version: Option<DriverVersion>,
    /// How to print the tables
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    packs: PacksArgument,
}

/// Where release packs are.
#[derive(Args)]
struct PacksArgument {
    /// Take release packs from this directory, also for releases that this build knows; if not given, from
    /// /etc/nvproxy/packs and the user's ~/.local/share/nvproxy/packs, for releases whose headers this build does not
    /// know
    #[arg(long = "packs", value_name = "DIR")]
    directory: Option<PathBuf>,
}

impl PacksArgument {
    fn packs(self) -> Result<Packs> {
        packs(self.directory)
    }
}

#[derive(Subcommand)]
enum AbiCommand {
    /// Show which entries come in, go or change between two releases
    Diff {
        /// Older release
        #[arg(value_name = "BASE")]
        base: DriverVersion,
        /// Newer release
        #[arg(value_name = "NEXT")]
        next: DriverVersion,
        /// How to print the differences
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        #[command(flatten)]
        packs: PacksArgument,
    },
}

/// What the command does, by the arguments of this process.
pub fn command() -> ExitCode {
    ::cli::run(|cli: Cli, output| dispatch(cli, output))
}

fn dispatch(cli: Cli, output: &Output) -> Result<Exit> {
    match cli.command {
        Command::Run(arguments) => Ok(run::run(output, arguments)),
        Command::Trace(arguments) => Ok(trace::run(output, arguments)),
        Command::Demo => demo::run(output),
        Command::DemoGuest { version } => demo::guest(output, version),
        Command::Doctor { format, gpu, packs } => doctor::run(output, &packs.packs()?, format, gpu),
        Command::DoctorProbe => doctor::run_probe(output),
        Command::Drivers { all, format } => drivers::run(output, all, format),
        Command::Abi(AbiArguments { command: Some(AbiCommand::Diff { base, next, format, packs }), .. }) => {
            abi_diff::run(output, &packs.packs()?, [base, next], format)
        }
        Command::Abi(AbiArguments { version: Some(version), format, packs, .. }) => {
            abi::run(output, &packs.packs()?, version, format)
        }
        Command::Abi(_) => Err(anyhow::anyhow!("which release? Give --version, or two to `abi diff`")),
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
