//! Guests that mean harm.

use crate::guest::{Running, behind, end, fine, program, wait};

#[test]
fn odd_types_sizes_and_directions_are_caught() {
    fine(&["odd"]);
}

#[test]
fn lengths_and_addresses_are_checked() {
    fine(&["lengths"]);
}

#[test]
fn descriptors_may_be_swapped_during_a_call() {
    fine(&["swap"]);
}

#[test]
fn parameters_may_be_rewritten_during_a_call() {
    fine(&["rewrite"]);
}

#[test]
fn other_ways_into_the_kernel_are_closed() {
    fine(&["entries"]);
}

#[test]
fn other_devices_of_the_driver_get_no_ioctl() {
    fine(&["refused"]);
}

#[test]
fn marks_on_files_may_be_tampered_with() {
    fine(&["tampers"]);
}

#[test]
fn handles_of_another_client_are_of_no_use() {
    fine(&["strangers"]);
}

#[test]
fn files_do_not_pass_from_sandbox_to_sandbox() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let path = path.to_str().unwrap();
    let mut sender = Running::start(&["sends", path]);
    assert_eq!(sender.line(), "listening");
    fine(&["receives", path]);
    assert_eq!(wait(&mut sender.child).code(), Some(0));
}

#[test]
fn a_sandbox_within_a_sandbox_is_refused_with_a_reason() {
    let inner = crate::guest::nvproxy().to_str().unwrap();
    let ended = end(behind(&[inner, "run", "--simulate", "h100", "--", "true"]));
    assert_eq!(ended.code(), 125, "{ended:?}");
    assert!(ended.stderr.contains("cannot"), "{}", ended.stderr);
    let _ = program();
}
