//! Many at once, and deaths among them.

use crate::guest::{Running, behind, end, fine, program, wait};
use std::process::Command;

#[test]
fn threads_are_served_at_once() {
    fine(&["threads", "16", "50"]);
}

#[test]
fn a_thousand_threads_are_served() {
    fine(&["threads", "1000", "1"]);
}

#[test]
fn ten_thousand_threads_may_call_at_once() {
    fine(&["crowd", "10000"]);
}

#[test]
fn processes_that_open_without_end_are_stopped_and_others_are_not() {
    // What the supervisor itself can open is the tighter bound. The limit is for the supervisor and its guests.
    let mut command = Command::new("sh");
    let behind = behind(&[program().to_str().unwrap(), "bomb", "8"]);
    command.args(["-c", "ulimit -n 2048 && exec \"$@\"", "sh"]).arg(behind.get_program()).args(behind.get_args());
    let ended = end(command);
    assert_eq!(ended.code(), 0, "{ended:?}");
}

#[test]
fn a_stopped_process_and_unread_output_delay_no_other_process() {
    fine(&["stopped", "8"]);
}

#[test]
fn processes_are_served() {
    fine(&["processes", "40"]);
}

#[test]
fn opening_without_end_comes_to_an_end() {
    fine(&["opens"]);
}

#[test]
fn a_signal_during_a_call_does_not_make_it_twice() {
    fine(&["disturbed"]);
}

#[test]
fn guests_killed_in_their_calls_leave_nothing_behind() {
    let mut guest = Running::start(&["killed", "200"]);
    assert_eq!(guest.line(), "before");
    let (files, threads) = guest.supervisor();
    guest.go_on();
    assert_eq!(guest.line(), "after");
    let (files_after, threads_after) = guest.supervisor();
    guest.go_on();
    assert_eq!(wait(&mut guest.child).code(), Some(0));
    // The descriptors of a few threads are remembered, and threads once started stay, to serve.
    assert!(files_after <= files + 256, "{files} descriptors before, {files_after} after");
    assert!(threads_after <= threads + 8, "{threads} threads before, {threads_after} after");
}
