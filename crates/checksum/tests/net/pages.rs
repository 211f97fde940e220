//! Man pages, completions, and streams that are closed or full.

use crate::run::{command, run};
use std::fs::OpenOptions;

const PAGES: [&str; 10] =
    ["", "-checksum", "-validate", "-list", "-tree", "-resolve", "-install", "-add-release", "-learn", "-sync"];

#[test]
fn every_command_has_a_man_page() {
    let directory = tempfile::tempdir().unwrap();
    let ended = run(&["man", directory.path().to_str().unwrap()]);
    assert_eq!((ended.status, ended.stdout.as_str(), ended.stderr.as_str()), (0, "", ""));
    for page in PAGES {
        let text = std::fs::read_to_string(directory.path().join(format!("gpu-tools{page}.1"))).unwrap();
        assert!(text.contains(".SH NAME") && text.contains("color"), "{page}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), PAGES.len(), "and no other");
    assert_eq!(run(&["man", "/dev/null/pages"]).status, 2);
}

#[test]
fn every_shell_can_complete() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = run(&["completions", shell]);
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
        assert!(ended.stdout.contains("base-url"), "{shell}");
    }
    assert_eq!(run(&["completions", "cmd"]).status, 2);
    assert!(!run(&["--help"]).stdout.contains("completions"), "only packagers need it");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for arguments in [&["list"][..], &["--help"], &["tree"], &["completions", "bash"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(arguments).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0), "{arguments:?}");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_2() {
    for arguments in
        [&["list"][..], &["--help"], &["--version"], &["tree", "--format", "dot"], &["completions", "bash"]]
    {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
}
