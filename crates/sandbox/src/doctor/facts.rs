//! What the machine says of itself.

use super::packs::{self, ReleasePack};
use nvproxy::pack::Packs;
use nvproxy::{Errno, Linux, Node, driver_version, version_of_module, version_of_proc};
use std::fs;
use std::path::{Path, PathBuf};
use version_tree::DriverVersion;

/// What the machine says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: String,
    /// `/proc/sys/kernel/yama/ptrace_scope`, if the kernel has Yama.
    pub yama: Option<u32>,
    /// Why user namespaces may be refused: settings of distributions, by their paths.
    pub namespace_limits: Vec<(String, String)>,
    /// NVIDIA's device files.
    pub devices: Vec<Device>,
    /// The driver.
    pub driver: Option<Driver>,
    /// Whether a device of NVIDIA's is on the PCI bus.
    pub pci: bool,
    /// The container that this is, if it is one.
    pub container: Option<String>,
    /// The releases of which there are packs.
    pub packs: Vec<ReleasePack>,
    /// Files in the directories of packs whose names are not those of packs.
    pub ignored: Vec<PathBuf>,
    /// What this process may use.
    pub limits: Limits,
}

/// A device file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Where it is.
    pub path: PathBuf,
    /// Its permission bits.
    pub mode: u32,
    /// Whether this process may open it for reading and writing.
    pub usable: Result<(), Errno>,
}

/// The driver of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// Of which release it is.
    pub version: DriverVersion,
    /// Who says so.
    pub source: String,
}

/// What this process may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Descriptors (`RLIMIT_NOFILE`): now, and at most.
    pub files: Option<(u64, u64)>,
    /// Processes of this control group (`pids.max`).
    pub pids: Option<u64>,
    /// Memory of this control group, in bytes (`memory.max`).
    pub memory: Option<u64>,
    /// Whether a filter of system calls is already in force (`Seccomp:` in `/proc/self/status` is 2).
    pub filtered: bool,
}

/// Settings that forbid user namespaces: the path, and the values that do.
const NAMESPACE_LIMITS: [(&str, &str); 3] = [
    ("proc/sys/user/max_user_namespaces", "0"),
    ("proc/sys/kernel/unprivileged_userns_clone", "0"),
    ("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"),
];

impl Facts {
    /// Reads them of this machine, which has release packs in these places.
    pub fn here(packs: &Packs) -> Self {
        let mut facts = Self { packs: packs::look(packs), ignored: packs.strays(), ..Self::below(Path::new("/")) };
        // The driver itself is not misled by what is mounted over its files.
        if let Ok(version) = driver_version(&Linux) {
            facts.driver = Some(Driver { version, source: Node::Control.to_string() });
        }
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        facts.limits.files = Some((files.current.unwrap_or(u64::MAX), files.maximum.unwrap_or(u64::MAX)));
        facts
    }

    /// Reads them of the files below a directory.
    pub fn below(root: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(root.join(path)).ok().map(|text| text.trim().to_owned());
        let limit = |file: &str| {
            let group =
                read("proc/self/cgroup").and_then(|text| Some(text.lines().last()?.rsplit(':').next()?.to_owned()));
            let group = group.unwrap_or_default();
            let group = group.trim_start_matches('/');
            // Within a container the group's own directory is the root of what is seen.
            let own = [format!("sys/fs/cgroup/{group}/{file}"), format!("sys/fs/cgroup/{file}")];
            own.iter().find_map(|path| read(path))?.parse().ok()
        };
        let limiting = |(path, bad): &(&str, &str)| {
            let value = read(path)?;
            (value == *bad).then(|| (format!("/{path}"), value))
        };
        Self {
            kernel: read("proc/sys/kernel/osrelease").unwrap_or_default(),
            yama: read("proc/sys/kernel/yama/ptrace_scope").and_then(|text| text.parse().ok()),
            namespace_limits: NAMESPACE_LIMITS.iter().filter_map(limiting).collect(),
            devices: devices(root),
            driver: driver(&read),
            pci: on_the_bus(root),
            container: container(root),
            packs: Vec::new(),
            ignored: Vec::new(),
            limits: Limits {
                files: None,
                pids: limit("pids.max"),
                memory: limit("memory.max"),
                filtered: read("proc/self/status")
                    .is_some_and(|text| text.lines().any(|line| line.split_whitespace().eq(["Seccomp:", "2"]))),
            },
        }
    }
}

/// `/dev/nvidiactl`, `/dev/nvidia#` and `/dev/nvidia-uvm`, by name.
fn devices(root: &Path) -> Vec<Device> {
    let Ok(entries) = fs::read_dir(root.join("dev")) else { return Vec::new() };
    let ours = |name: &str| {
        let rest = name.strip_prefix("nvidia");
        rest.is_some_and(|rest| rest == "ctl" || rest == "-uvm" || rest.parse::<u32>().is_ok())
    };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| ours(name));
    let mut found: Vec<Device> = names
        .map(|name| {
            use std::os::unix::fs::PermissionsExt;
            let path = root.join("dev").join(&name);
            let mode = fs::metadata(&path).map_or(0, |metadata| metadata.permissions().mode() & 0o7777);
            use rustix::fs::Access;
            let access = rustix::fs::access(&path, Access::READ_OK | Access::WRITE_OK);
            let usable = access.map_err(|errno| Errno::from_raw(errno.raw_os_error()));
            Device { path: Path::new("/dev").join(name), mode, usable }
        })
        .collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn driver(read: &impl Fn(&str) -> Option<String>) -> Option<Driver> {
    let (module, proc) = ("sys/module/nvidia/version", "proc/driver/nvidia/version");
    let of_module = || Some((version_of_module(&read(module)?).ok()?, module));
    let of_proc = || Some((version_of_proc(&read(proc)?).ok()?, proc));
    of_module().or_else(of_proc).map(|(version, path)| Driver { version, source: format!("/{path}") })
}

/// NVIDIA's vendor number, on any display or 3D controller.
fn on_the_bus(root: &Path) -> bool {
    let Ok(devices) = fs::read_dir(root.join("sys/bus/pci/devices")) else { return false };
    devices.flatten().any(|device| {
        let read = |name| fs::read_to_string(device.path().join(name)).unwrap_or_default();
        read("vendor").trim() == "0x10de" && read("class").starts_with("0x03")
    })
}

/// The container that this is, if it is one.
pub(crate) fn container(root: &Path) -> Option<String> {
    if root.join(".dockerenv").exists() {
        return Some("Docker".to_owned());
    }
    if root.join("run/.containerenv").exists() {
        return Some("Podman".to_owned());
    }
    let environment = fs::read_to_string(root.join("proc/1/environ")).ok()?;
    environment.split('\0').find_map(|variable| variable.strip_prefix("container=").map(str::to_owned))
}
