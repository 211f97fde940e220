//! What is outside of a sandbox stays as it is, and out of reach.

use crate::guest::{behind, end, fine, nvproxy, program};
use std::fmt::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a guest could change, as text.
fn world() -> String {
    let mut text = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    for directory in ["/dev", "/dev/char", "/proc/driver", "/dev/nvidia-caps"] {
        let Ok(entries) = std::fs::read_dir(directory) else { continue };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let Ok(facts) = std::fs::symlink_metadata(&path) else { continue };
            let (mode, number) = (facts.permissions().mode(), facts.rdev());
            writeln!(text, "{} {mode:o} {number} {} {}", path.display(), facts.uid(), facts.gid()).unwrap();
        }
    }
    text
}

#[test]
fn nothing_outside_is_made_or_changed() {
    let before = world();
    fine(&["outside"]);
    fine(&["works"]);
    assert_eq!(world(), before);
}

/// A directory that was opened before is the host's for good.
#[test]
fn the_hosts_devices_are_out_of_reach_from_where_a_guest_starts() {
    let within = |directory: &str, script: &str| {
        let mut command = behind(&["sh", "-c", script]);
        command.current_dir(directory);
        end(command)
    };
    // What a guest's `/dev` does not have; no host has none of them.
    let there = |name: &&str| Path::new("/dev").join(name).exists();
    assert!(["kmsg", "char", "net"].iter().any(there));
    for name in ["kmsg", "char", "net"] {
        if !there(&name) {
            continue;
        }
        for (directory, path) in [("/dev", name.to_owned()), ("/dev/shm", format!("../{name}"))] {
            let ended = within(directory, &format!("test -e {path}"));
            assert_eq!(ended.code(), 1, "{path} from {directory}: {ended:#?}");
        }
    }
    let ended = within("/usr", "pwd");
    assert_eq!(ended.stdout.trim(), "/usr");
}

#[test]
fn a_device_file_that_lies_elsewhere_cannot_be_opened() {
    let directory = tempfile::tempdir().unwrap();
    let node = directory.path().join("null");
    let null = nix::sys::stat::makedev(1, 3);
    let mode = nix::sys::stat::Mode::from_bits_truncate(0o666);
    let made = nix::sys::stat::mknod(&node, nix::sys::stat::SFlag::S_IFCHR, mode, null);
    if made.is_err() || std::fs::File::open(&node).is_err() {
        println!("SKIPPED: a device file that lies elsewhere: only root can make one, where the mount allows it");
        return;
    }
    let open = |path: &Path| end(behind(&["sh", "-c", ": < \"$0\"", path.to_str().unwrap()]));
    assert_eq!(open(Path::new("/dev/null")).code(), 0);
    assert_ne!(open(&node).code(), 0);
}

/// A GPU's registers, the control group that the supervisor is in, and for root the kernel's settings.
#[test]
fn what_leads_around_the_driver_is_read_only() {
    let mounts = end(behind(&["cat", "/proc/self/mountinfo"])).stdout;
    let options = |at: &str| {
        // Of what is mounted there last.
        let last = mounts.lines().rev().find(|line| line.split(' ').nth(4) == Some(at));
        last.unwrap_or_else(|| panic!("{at}: {mounts}")).split(' ').nth(5).unwrap().to_owned()
    };
    let below = |line: &&str| line.split(' ').nth(4).is_some_and(|at| at == "/sys" || at.starts_with("/sys/"));
    for line in mounts.lines().filter(below) {
        let at = line.split(' ').nth(4).unwrap();
        assert!(options(at).split(',').any(|option| option == "ro"), "{line}");
    }
    if nix::unistd::geteuid().is_root() {
        for at in ["/proc/sys", "/proc/bus", "/proc/sysrq-trigger"].into_iter().filter(|at| Path::new(at).exists()) {
            assert!(options(at).split(',').any(|option| option == "ro"), "{at}: {mounts}");
        }
    }
}

/// A guest can have the kernel send them to the group that the supervisor is in.
#[test]
fn the_supervisor_is_not_stopped_for_a_guests_use_of_the_terminal() {
    let ended = end(behind(&["sh", "-c", "grep SigIgn: /proc/$PPID/status; grep SigIgn: /proc/self/status"]));
    let masks: Vec<u64> = ended
        .stdout
        .lines()
        .map(|line| u64::from_str_radix(line.trim_start_matches("SigIgn:").trim(), 16).unwrap())
        .collect();
    let of_terminals = 1 << (nix::libc::SIGTTIN - 1) | 1 << (nix::libc::SIGTTOU - 1);
    assert_eq!(masks.iter().map(|mask| mask & of_terminals).collect::<Vec<_>>(), [of_terminals, 0], "{ended:#?}");
}

/// A program whose signals could reach other processes is not started.
#[test]
fn a_run_within_too_many_restrictions_of_landlock_is_refused() {
    use landlock::{CompatLevel, Compatible, Ruleset, RulesetAttr, Scope};
    let restrict = || {
        let rules = Ruleset::default().set_compatibility(CompatLevel::HardRequirement).scope(Scope::Signal);
        rules.and_then(Ruleset::create)
    };
    if let Err(error) = restrict() {
        println!("SKIPPED: restrictions of Landlock: {error}");
        return;
    }
    // Of a thread, and of what it starts. The kernel allows 16, those of whatever runs these tests included.
    let within = |most: usize| {
        let start = move || {
            let made = (0..most).take_while(|_| restrict().unwrap().restrict_self().is_ok()).count();
            (made, end(behind(&["true"])))
        };
        std::thread::spawn(start).join().unwrap()
    };
    let (_, started) = within(1);
    assert_eq!(started.code(), 0, "{started:#?}");
    let (made, refused) = within(17);
    assert!(made < 17);
    assert_eq!(refused.code(), 125, "{refused:#?}");
    assert!(refused.stderr.contains("Landlock"), "{}", refused.stderr);
}

/// However they end.
#[test]
fn the_tests_themselves_leave_no_directory() {
    let made = |directory: &Path| std::fs::read_dir(directory).unwrap().count();
    for killed in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let mut tests = Command::new(std::env::current_exe().unwrap());
        tests.args(["--exact", "isolation::nothing_outside_is_made_or_changed"]).env("TMPDIR", directory.path());
        let mut tests = tests.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let until = |what: &str, reached: &mut dyn FnMut() -> bool| {
            let started = Instant::now();
            while !reached() {
                assert!(started.elapsed() < Duration::from_secs(60), "{what}");
                std::thread::sleep(Duration::from_millis(2));
            }
        };
        // Once there is something in it, there is somebody who sweeps.
        let used = || {
            let mut inside = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
            inside.any(|path| std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()))
        };
        until("nothing is made", &mut || used() || tests.try_wait().unwrap().is_some());
        if killed {
            tests.kill().unwrap();
        }
        assert_eq!(tests.wait().unwrap().success(), !killed);
        until("a directory stays", &mut || made(directory.path()) == 0);
    }
}

#[test]
fn the_kernels_links_to_other_processes_lead_nowhere() {
    fine(&["links", &std::process::id().to_string()]);
}

#[test]
fn an_ordinary_user_needs_no_more() {
    if !nix::unistd::geteuid().is_root() {
        println!("SKIPPED: another user: only root can be one (all other tests ran as an ordinary user)");
        return;
    }
    // `nobody` owns nothing.
    for part in ["works", "undumpable", "states", "outside", "entries", "neighbours", "types"] {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(nvproxy());
        command.args(["run", "--simulate", "h100", "--driver-version", "535.261.03", "--log", "off", "--"]);
        command.arg(program()).arg(part);
        let ended = end(command);
        assert_eq!(ended.code(), 0, "{part}: {ended:#?}");
    }
}

#[test]
fn a_guest_has_no_privileges_and_keeps_its_user() {
    let ended = end(behind(&["sh", "-c", "id -u; id -g; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status"]));
    let (user, group) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let none = "0000000000000000";
    let expected = format!(
        "{user}\n{group}\nCapInh:\t{none}\nCapPrm:\t{none}\nCapEff:\t{none}\nCapBnd:\t{none}\nCapAmb:\t{none}\n\
         NoNewPrivs:\t1\nSeccomp:\t2\n"
    );
    assert_eq!(ended.stdout, expected);
}

#[test]
fn the_supervisor_has_no_privileges_and_a_filter() {
    let ended = end(behind(&[
        "sh",
        "-c",
        "grep -hE '^(CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp:)' /proc/$PPID/task/*/status | sort | uniq",
    ]));
    let none = "0000000000000000";
    let bounding = if nix::unistd::geteuid().is_root() { format!("CapBnd:\t{none}\n") } else { String::new() };
    for line in
        [format!("CapPrm:\t{none}\n"), format!("CapEff:\t{none}\n"), bounding, "NoNewPrivs:\t1\nSeccomp:\t2\n".into()]
    {
        assert!(ended.stdout.contains(&line), "{line:?} in {}", ended.stdout);
    }
    assert!(!ended.stdout.contains("Seccomp:\t0"), "{}", ended.stdout);
}
