//! The command `nvproxy`.

mod cli;
mod entry;
mod release;
mod tables;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
