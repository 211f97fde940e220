//! What a guest of a simulated driver finds.

use crate::guest::fine;

#[test]
fn a_client_is_made_and_freed() {
    fine(&["works"]);
}

#[test]
fn device_files_look_as_if_they_were_there() {
    fine(&["states"]);
}

#[test]
fn a_file_is_known_by_its_description() {
    fine(&["descriptions"]);
}

#[test]
fn ioctls_of_other_files_still_work() {
    fine(&["network"]);
}

#[test]
fn a_guest_may_debug_its_own() {
    fine(&["debugs"]);
}
