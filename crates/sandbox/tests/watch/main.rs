//! `nvproxy trace` and `nvproxy demo`, from outside: the program that is watched is the demonstration's own guest.

mod demo;
mod trace;

use std::process::{Command, Output, Stdio};

fn nvproxy(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_nvproxy");
    Command::new(program).args(arguments).stdin(Stdio::null()).env("NO_COLOR", "1").output().unwrap()
}

/// Whether this machine can run programs behind the proxy. If not, the test says that it is skipped, and why.
fn can_run(what: &str) -> bool {
    let output = nvproxy(&["doctor", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let works = ["ok", "warn"].contains(&json["simulate"].as_str().unwrap());
    if !works {
        println!("SKIPPED: {what}: `nvproxy doctor` says that nothing can be run here");
    }
    works
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
