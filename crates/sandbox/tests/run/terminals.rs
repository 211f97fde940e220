//! The terminal that a program is started on, and those that it makes.

use crate::guest::{behind, end, fine, program};
use std::process::Command;

#[test]
fn a_terminal_works_as_ever() {
    // A terminal that is made inside.
    let script = "command -v script >/dev/null || { echo SKIPPED: terminals: no script command; exit 0; }; \
                  script -qec 'test -t 0 && tty && stty size' /dev/null";
    let ended = end(behind(&["sh", "-c", script]));
    if ended.stdout.starts_with("SKIPPED") {
        print!("{}", ended.stdout);
        return;
    }
    assert_eq!(ended.code(), 0, "{ended:?}");
    assert!(ended.stdout.contains("/dev/pts/"), "{ended:?}");
}

/// A run of the guest on a terminal, from a program that has the other end.
fn on_terminal() -> Command {
    let run = behind(&[program().to_str().unwrap(), "terminal"]);
    let mut command = Command::new(program());
    command.arg("on_terminal").arg(run.get_program()).args(run.get_args());
    command
}

#[test]
fn a_program_has_the_terminal_that_it_is_started_on() {
    let ended = end(on_terminal());
    assert_eq!(ended.code(), 0, "{ended:?}");
}

/// The kernel's default: only `/dev/ptmx` makes terminals then.
#[test]
fn a_program_has_its_terminal_where_the_mounted_ones_make_no_more() {
    let terminals = "mount -t devpts -o newinstance,ptmxmode=000,mode=0620 devpts /dev/pts || exit 77";
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &format!("{terminals}; exec \"$@\""), "sh"]);
    command.arg(on_terminal().get_program()).args(on_terminal().get_args());
    let ended = end(command);
    if ended.code() == 77 {
        println!("SKIPPED: terminals that make no more: none can be mounted here: {}", ended.stderr);
        return;
    }
    assert_eq!(ended.code(), 0, "{ended:?}");
}

#[test]
fn a_terminal_is_not_typed_into() {
    fine(&["types"]);
}
