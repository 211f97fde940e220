//! Recorded programs, called again: each recorded call is made by a guest whose memory is put together from the record,
//! through the proxy, to a driver that plays the record back. The proxy must make the same call of it, and the guest must
//! find the same answer.
//!
//! The traces are those of `testdata/traces`, made by `nvproxy trace --record`.

mod guest;

use guest::Replay;
use std::fs;
use std::path::{Path, PathBuf};

fn traces() -> Vec<PathBuf> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/traces");
    let entries = fs::read_dir(&directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    all.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    all.sort();
    all
}

#[test]
fn the_proxy_makes_the_recorded_calls_of_what_programs_ask() {
    let traces = traces();
    assert!(!traces.is_empty(), "there is no trace");
    if !traces.iter().any(|path| !path.file_name().unwrap().to_str().unwrap().starts_with("simulated-")) {
        println!("SKIPPED: replay of a real driver's trace: testdata/traces has only simulated ones");
    }
    for path in traces {
        let text = fs::read_to_string(&path).unwrap();
        let mut replay = Replay::new(&text);
        let calls = replay.all().unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        assert!(calls > 10, "{}: {calls} calls", path.display());
        println!("{}: {calls} calls", path.display());
    }
}

#[test]
fn another_answer_is_noticed() {
    let path = &traces()[0];
    let text = fs::read_to_string(path).unwrap();
    // The answers of the driver are changed after the guest's expectations were read.
    let mut replay = Replay::new(&text);
    replay.expect_another_answer();
    assert!(replay.all().unwrap_err().contains("the guest finds"));
}

#[test]
fn a_call_that_the_proxy_would_not_make_is_noticed() {
    let text = fs::read_to_string(&traces()[0]).unwrap();
    let mut replay = Replay::new(&text);
    replay.with_capabilities(nvproxy::abi::Capabilities::empty());
    assert!(replay.all().unwrap_err().contains("does not pass"));
}

#[test]
fn what_is_recorded_is_played_back() {
    let program = env!("CARGO_BIN_EXE_nvproxy");
    let run = |arguments: &[&str]| std::process::Command::new(program).args(arguments).output().unwrap();
    let doctor: serde_json::Value = serde_json::from_slice(&run(&["doctor", "--format", "json"]).stdout).unwrap();
    if !["ok", "warn"].contains(&doctor["simulate"].as_str().unwrap()) {
        println!("SKIPPED: recording and playing back: `nvproxy doctor` says that nothing can be run here");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for release in ["535.261.03", "550.90.07", "580.95.05"] {
        let file = directory.path().join(release);
        let options = ["trace", "--simulate", "h100", "--driver-version", release, "--record", file.to_str().unwrap()];
        let output = run(&[&options[..], &["--", program, "demo-guest", release]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let mut replay = Replay::new(&fs::read_to_string(&file).unwrap());
        let calls = replay.all().unwrap_or_else(|why| panic!("{release}: {why}"));
        assert!(calls > 10, "{release}: {calls} calls");
    }
}
