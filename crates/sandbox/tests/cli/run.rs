//! Running the command away from the user's settings.

use serde_json::Value;
use std::process::{Command, Output};

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The command, with nothing of the environment that could change what it prints.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nvproxy"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

pub(crate) fn end(mut command: Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Ended {
        status: status.code().expect("no signal ended it"),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

pub(crate) fn run(arguments: &[&str]) -> Ended {
    end(command(arguments))
}

/// The status and the one line of JSON of a run that says nothing else.
pub(crate) fn json(arguments: &[&str]) -> (i32, Value) {
    let ended = run(arguments);
    assert_eq!(ended.stderr, "", "{arguments:?}");
    assert_eq!(ended.stdout.lines().count(), 1, "{arguments:?}: one line");
    (ended.status, serde_json::from_str(&ended.stdout).unwrap())
}

pub(crate) const TABLES: [&str; 4] = ["frontend", "uvm", "control", "alloc"];

/// The lines of these entries, with those below them that are indented further.
pub(crate) fn excerpt(text: &str, names: &[&str]) -> String {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut out = String::new();
    let mut within = None;
    for line in text.lines() {
        let found = line.split_whitespace().nth(1).is_some_and(|name| names.contains(&name));
        within = if found { Some(indent(line)) } else { within.filter(|outer| indent(line) > *outer) };
        if within.is_some() {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}
