//! Running the command away from the user's settings, and files to run it on.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const VERSION: &str = "580.95.05";
pub(crate) const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The most memory it had, in KiB.
    pub(crate) memory: u64,
}

/// The command, with nothing of the environment that could change what it does.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpu-tools"));
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy", "no_color", "clicolor", "clicolor_force"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.args(arguments).env("LC_ALL", "C.UTF-8");
    command
}

pub(crate) fn end(mut command: Command) -> Ended {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    // The peak only grows, so its last reading is the peak but for the very end.
    let watch = std::thread::spawn(move || {
        let mut peak = 0;
        while let Some(now) = fs::read_to_string(&status).ok().and_then(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.to_owned();
            line.trim().strip_suffix(" kB")?.parse().ok()
        }) {
            peak = now;
            std::thread::sleep(Duration::from_millis(5));
        }
        peak
    });
    let output = child.wait_with_output().unwrap();
    Ended {
        status: output.status.code().expect("no signal ended it"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        memory: watch.join().unwrap(),
    }
}

pub(crate) fn run(arguments: &[&str]) -> Ended {
    end(command(arguments))
}

/// `checksum` of the one version, impatiently.
pub(crate) fn checksum(base: &str, more: &[&str]) -> Command {
    let arguments = ["checksum", "--version", VERSION, "--base-url", base, "--retry-wait", "0.01"];
    command(&[&arguments[..], more].concat())
}

/// What looks like an installer: of this length, and different at every place.
pub(crate) fn installer(length: usize) -> Vec<u8> {
    let mut bytes = b"#!/bin/sh\n".to_vec();
    let mut state = 1_u32;
    while bytes.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bytes.extend(state.to_be_bytes());
    }
    bytes.truncate(length);
    bytes
}

pub(crate) fn sum(bytes: &[u8]) -> String {
    checksum::hash::reader(bytes, |_| {}).unwrap().0.to_string()
}

/// A releases.toml with the one version and, by architecture, what it says of its installers.
pub(crate) struct Releases {
    pub(crate) directory: TempDir,
    pub(crate) path: PathBuf,
}

impl Releases {
    pub(crate) fn new(installers: &[(&str, &str)]) -> Self {
        let mut line = "parent = \"575.51.02\"".to_owned();
        for (arch, sum) in installers {
            let _ = match *sum {
                "none" => write!(line, ", {arch} = \"none\""),
                sum => write!(line, ", {arch} = {{ sha256 = \"{sum}\", sources = 2 }}"),
            };
        }
        let text = format!(
            "# A comment.\n\n[releases]\n\"575.51.02\" = {{}} # the root\n\"{VERSION}\" = {{ {line} }} # new\n"
        );
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("releases.toml");
        fs::write(&path, text).unwrap();
        Self { directory, path }
    }

    pub(crate) fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    pub(crate) fn argument(&self) -> &str {
        self.path.to_str().unwrap()
    }
}
