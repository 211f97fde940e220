//! Inputs that the fuzzer found fault with, and those it starts from: each must end in an answer, and soon.

#[path = "../fuzz/input.rs"]
mod input;

use driver_differ::extract::Session;
use driver_differ::source::Memory;
use std::path::Path;
use std::time::{Duration, Instant};

/// Reads every input in a directory beside this crate's manifest; each with what came of it.
fn replay(directory: &str) -> Vec<(String, Result<usize, String>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut inputs: Vec<_> = std::fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    inputs.sort();
    let mut answers = Vec::new();
    for input in inputs {
        let name = input.file_name().unwrap().to_string_lossy().into_owned();
        let files = input::files(&std::fs::read(&input).unwrap());
        let first = [files[0].0.clone()];
        let tree = Memory::new(files).unwrap();
        let start = Instant::now();
        let answer = Session::new().extract_files(&tree, &first, &[String::new()]);
        assert!(start.elapsed() < Duration::from_secs(5), "{name} took {:?}", start.elapsed());
        answers.push((name, answer.map(|(_, counts)| counts.records).map_err(|e| e.to_string())));
    }
    answers
}

#[test]
fn every_seed_is_read() {
    let answers = replay("fuzz/seeds");
    assert!(answers.len() >= 6, "only {} seeds", answers.len());
    for (name, answer) in answers {
        assert!(answer.as_ref().is_ok_and(|&records| records > 0), "{name}: {answer:?}");
    }
}

#[test]
fn everything_once_at_fault_has_an_answer() {
    let answers = replay("tests/regressions");
    assert!(!answers.is_empty());
    for (name, answer) in answers {
        let located = answer.as_ref().err().is_none_or(|e| e.split(' ').next().is_some_and(|w| w.contains(".h:")));
        assert!(located, "{name}: {answer:?}");
    }
}
