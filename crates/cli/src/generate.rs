//! Man pages and shell completions, made from the description that `--help` prints.
//!
//! Every command has two subcommands that its help does not show, since only packagers need them:
//! `COMMAND completions SHELL` prints a completion script, and `COMMAND man DIR` writes a page for the command and
//! each of its subcommands. `scripts/man-and-completions` calls both for every command of the workspace.

use anyhow::{Context, Result};
use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What was asked for.
pub(crate) enum Asked {
    Completions(Shell),
    Pages(PathBuf),
}

/// The command with the two hidden subcommands.
pub(crate) fn with_hidden(command: Command) -> Command {
    let completions = Command::new("completions")
        .about("Print a completion script for a shell")
        .arg(Arg::new("shell").required(true).value_name("SHELL").value_parser(value_parser!(Shell)));
    let pages = Command::new("man")
        .about("Write man pages into a directory")
        .arg(Arg::new("directory").required(true).value_name("DIR").value_parser(value_parser!(PathBuf)));
    command.subcommand(completions.hide(true)).subcommand(pages.hide(true))
}

/// Whether one of the two is wanted.
pub(crate) fn asked(matches: &ArgMatches) -> Option<Asked> {
    match matches.subcommand()? {
        ("completions", matches) => matches.get_one("shell").copied().map(Asked::Completions),
        ("man", matches) => matches.get_one("directory").cloned().map(Asked::Pages),
        _ => None,
    }
}

/// Makes it. The command is the one without the hidden subcommands.
pub(crate) fn print(command: &Command, asked: Asked) -> Result<()> {
    match asked {
        Asked::Completions(shell) => {
            // Into memory first: the generator cannot tell that nobody reads it.
            let mut script = Vec::new();
            let name = command.get_name().to_string();
            clap_complete::generate(shell, &mut command.clone(), name, &mut script);
            let mut stdout = io::stdout().lock();
            crate::output::written(stdout.write_all(&script).and_then(|()| stdout.flush()))
        }
        Asked::Pages(directory) => {
            std::fs::create_dir_all(&directory).with_context(|| format!("{} cannot be made", directory.display()))?;
            let mut command = command.clone().disable_help_subcommand(true);
            command.build();
            pages(&command, &directory)
        }
    }
}

/// The page of a command, and those of its subcommands; clap knows them by names such as `nvproxy-abi-diff`.
fn pages(command: &Command, directory: &Path) -> Result<()> {
    let page = clap_mangen::Man::new(command.clone());
    let path = directory.join(page.get_filename());
    let mut text = Vec::new();
    page.render(&mut text)?;
    std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
    command.get_subcommands().filter(|below| !below.is_hide_set()).try_for_each(|below| pages(below, directory))
}
