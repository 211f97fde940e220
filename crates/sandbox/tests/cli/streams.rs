//! What becomes of output that nobody reads, that cannot be written, or that is coloured.

use crate::run::{command, end, run};
use std::fs::OpenOptions;

const COMMANDS: [&[&str]; 6] = [
    &["drivers", "--all"],
    &["drivers", "--format", "json"],
    &["abi", "--version", "550.54.14"],
    &["abi", "--version", "550.54.14", "--format", "json"],
    &["abi", "diff", "550.54.14", "550.54.15"],
    &["--help"],
];

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    for arguments in COMMANDS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = command(arguments);
        command.stdout(writer);
        let ended = end(command);
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn an_error_that_nobody_reads_keeps_its_status() {
    for arguments in [&["abi", "--version", "1.0"][..], &["abi"], &["abi", "--version", "five"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = command(arguments);
        command.stderr(writer);
        assert_eq!(end(command).status, 2, "{arguments:?}");
    }
}

#[test]
fn a_result_that_cannot_be_written_is_2() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = command(&["drivers"]);
    command.stdout(full);
    let ended = end(command);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.stderr.starts_with("error: "), "{ended:?}");
}

#[test]
fn colours_are_where_they_are_wanted_and_change_nothing_else() {
    for arguments in [&["drivers"][..], &["abi", "--version", "550.54.14"], &["abi", "diff", "545.29.06", "580.65.06"]]
    {
        let plain = run(arguments).stdout;
        assert!(!plain.contains('\x1b'), "a pipe is no terminal: {arguments:?}");
        let coloured = run(&[arguments, &["--color", "always"]].concat()).stdout;
        assert!(coloured.contains("\x1b["), "{arguments:?}");
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
        assert_eq!(run(&[arguments, &["--color", "never"]].concat()).stdout, plain);
    }
}
