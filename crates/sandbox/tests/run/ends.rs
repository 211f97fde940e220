//! How a run ends: statuses and signals.

use crate::guest::{Running, behind, end, nvproxy, program, wait};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::time::{Duration, Instant};

#[test]
fn the_programs_status_is_passed_on() {
    for status in [0, 1, 42, 255] {
        assert_eq!(end(behind(&["sh", "-c", &format!("exit {status}")])).code(), status);
    }
}

#[test]
fn a_signal_that_ended_it_is_128_and_its_number() {
    for (name, number) in [("TERM", 15), ("KILL", 9), ("SEGV", 11)] {
        assert_eq!(end(behind(&["sh", "-c", &format!("kill -{name} $$")])).code(), 128 + number, "{name}");
    }
}

#[test]
fn what_cannot_be_run_has_the_shells_statuses() {
    let ended = end(behind(&["/nonexistent/program"]));
    assert_eq!(ended.code(), 127);
    assert!(ended.stderr.contains("cannot run \"/nonexistent/program\""), "{}", ended.stderr);
    assert_eq!(end(behind(&["/etc/passwd"])).code(), 126);
    let mut command = Command::new(nvproxy());
    command.args(["trace", "--simulate", "h100", "--driver-version", "535.261.03", "--", "/nonexistent/program"]);
    let ended = end(command);
    assert_eq!(ended.code(), 127);
    assert!(ended.stderr.contains("cannot run \"/nonexistent/program\""), "{}", ended.stderr);
}

#[test]
fn a_programs_name_is_told_on_one_line_and_not_at_length() {
    let ended = end(behind(&["no\nsuch\x1b[31m"]));
    assert_eq!((ended.code(), ended.stderr.lines().count()), (127, 1), "{ended:?}");
    assert!(ended.stderr.contains("cannot run \"no\\nsuch\\u{1b}[31m\""), "{}", ended.stderr);
    let ended = end(behind(&["x".repeat(100_000)]));
    assert!(ended.code() == 126 && ended.stderr.len() < 400, "{}: {} bytes", ended.code(), ended.stderr.len());
}

#[test]
fn a_library_of_a_release_that_is_not_known_is_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let run = || {
        let mut command = Command::new(nvproxy());
        command.env("LD_LIBRARY_PATH", directory.path()).args(["run", "--simulate", "h100", "--", "true"]);
        end(command)
    };
    let put = |release: &str| std::fs::write(directory.path().join(format!("libcuda.so.{release}")), "").unwrap();
    put("999.99.99");
    let ended = run();
    assert_eq!(ended.code(), 0, "{ended:?}");
    assert!(ended.stderr.contains("999.99.99"), "{}", ended.stderr);
    put("535.261.03");
    let ended = run();
    assert_eq!(ended.code(), 0, "{ended:?}");
    for words in ["simulating driver 535.261.03", "999.99.99", "not known"] {
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    }
}

#[test]
fn a_run_that_cannot_begin_is_125_and_says_why() {
    let mut command = Command::new(nvproxy());
    command.args(["run", "--simulate", "h101", "--driver-version", "535.261.03", "--", "true"]);
    let ended = end(command);
    assert_eq!(ended.code(), 125);
    assert!(ended.stderr.contains("h101") && ended.stderr.contains("h100"), "{}", ended.stderr);
    let mut command = Command::new(nvproxy());
    command.args(["run", "--simulate", "h100", "--gpus", "3", "--driver-version", "535.261.03", "--", "true"]);
    let ended = end(command);
    assert_eq!(ended.code(), 125);
    assert!(ended.stderr.contains("no GPU 3"), "{}", ended.stderr);
}

#[test]
fn a_release_is_judged_before_it_is_spoken() {
    let run = |words: &[&str]| {
        let mut command = Command::new(nvproxy());
        command.args(["run", "--simulate", "h100"]).args(words).args(["--", "true"]);
        end(command)
    };
    let qualified = run(&["--driver-version", "535.261.03"]);
    assert_eq!((qualified.code(), qualified.stderr.as_str()), (0, ""));
    let proved = run(&["--driver-version", "535.43.02", "--only-proved"]);
    assert_eq!((proved.code(), proved.stderr.as_str()), (0, ""), "its headers prove it, whoever tests it");
    let proved = run(&["--driver-version", "535.43.02", "--only-qualified"]);
    assert_eq!(proved.code(), 125);
    assert!(proved.stderr.contains("--only-qualified"), "{}", proved.stderr);
    for (release, standing) in [("610.57.04", "is measured"), ("620.06.00", "is inferred")] {
        let told = run(&["--driver-version", release]);
        assert_eq!((told.code(), told.stderr.lines().count()), (0, 1), "{}", told.stderr);
        for words in [standing, &format!("`gpu-tools learn {release}`")] {
            assert!(told.stderr.contains(words), "{words}: {}", told.stderr);
        }
        let refused = run(&["--driver-version", release, "--only-proved"]);
        assert_eq!(refused.code(), 125);
        assert!(refused.stderr.contains("--only-proved rules it out"), "{}", refused.stderr);
    }
    let unknown = run(&["--driver-version", "535.261.99"]);
    assert_eq!(unknown.code(), 125);
    assert!(unknown.stderr.contains("535.261.03"), "its nearest relative: {}", unknown.stderr);
    assert!(unknown.stderr.contains("gpu-tools learn 535.261.99"), "what to do: {}", unknown.stderr);
}

#[test]
fn input_and_output_are_the_programs() {
    let mut command = behind(&["sh", "-c", "read word; echo got $word; echo wrong >&2"]);
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"this\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.stdout, b"got this\n");
    assert_eq!(output.stderr, b"wrong\n");
}

#[test]
fn signals_to_the_supervisor_reach_the_program() {
    let mut guest = Running::start(&["signals"]);
    assert_eq!(guest.line(), "ready");
    let supervisor = Pid::from_raw(guest.child.id() as i32);
    kill(supervisor, Signal::SIGUSR1).unwrap();
    kill(supervisor, Signal::SIGTERM).unwrap();
    assert_eq!(wait(&mut guest.child).code(), Some(21));
}

#[test]
fn a_guest_goes_with_its_supervisor() {
    let mut guest = Running::start(&["killed", "1"]);
    assert_eq!(guest.line(), "before");
    let supervisor = guest.child.id();
    let children = std::fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).unwrap();
    let child: i32 = children.trim().parse().unwrap();
    guest.child.kill().unwrap();
    assert_eq!(wait(&mut guest.child).signal(), Some(9));
    let started = Instant::now();
    // Whoever takes over its parent's duties may not have looked at it yet.
    let gone = || match std::fs::read_to_string(format!("/proc/{child}/stat")) {
        Ok(stat) => stat.contains(") Z "),
        Err(_) => true,
    };
    while !gone() {
        assert!(started.elapsed() < Duration::from_secs(10), "it lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_guest_that_outlives_its_supervisor_has_no_driver() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("errno");
    let mut guest = Running::start(&["orphan", path.to_str().unwrap()]);
    assert_eq!(guest.line(), "ready");
    guest.child.kill().unwrap();
    wait(&mut guest.child);
    let started = Instant::now();
    while std::fs::read_to_string(&path).unwrap_or_default().is_empty() {
        assert!(started.elapsed() < Duration::from_secs(10), "it does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), nix::libc::ENOSYS.to_string());
    let _ = program();
}

/// Some that start programs ignore the signal, and then nobody is told how a child ended.
#[test]
fn the_status_comes_through_where_ends_of_children_are_ignored() {
    let run = behind(&["sh", "-c", "exit 3"]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' CHLD; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    let ended = end(command);
    assert_eq!(ended.code(), 3, "{ended:#?}");
}

#[test]
fn a_limit_of_file_sizes_does_not_end_the_supervisor() {
    let run = behind(&["sh", "-c", "exec 3<>/dev/nvidia-uvm"]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 100; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    let ended = end(command);
    assert_eq!(ended.code(), 2, "the shell's own status: {ended:#?}");
}

/// A run of the guest, from a shell that does this before.
fn after(shell: &str, words: &[&str]) -> crate::guest::Ended {
    let run = behind(&[&[program().to_str().unwrap()], words].concat());
    let mut command = Command::new("bash");
    command.args(["-c", &format!("{shell}; exec \"$@\""), "bash"]).arg(run.get_program()).args(run.get_args());
    end(command)
}

#[test]
fn few_descriptors_are_enough_and_too_few_are_said() {
    for (limit, words) in
        [("256", ["threads", "4", "20"]), ("256", ["successors", "300", ""]), ("350", ["successors", "300", ""])]
    {
        let ended = after(&format!("ulimit -n {limit}"), &words);
        assert_eq!(ended.code(), 0, "{limit}, {words:?}: {ended:#?}");
    }
    // The limit that is in force at first is the program's, not the supervisor's.
    let ended = after("ulimit -Sn 10", &["successors", "2"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
    let run = behind(&["sh", "-c", "ulimit -Sn"]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -Sn 10; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    assert_eq!(end(command).stdout, "10\n");
    let few = after("ulimit -n 255", &["successors", "1"]);
    assert_eq!(few.code(), 125, "{few:#?}");
    assert!(few.stderr.contains("256") && few.stderr.contains("RLIMIT_NOFILE"), "{few:#?}");
}

#[test]
fn descriptors_that_are_open_before_are_in_nobodys_way() {
    let ended = after("for i in $(seq 100); do exec {open}</dev/null; done", &["threads", "4", "20"]);
    assert_eq!(ended.code(), 0, "{ended:#?}");
}

#[test]
fn a_machine_can_have_many_gpus() {
    let mut command = Command::new(nvproxy());
    let gpus = ["h100"; 16].join(",");
    command.args(["run", "--simulate", &gpus, "--driver-version", "535.261.03", "--"]);
    command.args(["sh", "-c", "ls /dev/nvidia[0-9]* | wc -l"]);
    let ended = end(command);
    assert_eq!((ended.code(), ended.stdout.as_str()), (0, "16\n"), "{ended:#?}");
}
