//! Running the command away from the user's settings.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// An empty home with an empty cache.
pub(crate) struct Home {
    directory: TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The command, with nothing of the environment that could change what it does.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_driver-differ"));
        let variables = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "NVPROXY_DRIVER_REPO", "NVPROXY_DRIVER_ORIGIN"];
        for name in variables.into_iter().chain(["GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_COUNT"]) {
            command.env_remove(name);
        }
        command.args(arguments).current_dir(manifest()).env("HOME", self.path());
        command.env("XDG_CACHE_HOME", self.path().join("cache"));
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        end(self.command(arguments))
    }
}

pub(crate) fn end(mut command: Command) -> Ended {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Ended {
        status: status.code().expect("no signal ended it"),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    }
}

/// Runs away from everything, in a home of its own.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    Home::new().run(arguments)
}

pub(crate) fn manifest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The fixtures, relative to where the command runs, so that what it prints of them is the same everywhere.
pub(crate) const OLD: &str = "testdata/headers/old";
pub(crate) const NEW: &str = "testdata/headers/new";
