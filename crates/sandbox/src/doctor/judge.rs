//! What follows from what was tried and read.

use super::facts::{Device, Facts};
use super::finding::{Finding, Need, Report, State};
use super::packs::{PackState, ReleasePack};
use super::probe::{Answer, Probe};
use crate::run::DESCRIPTORS_MIN;
use nvproxy::printable::printable_path;
use std::path::Path;
use version_tree::{Resolution, Tree};

/// What follows from what the machine says of itself and what came of trying things, or why that is not known.
pub fn judge(facts: &Facts, probe: &Result<Probe, String>) -> Report {
    let mut findings = vec![kernel(facts)];
    match probe {
        Ok(probe) => {
            findings.extend(tried(facts, probe));
            findings.push(signal_scope(probe));
        }
        Err(why) => findings.push(Finding::new("kernel features", Need::Run, State::Unknown, why.clone())),
    }
    findings.push(yama(facts));
    findings.extend(limits(facts));
    findings.extend(facts.packs.iter().map(pack));
    findings.extend(facts.ignored.iter().map(|path| ignored(path)));
    // Device files alone are none: NVIDIA's tools make them as root, whether or not there is a driver.
    let gpu_present = facts.pci || facts.driver.is_some();
    if gpu_present {
        findings.extend(gpu(facts));
    }
    Report { findings, gpu_present }
}

fn kernel(facts: &Facts) -> Finding {
    let name = "kernel";
    let mut numbers = facts.kernel.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(major), Some(minor)) if (major, minor) >= (5, 14) => Finding::ok(name, Need::Run, facts.kernel.clone()),
        (Some(_), Some(_)) => Finding::new(name, Need::Run, State::Fail, facts.kernel.clone())
            .advise("5.14 is the oldest that can do what is needed; 6.6 and newer are faster"),
        _ => Finding::new(name, Need::Run, State::Unknown, "/proc/sys/kernel/osrelease tells no version"),
    }
}

/// What was tried: name, answer, how bad it is if it is missing, and what to do then.
fn tried(facts: &Facts, probe: &Probe) -> Vec<Finding> {
    let filtered = "a filter of this container forbids it: allow it in the container's seccomp profile";
    let all: [(&'static str, &Answer, State, String); 11] = [
        ("seccomp notification", &probe.listener, State::Fail, "CONFIG_SECCOMP_FILTER, Linux 5.0".to_owned()),
        ("seccomp ADDFD", &probe.add_fd, State::Fail, "Linux 5.14".to_owned()),
        (
            "seccomp WAIT_KILLABLE_RECV",
            &probe.wait_killable,
            State::Warn,
            "Linux 5.19; without it a signal may have a guest make a call twice".to_owned(),
        ),
        (
            "seccomp SYNC_WAKE_UP",
            &probe.sync_wake_up,
            State::Warn,
            "Linux 6.6; without it every call takes several microseconds more".to_owned(),
        ),
        ("pidfd_getfd", &probe.pidfd_getfd, State::Fail, "Linux 5.6".to_owned()),
        ("kcmp", &probe.kcmp, State::Fail, "CONFIG_KCMP, which distributions' kernels have".to_owned()),
        (
            "PIDFD_THREAD",
            &probe.pidfd_thread,
            State::Warn,
            "Linux 6.9; without it a thread that has descriptors of its own is not served".to_owned(),
        ),
        ("process_vm_readv", &probe.process_vm_readv, State::Fail, "CONFIG_CROSS_MEMORY_ATTACH".to_owned()),
        ("OFD locks", &probe.ofd_locks, State::Fail, "Linux 3.15".to_owned()),
        ("user namespaces", &probe.user_namespace, State::Fail, namespaces(facts)),
        ("mount namespaces", &probe.mount_namespace, State::Fail, namespaces(facts)),
    ];
    let judged = all.into_iter().map(|(name, answer, missing, advice)| match answer {
        Answer::Works => Finding::ok(name, Need::Run, "works"),
        Answer::Missing => {
            Finding::new(name, Need::Run, missing, "the kernel does not have it").advise(format!("needs {advice}"))
        }
        Answer::Refused(why) => {
            let finding = Finding::new(name, Need::Run, missing, format!("refused: {why}"));
            match name {
                "mount namespaces" if !probe.user_namespace.works() => finding,
                "user namespaces" | "mount namespaces" => finding.advise(advice),
                _ if facts.limits.filtered => finding.advise(filtered),
                _ => finding,
            }
        }
    });
    judged.collect()
}

/// Nothing depends on it.
fn signal_scope(probe: &Probe) -> Finding {
    let without = "a program can send signals to all processes of its user";
    let found = match &probe.signal_scope {
        Answer::Works => "works".to_owned(),
        Answer::Missing => format!("the kernel does not have it (Linux 6.12): {without}"),
        Answer::Refused(why) => format!("refused: {why}: {without}"),
    };
    Finding::ok("Landlock signal scope", Need::Run, found)
}

/// What keeps a process from making namespaces, as far as it is known.
fn namespaces(facts: &Facts) -> String {
    if let Some((path, value)) = facts.namespace_limits.first() {
        return match path.as_str() {
            "/proc/sys/user/max_user_namespaces" => format!("{path} is {value}: set it to some thousands"),
            "/proc/sys/kernel/unprivileged_userns_clone" => format!("{path} is {value}: set it to 1"),
            _ => format!("{path} is {value}: set it to 0, or give this program an AppArmor profile with `userns,`"),
        };
    }
    match &facts.container {
        Some(container) => format!(
            "this is a container ({container}): let it make user namespaces, for instance by \
             `--security-opt seccomp=unconfined --security-opt apparmor=unconfined`"
        ),
        None => "a kernel with CONFIG_USER_NS, and leave to make namespaces".to_owned(),
    }
}

fn yama(facts: &Facts) -> Finding {
    let name = "Yama";
    let advice = "set /proc/sys/kernel/yama/ptrace_scope to 1: the supervisor reads its guest's memory";
    match facts.yama {
        None => Finding::ok(name, Need::Run, "not in force"),
        Some(scope @ (0 | 1)) => Finding::ok(name, Need::Run, format!("ptrace_scope {scope}")),
        Some(scope) => Finding::new(name, Need::Run, State::Fail, format!("ptrace_scope {scope}")).advise(advice),
    }
}

fn limits(facts: &Facts) -> Vec<Finding> {
    let limits = &facts.limits;
    let mut found = Vec::new();
    if let Some((now, most)) = limits.files {
        let finding = |state| Finding::new("descriptors", Need::Run, state, format!("{now}, at most {most}"));
        found.push(if most < DESCRIPTORS_MIN {
            finding(State::Fail).advise("nvproxy does not start with so few: raise RLIMIT_NOFILE (`ulimit -Hn`)")
        } else if most < 1024 {
            finding(State::Warn).advise("every open device file of a guest takes one: raise RLIMIT_NOFILE")
        } else {
            finding(State::Ok)
        });
    }
    let mut group: Vec<String> = Vec::new();
    group.extend(limits.pids.map(|pids| format!("{pids} processes")));
    group.extend(limits.memory.map(|bytes| format!("{} MiB of memory", bytes >> 20)));
    let scarce = limits.pids.is_some_and(|pids| pids < 64) || limits.memory.is_some_and(|bytes| bytes < 256 << 20);
    let what = match (&facts.container, group.is_empty()) {
        (None, true) => "no container, no limit".to_owned(),
        (None, false) => group.join(", "),
        (Some(container), true) => format!("{container}, no limit"),
        (Some(container), false) => format!("{container}: {}", group.join(", ")),
    };
    let finding = Finding::new("container limits", Need::Run, if scarce { State::Warn } else { State::Ok }, what);
    found.push(if scarce { finding.advise("little for a program that uses a GPU: raise the limits") } else { finding });
    found
}

/// What a run with this machine's own driver needs.
fn gpu(facts: &Facts) -> Vec<Finding> {
    let mut found = vec![driver(facts)];
    found.push(device(facts, "/dev/nvidiactl", State::Fail, |path| path == "/dev/nvidiactl"));
    found.push(device(facts, "/dev/nvidia#", State::Fail, |path| {
        path.strip_prefix("/dev/nvidia").is_some_and(|rest| rest.parse::<u32>().is_ok())
    }));
    // nvidia-smi does without.
    found.push(device(facts, "/dev/nvidia-uvm", State::Warn, |path| path == "/dev/nvidia-uvm"));
    found
}

fn driver(facts: &Facts) -> Finding {
    let name = "driver";
    let Some(driver) = &facts.driver else {
        let found = "no driver is loaded, or this process may not ask it";
        return Finding::new(name, Need::Gpu, State::Fail, found).advise(
            "load the module nvidia (`nvidia-smi`, or `modprobe nvidia`, as root); in a container, pass its devices in",
        );
    };
    let resolution = Tree::embedded().resolve(driver.version);
    let says = format!("(says {})", driver.source);
    match facts.packs.iter().find(|pack| pack.release == driver.version).map(|pack| &pack.state) {
        Some(PackState::InForce { .. }) => {
            return Finding::ok(name, Need::Gpu, format!("{} is proved by its release pack {says}", driver.version));
        }
        Some(PackState::Unusable(why)) => {
            return Finding::new(name, Need::Gpu, State::Fail, format!("{} {says}: {why}", driver.version))
                .advise(format!("make the pack again with `gpu-tools learn {}`, or take it away", driver.version));
        }
        Some(PackState::NotNeeded) | None => {}
    }
    let found = format!("{resolution} {says}");
    let learn =
        format!("`gpu-tools learn {}` makes a release pack of its headers, if they are published", driver.version);
    match resolution {
        Resolution::Proved(_) => Finding::ok(name, Need::Gpu, found),
        Resolution::Measured(_) | Resolution::Inferred(_) => Finding::new(name, Need::Gpu, State::Warn, found)
            .advise(format!("it runs, with a notice; --only-proved refuses it. {learn}")),
        Resolution::Unknown(unknown) => {
            Finding::new(name, Need::Gpu, State::Fail, format!("{} is not in the release tree", driver.version)).advise(
                format!("{}; {}. --driver-version says which ABI to use all the same", unknown.nearest, unknown.hint()),
            )
        }
    }
}

/// A release pack of this machine.
fn pack(pack: &ReleasePack) -> Finding {
    let name = "release pack";
    let ReleasePack { release, state } = pack;
    match state {
        PackState::InForce { path, ancestor, left_out } => {
            let left_out = match left_out {
                0 => String::new(),
                some => format!(", {} left out", cli::output::count(*some, "entry", "entries")),
            };
            Finding::ok(name, Need::Run, format!("{release}: {path}, based on {ancestor}{left_out}"))
        }
        PackState::NotNeeded => {
            Finding::ok(name, Need::Run, format!("{release}: not used; this build has proved the release itself"))
        }
        PackState::Unusable(why) => Finding::new(name, Need::Run, State::Warn, format!("{release}: {why}"))
            .advise("every other release is served as before"),
    }
}

/// A file that looks like no pack.
fn ignored(path: &Path) -> Finding {
    Finding::new("release pack", Need::Run, State::Warn, format!("{} is ignored", printable_path(path)))
        .advise("a pack is a file named after its release, such as 620.50.02.toml")
}

fn device(facts: &Facts, name: &'static str, missing: State, which: impl Fn(&str) -> bool) -> Finding {
    let all: Vec<&Device> = facts.devices.iter().filter(|device| device.path.to_str().is_some_and(&which)).collect();
    if all.is_empty() {
        let advice = "run `nvidia-smi` or `nvidia-modprobe -c 0 -u` once, as root; in a container, pass the device in";
        return Finding::new(name, Need::Gpu, missing, "there is none").advise(advice);
    }
    let words = |device: &Device| format!("{} (mode {:o})", device.path.display(), device.mode);
    let bad = all.iter().find_map(|device| device.usable.err().map(|errno| (device, errno)));
    match bad {
        Some((device, errno)) => Finding::new(name, Need::Gpu, missing, format!("{}: {}", words(device), errno.desc()))
            .advise("give this user leave to read and write it, commonly by the group that owns it"),
        None => Finding::ok(name, Need::Gpu, all.iter().map(|device| words(device)).collect::<Vec<_>>().join(", ")),
    }
}
