//! What is printed: whole results, colours, pipes.

use crate::run::{Ended, Home, NEW, OLD, end, run};
use std::io::Read;
use std::process::{Command, Stdio};

#[test]
fn the_whole_difference_reads_well() {
    insta::assert_snapshot!("proxied_text", run(&["--base", OLD, "--next", NEW]).stdout);
    insta::assert_snapshot!("all_text", run(&["--base", OLD, "--next", NEW, "--all"]).stdout);
    insta::assert_snapshot!("proxied_markdown", run(&["--base", OLD, "--next", NEW, "--format", "markdown"]).stdout);
    insta::assert_snapshot!("proxied_json", run(&["--base", OLD, "--next", NEW, "--format", "json"]).stdout);
}

#[test]
fn definitions_are_printed_ready_to_paste() {
    insta::assert_snapshot!("emit", run(&["--base", "590.48.01", "--next", "595.45.04", "--emit", "rust"]).stdout);
    // Forms that no release of the catalogue has are named after the release they come with.
    insta::assert_snapshot!("emit_new", run(&["--base", OLD, "--next", NEW, "--emit", "rust"]).stdout);
    insta::assert_snapshot!("show_rust", run(&["show", "CC_KMB", "--version", "590.48.01", "--format", "rust"]).stdout);
}

#[test]
fn what_was_there_before_is_not_printed_again() {
    for sides in [["595.44.02", "595.45.04"], ["595.45.04", "595.45.04"]] {
        let ended = run(&["--base", sides[0], "--next", sides[1], "--emit", "rust"]);
        assert_eq!((ended.status, ended.stdout.as_str()), (0, ""), "{ended:?}");
        assert_eq!(ended.stderr, "no definition of a record differs in 595.45.04\n");
    }
}

#[test]
fn a_difference_in_other_things_than_records_prints_no_definition_but_is_one() {
    let home = Home::new();
    for (side, number) in [("old", 1), ("new", 2)] {
        let include = home.path().join(side).join("src/common/sdk/nvidia/inc");
        std::fs::create_dir_all(&include).unwrap();
        std::fs::write(include.join("nvos.h"), format!("#define NUMBER {number}\n")).unwrap();
    }
    let [old, new] = ["old", "new"].map(|side| home.path().join(side).to_str().unwrap().to_string());
    let ended = home.run(&["--base", &old, "--next", &new, "--all", "--emit", "rust"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (1, ""), "{ended:?}");
    assert!(ended.stderr.contains("no definition of a record differs"), "{ended:?}");
}

#[test]
fn a_tree_that_does_not_say_its_release_has_no_names_for_definitions() {
    let home = Home::new();
    let include = home.path().join("tree/src/common/sdk/nvidia/inc");
    std::fs::create_dir_all(&include).unwrap();
    std::fs::write(include.join("nvos.h"), "typedef struct { int a; } A;\n").unwrap();
    let tree = home.path().join("tree");
    let ended = home.run(&["--base", OLD, "--next", tree.to_str().unwrap(), "--all", "--emit", "rust"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("does not say which release it is"), "{ended:?}");
}

#[test]
fn records_are_shown_with_their_holes() {
    insta::assert_snapshot!("show", run(&["show", "NVOS34_PARAMETERS", "--version", OLD]).stdout);
    insta::assert_snapshot!("show_bits", run(&["show", "BIT_FIELD_CHANGED", "--version", NEW]).stdout);
    insta::assert_snapshot!("dump_text", run(&["dump", "--version", OLD, "--format", "text"]).stdout);
}

#[test]
fn histories_read_well() {
    insta::assert_snapshot!("history", first_forms(&["history", "NV00FD_CTRL_ATTACH_MEM_PARAMS"]));
    insta::assert_snapshot!("show_all", first_forms(&["show", "NV00FD_CTRL_ATTACH_MEM_PARAMS"]));
}

/// The forms that are no more: the last one's releases become more with every release.
fn first_forms(arguments: &[&str]) -> String {
    let text = run(arguments).stdout;
    let forms: Vec<&str> = text.split("\n\n").collect();
    assert_eq!(forms.len(), 4, "{text}");
    forms[..2].join("\n\n")
}

#[test]
fn negative_constants_are_printed_with_a_minus() {
    let dump = run(&["dump", "--version", OLD, "--all", "--format", "text"]).stdout;
    assert!(dump.contains("#define CONSTANT_NEGATIVE -1\n"), "{dump}");
    assert!(run(&["show", "CONSTANT_NEGATIVE", "--version", OLD]).stdout.contains("CONSTANT_NEGATIVE -1\n"));
}

#[test]
fn repeated_runs_print_the_same_bytes() {
    let questions: [&[&str]; 5] = [
        &["--base", "515.43.04", "--next", "595.45.04", "--emit", "rust"],
        &["--base", "535.288.01", "--next", "550.54.14", "--all", "--format", "json"],
        &["--base", OLD, "--next", NEW, "--all", "--format", "json"],
        &["--base", OLD, "--next", NEW, "--all"],
        &["dump", "--version", NEW, "--all"],
    ];
    for arguments in questions {
        assert!(run(arguments).stdout == run(arguments).stdout, "{arguments:?}");
    }
}

const COLOUR: char = '\u{1b}';

fn with(variables: &[(&str, &str)], color: Option<&str>) -> Ended {
    let home = Home::new();
    let mut arguments = vec!["--base", OLD, "--next", NEW];
    if let Some(color) = color {
        arguments.extend(["--color", color]);
    }
    let mut command = home.command(&arguments);
    command.envs(variables.iter().copied());
    end(command)
}

#[test]
fn a_pipe_gets_no_colours_unless_asked_for() {
    assert!(!with(&[], None).stdout.contains(COLOUR));
    assert!(!with(&[], Some("auto")).stdout.contains(COLOUR));
    assert!(!with(&[("CLICOLOR_FORCE", "1")], Some("never")).stdout.contains(COLOUR));
    assert!(with(&[("NO_COLOR", "1")], Some("always")).stdout.contains(COLOUR), "what is asked for goes first");
    assert!(!with(&[("NO_COLOR", "1")], None).stdout.contains(COLOUR));
    assert!(!with(&[], Some("never")).stderr.contains(COLOUR));
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = with(&[], Some("always")).stdout;
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), with(&[], Some("never")).stdout);
}

#[test]
fn machine_readable_output_has_no_colours() {
    for format in ["json", "markdown"] {
        let ended = run(&["--base", OLD, "--next", NEW, "--format", format, "--color", "always"]);
        assert!(!ended.stdout.contains(COLOUR), "{format}");
    }
    assert!(!run(&["dump", "--version", OLD, "--color", "always"]).stdout.contains(COLOUR));
}

/// Reads a few bytes, then closes the pipe.
fn cut_short(mut command: Command) -> (i32, String) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let ended = child.wait_with_output().unwrap();
    (ended.status.code().expect("no signal ended it"), String::from_utf8(ended.stderr).unwrap())
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let home = Home::new();
    // Each is longer than a pipe holds.
    let diff = home.command(&["--base", "535.288.01", "--next", "580.65.06", "--all", "--format", "json"]);
    assert_eq!(cut_short(diff), (1, String::new()));
    let dump = home.command(&["dump", "--version", "550.54.14", "--all"]);
    assert_eq!(cut_short(dump), (0, String::new()));
}

#[test]
fn help_to_a_closed_pipe_is_no_error() {
    let home = Home::new();
    let mut command = home.command(&["--help"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ended = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &[][..]));
}

#[test]
fn a_full_disk_is_an_error() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        return crate::say::skipped("writing to a full disk", "there is no /dev/full");
    };
    let home = Home::new();
    let mut command = home.command(&["--base", OLD, "--next", NEW]);
    let ended = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("error:"));
}
