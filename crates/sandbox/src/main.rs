//! The command `nvproxy`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sandbox::command()
}
