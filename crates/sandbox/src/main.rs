//! The command `nvproxy`.

mod cli;
mod diff;
mod entry;
mod release;
mod tables;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
