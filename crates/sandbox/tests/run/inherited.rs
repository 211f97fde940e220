//! What a program is started with.

use crate::guest::{Ended, end, nvproxy, program};
use std::process::Command;

/// A run of a shell's script, from a shell that does this before.
fn after(before: &str, options: &[&str], inside: &str) -> Ended {
    let mut command = Command::new("bash");
    command.args(["-c", &format!("{before}; exec \"$@\""), "bash"]).arg(nvproxy());
    command.args(["run", "--simulate", "h100", "--driver-version", "535.261.03", "--log", "off"]).args(options);
    command.args(["--", "bash", "-c", inside]);
    end(command)
}

#[test]
fn no_descriptor_leads_to_the_hosts_devices() {
    let mut command = Command::new(program());
    command.arg("gives").arg(nvproxy());
    command.args(["run", "--simulate", "h100", "--driver-version", "535.261.03", "--log", "off"]);
    command.args(["--pass-fd", "42", "--"]).arg(program()).arg("given");
    let ended = end(command);
    assert_eq!(ended.code(), 0, "{ended:#?}");
}

#[test]
fn directories_are_the_programs_own_wherever_they_stand() {
    for (before, options, inside) in [
        ("exec 0</usr", &[][..], "test -d /dev/stdin/bin && test ! -e /dev/stdin/../dev/kmsg"),
        ("exec 0</dev", &[], "test ! -d /dev/stdin && read -r line; test $? = 1"),
        ("exec 0</usr 9</usr", &["--pass-fd", "9"], "test -d /dev/fd/9/bin && test ! -e /dev/fd/9/../dev/kmsg"),
        ("exec 9</usr", &["--pass-fd", "9", "--pass-fd", "0"], "test -d /dev/fd/9/bin"),
        ("cd /dev/shm", &[], "test ! -e ../kmsg && test \"$(readlink /proc/self/cwd)\" = /dev/shm"),
        ("cd /dev/pts/..", &[], "test ! -e kmsg && test \"$(readlink /proc/self/cwd)\" = /"),
    ] {
        let ended = after(before, options, inside);
        assert_eq!(ended.code(), 0, "{before}, {options:?}, {inside}: {ended:#?}");
    }
}

#[test]
fn shells_and_make_have_their_pipes_and_files() {
    for (before, inside, expected) in [
        ("exec 9< <(echo substituted)", "cat /dev/fd/9", "substituted\n"),
        ("exec 9</etc/hostname 8<<<inline", "cat <&8", "inline\n"),
        ("exec 9</dev/null", "test ! -e /dev/fd/9 && echo closed", "closed\n"),
    ] {
        let ended = after(before, &[], inside);
        assert_eq!((ended.code(), ended.stdout.as_str()), (0, expected), "{before}, {inside}: {ended:#?}");
    }
}

#[test]
fn what_is_named_and_cannot_be_had_is_said() {
    for (before, words) in [
        (":", "descriptor 9, which --pass-fd names, is not open"),
        ("exec 9</dev", "a descriptor that --pass-fd names leads out of the sandbox"),
    ] {
        let ended = after(before, &["--pass-fd", "9"], "true");
        assert_eq!(ended.code(), 125, "{ended:#?}");
        assert!(ended.stderr.contains(words) && ended.stderr.contains('9'), "{ended:#?}");
    }
    let mut wrong = Command::new(nvproxy());
    wrong.args(["run", "--pass-fd", "-1", "--", "true"]);
    assert_eq!(end(wrong).code(), 2);
}
