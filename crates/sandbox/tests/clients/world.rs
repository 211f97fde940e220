//! What is outside of a sandbox, and could be changed by what runs in it.

use crate::behind::Behind;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Mounts, device files, the programs' home, and what could have been left in directories that everybody writes to. A line
/// each.
pub(crate) fn world(behind: &Behind) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    all.extend(fs::read_to_string("/proc/mounts").unwrap().lines().map(str::to_owned));
    for directory in ["/dev", "/dev/char", "/dev/nvidia-caps", "/dev/shm", "/proc/driver"] {
        add(&mut all, Path::new(directory), |_, _| true);
    }
    // Empty but for libcuda's cache, which is the program's own affair: it makes that without the proxy, too.
    add(&mut all, behind.home.path(), |name, user| name != ".nv" || user != behind.user());
    add(&mut all, &behind.home.path().join(".nv"), |name, user| name != "ComputeCache" || user != behind.user());
    if let Some(home) = std::env::home_dir() {
        add(&mut all, &home.join(".nv"), |_, _| true);
    }
    // Others write there, too. Nobody else is nobody; and NVIDIA's libraries name what they leave after themselves.
    let suspect = |name: &str, user| {
        let name = name.to_lowercase();
        let ours = name.starts_with("nvproxy-");
        !ours && user == behind.user() && (user != 0 || ["nv", "cuda", "gpu"].iter().any(|part| name.contains(part)))
    };
    for directory in ["/tmp", "/var/tmp"] {
        add(&mut all, Path::new(directory), suspect);
    }
    all
}

/// What is in a directory, if there is one.
fn add(all: &mut BTreeSet<String>, directory: &Path, wanted: impl Fn(&str, u32) -> bool) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.map_while(Result::ok) {
        // Gone meanwhile.
        let Ok(facts) = fs::symlink_metadata(entry.path()) else { continue };
        if wanted(&entry.file_name().to_string_lossy(), facts.uid()) {
            let (mode, device, user, group) = (facts.mode(), facts.rdev(), facts.uid(), facts.gid());
            all.insert(format!("{} {mode:o} {device:x} {user} {group}", entry.path().display()));
        }
    }
}

/// Both must be the same.
pub(crate) fn same(before: &BTreeSet<String>, after: &BTreeSet<String>) {
    let (new, gone): (Vec<_>, Vec<_>) = (after.difference(before).collect(), before.difference(after).collect());
    assert!(
        new.is_empty() && gone.is_empty(),
        "outside of the sandbox, there is now {new:#?}, and no longer {gone:#?}"
    );
}
