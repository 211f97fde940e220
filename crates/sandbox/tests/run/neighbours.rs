//! Other processes of the same user.

use crate::guest::{Running, fine, wait};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

#[test]
fn signals_stay_within_the_sandbox() {
    fine(&["neighbours", &std::process::id().to_string()]);
}

#[test]
fn signals_from_outside_reach_the_program() {
    let mut guest = Running::start(&["signals"]);
    assert_eq!(guest.line(), "ready");
    let supervisor = guest.child.id();
    let children = std::fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).unwrap();
    let program = Pid::from_raw(children.trim().parse().unwrap());
    kill(program, Signal::SIGUSR1).unwrap();
    kill(program, Signal::SIGTERM).unwrap();
    assert_eq!(wait(&mut guest.child).code(), Some(21));
}
