//! What follows from what a machine says of itself, and what the command makes of this one.

use nvproxy::Errno;
use sandbox::doctor::{
    Answer, Device, Driver, Facts, Limits, Need, PackState, Probe, ReleasePack, Report, State, judge,
};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use version_tree::version;

/// Of a machine where everything works, without a GPU.
fn facts() -> Facts {
    Facts {
        kernel: "6.8.0-45-generic".to_owned(),
        limits: Limits { files: Some((1024, 1 << 20)), ..Limits::default() },
        ..Facts::default()
    }
}

fn probe() -> Probe {
    let works = || Answer::Works;
    Probe {
        listener: works(),
        wait_killable: works(),
        sync_wake_up: works(),
        add_fd: works(),
        pidfd_getfd: works(),
        kcmp: works(),
        pidfd_thread: works(),
        process_vm_readv: works(),
        ofd_locks: works(),
        user_namespace: works(),
        mount_namespace: works(),
        signal_scope: works(),
    }
}

fn device(path: &str, usable: Result<(), Errno>) -> Device {
    Device { path: PathBuf::from(path), mode: 0o666, usable }
}

/// And with one.
fn with_gpu() -> Facts {
    let devices = ["/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidiactl"].map(|path| device(path, Ok(())));
    let driver = Driver { version: version!("535.261.03"), source: "/dev/nvidiactl".to_owned() };
    Facts { devices: devices.into(), driver: Some(driver), pci: true, ..facts() }
}

/// The one finding of that name.
fn state(report: &Report, name: &str) -> (State, String) {
    let mut found = report.findings.iter().filter(|finding| finding.name == name);
    let one = found.next().unwrap_or_else(|| panic!("{report:#?}"));
    assert!(found.next().is_none());
    (one.state, one.advice.clone().unwrap_or_default())
}

#[test]
fn a_machine_without_a_gpu_can_simulate_one() {
    let report = judge(&facts(), &Ok(probe()));
    assert_eq!((report.simulate(), report.gpu(), report.gpu_present), (State::Ok, State::Fail, false));
    assert!(report.findings.iter().all(|finding| finding.need == Need::Run && finding.advice.is_none()), "{report:#?}");
}

#[test]
fn device_files_without_a_driver_are_no_gpu() {
    let facts = Facts { devices: vec![device("/dev/nvidiactl", Ok(()))], ..facts() };
    let report = judge(&facts, &Ok(probe()));
    assert_eq!((report.simulate(), report.gpu_present), (State::Ok, false));
}

#[test]
fn a_machine_with_a_qualified_driver_is_ready() {
    let report = judge(&with_gpu(), &Ok(probe()));
    assert_eq!((report.simulate(), report.gpu()), (State::Ok, State::Ok), "{report:#?}");
}

#[test]
fn what_every_run_needs_fails_for_gpus_too() {
    let probe = Probe { listener: Answer::Refused("Operation not permitted".to_owned()), ..probe() };
    let report = judge(&with_gpu(), &Ok(probe));
    assert_eq!((report.simulate(), report.gpu()), (State::Fail, State::Fail));
    assert_eq!(state(&report, "seccomp notification").0, State::Fail);
}

#[test]
fn what_only_helps_is_a_warning() {
    let probe = Probe { sync_wake_up: Answer::Missing, wait_killable: Answer::Missing, ..probe() };
    let report = judge(&facts(), &Ok(probe));
    assert_eq!(report.simulate(), State::Warn);
    assert!(state(&report, "seccomp SYNC_WAKE_UP").1.contains("6.6"));
}

#[test]
fn what_a_run_does_without_is_information() {
    for (answer, words) in [
        (Answer::Works, "works"),
        (Answer::Missing, "Linux 6.12"),
        (Answer::Refused("Argument list too long".to_owned()), "Argument list too long"),
    ] {
        let report = judge(&facts(), &Ok(Probe { signal_scope: answer, ..probe() }));
        assert_eq!(report.simulate(), State::Ok);
        let found = report.findings.iter().find(|finding| finding.name == "Landlock signal scope").unwrap();
        assert!(found.found.contains(words) && found.advice.is_none(), "{found:?}");
    }
}

#[test]
fn namespaces_that_a_setting_forbids_name_the_setting() {
    let path = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns".to_owned();
    let facts = Facts { namespace_limits: vec![(path.clone(), "1".to_owned())], ..facts() };
    let probe = Probe { user_namespace: Answer::Refused("Permission denied".to_owned()), ..probe() };
    let (found, advice) = state(&judge(&facts, &Ok(probe)), "user namespaces");
    assert_eq!(found, State::Fail);
    assert!(advice.contains(&path), "{advice}");
}

#[test]
fn what_could_not_be_tried_is_not_known() {
    let report = judge(&facts(), &Err("it was killed".to_owned()));
    assert_eq!(report.simulate(), State::Unknown);
}

#[test]
fn an_old_kernel_fails() {
    let report = judge(&Facts { kernel: "5.4.0".to_owned(), ..facts() }, &Ok(probe()));
    assert_eq!(state(&report, "kernel").0, State::Fail);
}

#[test]
fn strict_yama_fails() {
    for (scope, expected) in [(0, State::Ok), (1, State::Ok), (2, State::Fail), (3, State::Fail)] {
        let report = judge(&Facts { yama: Some(scope), ..facts() }, &Ok(probe()));
        assert_eq!(state(&report, "Yama").0, expected, "ptrace_scope {scope}");
    }
}

#[test]
fn the_driver_is_as_good_as_its_standing() {
    let of = |version| {
        let driver = Driver { version, source: "/dev/nvidiactl".to_owned() };
        state(&judge(&Facts { driver: Some(driver), ..with_gpu() }, &Ok(probe())), "driver")
    };
    assert_eq!(of(version!("535.261.03")).0, State::Ok);
    assert_eq!(of(version!("535.183.01")).0, State::Ok, "proved, whoever tests it");
    for without_headers in [version!("610.57.04"), version!("620.06.00")] {
        let (found, advice) = of(without_headers);
        assert_eq!(found, State::Warn, "{without_headers}");
        assert!(advice.contains(&format!("gpu-tools learn {without_headers}")), "{advice}");
    }
    let (found, advice) = of(version!("999.1.2"));
    assert_eq!(found, State::Fail);
    assert!(advice.contains("--driver-version"), "{advice}");
}

#[test]
fn release_packs_in_force_are_named_and_bad_ones_cost_their_release_alone() {
    let of = |version, state| {
        let driver = Driver { version, source: "/dev/nvidiactl".to_owned() };
        let packs = vec![ReleasePack { release: version!("999.1.2"), state }];
        judge(&Facts { driver: Some(driver), packs, ..with_gpu() }, &Ok(probe()))
    };
    let in_force = || PackState::InForce {
        path: "/etc/nvproxy/packs/999.1.2.toml".to_owned(),
        ancestor: version!("595.45.04"),
        left_out: 2,
    };
    let report = of(version!("999.1.2"), in_force());
    assert_eq!((state(&report, "driver").0, state(&report, "release pack").0), (State::Ok, State::Ok));
    let found = &report.findings.iter().find(|finding| finding.name == "release pack").unwrap().found;
    for words in ["/etc/nvproxy/packs/999.1.2.toml", "595.45.04", "2 entries left out"] {
        assert!(found.contains(words), "{found}");
    }
    let report = of(version!("999.1.2"), PackState::Unusable("others can write it".to_owned()));
    assert_eq!((state(&report, "driver").0, state(&report, "release pack").0), (State::Fail, State::Warn));
    let report = of(version!("535.261.03"), PackState::Unusable("others can write it".to_owned()));
    assert_eq!((state(&report, "driver").0, state(&report, "release pack").0), (State::Ok, State::Warn));
    let stray = Facts { ignored: vec!["/etc/nvproxy/packs/620.50.02.txt".into()], ..facts() };
    let (warned, advice) = state(&judge(&stray, &Ok(probe())), "release pack");
    assert_eq!(warned, State::Warn);
    assert!(advice.contains("named after its release"), "{advice}");
    let report = of(version!("535.261.03"), PackState::NotNeeded);
    assert_eq!(state(&report, "release pack").0, State::Ok);
}

#[test]
fn device_files_must_be_there_and_usable() {
    let mut facts = with_gpu();
    facts.devices.retain(|device| device.path != Path::new("/dev/nvidia-uvm"));
    facts.devices[0].usable = Err(Errno::EACCES);
    let report = judge(&facts, &Ok(probe()));
    assert_eq!(state(&report, "/dev/nvidia-uvm").0, State::Warn);
    assert_eq!(state(&report, "/dev/nvidia#").0, State::Fail);
    assert_eq!(state(&report, "/dev/nvidiactl").0, State::Ok);
    assert_eq!((report.simulate(), report.gpu()), (State::Ok, State::Fail));
}

#[test]
fn facts_are_read_where_they_are() {
    let root = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put("proc/sys/kernel/osrelease", "6.1.0-28-amd64\n");
    put("proc/sys/kernel/yama/ptrace_scope", "1\n");
    put("proc/sys/user/max_user_namespaces", "0\n");
    put("proc/self/status", "Name:\tx\nSeccomp:\t2\n");
    put("proc/self/cgroup", "0::/user.slice\n");
    put("sys/fs/cgroup/user.slice/pids.max", "50\n");
    put("sys/fs/cgroup/user.slice/memory.max", "max\n");
    put("sys/module/nvidia/version", "550.90.07\n");
    put("sys/bus/pci/devices/0000:01:00.0/vendor", "0x10de\n");
    put("sys/bus/pci/devices/0000:01:00.0/class", "0x030200\n");
    put("dev/nvidia0", "");
    put("dev/nvidia-caps", "");
    put(".dockerenv", "");
    let facts = Facts::below(root.path());
    assert_eq!((facts.kernel.as_str(), facts.yama, facts.pci), ("6.1.0-28-amd64", Some(1), true));
    assert_eq!(facts.namespace_limits, [("/proc/sys/user/max_user_namespaces".to_owned(), "0".to_owned())]);
    let source = "/sys/module/nvidia/version".to_owned();
    assert_eq!(facts.driver, Some(Driver { version: version!("550.90.07"), source }));
    let paths: Vec<_> = facts.devices.iter().map(|device| device.path.to_str().unwrap()).collect();
    assert_eq!(paths, ["/dev/nvidia0"]);
    assert_eq!((facts.limits.pids, facts.limits.memory, facts.limits.filtered), (Some(50), None, true));
    assert_eq!(facts.container.as_deref(), Some("Docker"));
    let report = judge(&facts, &Ok(probe()));
    assert_eq!(state(&report, "container limits").0, State::Warn);
}

fn doctor(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nvproxy")).arg("doctor").args(arguments).output().unwrap()
}

#[test]
fn the_exit_status_is_that_of_the_worst_finding() {
    let output = doctor(&["--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["schema_version"], 1);
    let findings = json["findings"].as_array().unwrap();
    assert!(findings.len() > 10, "{json:#}");
    for finding in findings {
        assert!(["ok", "warn", "unknown", "fail"].contains(&finding["state"].as_str().unwrap()), "{finding}");
        assert!(!finding["name"].as_str().unwrap().is_empty() && !finding["found"].as_str().unwrap().is_empty());
    }
    let judged = if json["gpu_present"] == true { &json["gpu"] } else { &json["simulate"] };
    let expected = match judged.as_str().unwrap() {
        "ok" | "warn" => 0,
        "fail" => 1,
        _ => 2,
    };
    assert_eq!(output.status.code(), Some(expected), "{json:#}");
}

#[test]
fn text_ends_with_what_works() {
    let output = doctor(&["--color", "never"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let last: Vec<&str> = text.lines().rev().take(2).collect();
    assert!(
        last[1].starts_with("nvproxy run --simulate h100 -- CMD") && last[0].starts_with("nvproxy run -- CMD"),
        "{text}"
    );
    assert!(!text.contains('\x1b'));
}

#[test]
fn a_gpu_that_is_asked_for_and_not_there_fails() {
    let json: serde_json::Value = serde_json::from_slice(&doctor(&["--format", "json"]).stdout).unwrap();
    if json["gpu_present"] == true {
        println!("SKIPPED: doctor --gpu without a GPU: this machine has one");
        return;
    }
    assert_eq!(doctor(&["--gpu"]).status.code(), Some(1));
}
