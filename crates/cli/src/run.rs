//! From arguments to an exit status.

use crate::output::{Output, written};
use crate::{Exit, generate};
use anyhow::Result;
use clap::{Args, CommandFactory, Parser};
use std::io::{self, Write};
use std::process::ExitCode;

/// Options of every command.
// Not a group: a command may have options of its own under this name.
#[derive(Args, Clone, Copy, Debug)]
#[group(skip)]
pub struct Common {
    /// Whether to colour the output
    #[arg(
        long,
        value_enum,
        value_name = "WHEN",
        default_value_t = clap::ColorChoice::Auto,
        global = true,
        display_order = 900
    )]
    pub color: clap::ColorChoice,
}

/// A command's arguments.
pub trait HasCommon: Parser {
    /// The options it has in common with every other.
    fn common(&self) -> Common;
}

/// Reads the arguments, lets `command` do its work and tells the status it ends with.
///
/// Help, usage errors, and the hidden subcommands that [`generate`] pages and completions are answered here.
pub fn run<C: HasCommon>(command: impl FnOnce(C, &Output) -> Result<Exit>) -> ExitCode {
    let matches = generate::with_hidden(C::command()).try_get_matches();
    let cli = match matches.and_then(|matches| match generate::asked(&matches) {
        Some(asked) => Ok(Err(asked)),
        None => C::from_arg_matches(&matches).map(Ok),
    }) {
        Ok(Ok(cli)) => cli,
        Ok(Err(asked)) => return ended(&plain(), generate::print(&C::command(), asked).map(|()| Exit::Done)),
        Err(error) => return explained(&error.format(&mut C::command())),
    };
    let output = Output::new(cli.common().color);
    let result = command(cli, &output);
    ended(&output, result)
}

/// Refuses arguments that do not go together, as a usage error.
pub fn misplaced<C: CommandFactory>(message: &str) -> ! {
    C::command().error(clap::error::ErrorKind::ArgumentConflict, message).exit()
}

/// Help and versions go to stdout and are results; usage errors go to stderr. Neither may panic on a closed pipe.
fn explained(error: &clap::Error) -> ExitCode {
    let printed = error.print();
    if error.use_stderr() {
        return Exit::Incomplete.into();
    }
    // What is not flushed now would be lost without a word.
    ended(&plain(), written(printed.and_then(|()| io::stdout().flush())).map(|()| Exit::Done))
}

fn ended(output: &Output, result: Result<Exit>) -> ExitCode {
    result
        .unwrap_or_else(|error| {
            output.error(&error);
            Exit::Incomplete
        })
        .into()
}

const fn plain() -> Output {
    Output::new(clap::ColorChoice::Auto)
}
