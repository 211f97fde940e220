//! Runs one case at a time, held to its bounds.

use crate::memory;
use driver_differ::extract::{Counts, Session};
use driver_differ::model::Domain;
use driver_differ::source::Memory;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Far more than any case takes, far less than a hang.
const TIME: Duration = Duration::from_secs(10);
const BYTES: usize = 1 << 30;

/// One case at a time, so that its time and memory are its own.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs `f`, which must keep to its bounds.
pub(crate) fn bounded<T>(what: &str, f: impl FnOnce() -> T) -> T {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let (begun, start) = (memory::begin(), Instant::now());
    let result = f();
    let (took, bytes) = (start.elapsed(), memory::peak(begun));
    if took > TIME / 10 || bytes > BYTES / 4 {
        println!("{what}: {took:?}, {} MB", bytes >> 20);
    }
    assert!(took < TIME, "{what} took {took:?}");
    assert!(bytes < BYTES, "{what} took {bytes} bytes of memory");
    result
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(60).collect()
}

/// Reads the first of `files`, which may include the others.
pub(crate) fn read_files<B: Into<Vec<u8>>>(files: Vec<(&str, B)>) -> Result<(Domain, Counts), String> {
    let names = [files[0].0.to_string()];
    let tree = Memory::new(files).expect("files can be hashed");
    let read = || Session::new().extract_files(&tree, &names, &[String::new()]).map_err(|e| e.to_string());
    bounded(&names[0], read)
}

/// Reads one header.
pub(crate) fn read(text: &str) -> Result<(Domain, Counts), String> {
    let tree = Memory::new([("a.h", text)]).expect("files can be hashed");
    let read = || Session::new().extract_files(&tree, &["a.h".to_string()], &[String::new()]);
    bounded(&first_line(text), || read().map_err(|e| e.to_string()))
}

/// The header is refused with an error that begins with `place` (`a.h:1`) and says `message`.
#[track_caller]
pub(crate) fn refused(text: &str, place: &str, message: &str) {
    let error = read(text).expect_err(&first_line(text));
    assert_refusal(&first_line(text), &error, place, message);
}

#[track_caller]
pub(crate) fn assert_refusal(what: &str, error: &str, place: &str, message: &str) {
    assert!(error.starts_with(&format!("{place}: ")), "{what}: at {place} expected, got: {error:.300}");
    assert!(error.contains(message), "{what}: '{message}' expected, got: {error:.300}");
    assert!(error.len() < 1000, "{what}: an error of {} bytes", error.len());
}

/// The header is read; its records and constants.
#[track_caller]
pub(crate) fn accepted(text: &str) -> Domain {
    read(text).unwrap_or_else(|e| panic!("{}: {e:.300}", first_line(text))).0
}
