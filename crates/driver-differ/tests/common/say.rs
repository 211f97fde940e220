//! Lines that the test harness does not swallow when a test passes.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::io::{Write, stderr};

/// Prints a line, which the harness shows also when the test passes.
pub(crate) fn say(line: &str) {
    // In one piece, so that lines of tests that run beside one another stay apart.
    let _ = stderr().write_all(format!("{line}\n").as_bytes());
}

/// Says that a check did not run, and why. `.ci/run` counts these lines.
pub(crate) fn skipped(what: &str, why: &str) {
    say(&format!("SKIPPED (not checked): {what}: {why}"));
}
