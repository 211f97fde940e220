//! What a guest is told of the machine.

use anyhow::{Context, Result};
use nvproxy::devices::DeviceFile;
use nvproxy::procfs::{Host, shown};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use version_tree::{DriverVersion, Release, Standing, Tree};

const DEVICES: &str = "/proc/devices";
const CHARACTER: &str = "Character devices:\n";
/// Where distributions and containers have the driver's libraries.
const LIBRARIES: [&str; 8] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu/nvidia/current",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/nvidia/lib64",
    "/usr/local/nvidia/lib",
    "/usr/lib/wsl/lib",
];
/// Libraries whose file names end in the release they are of.
const NAMED_BY_RELEASE: [&str; 2] = ["libnvidia-ml.so.", "libcuda.so."];

/// The files of `/proc` that a guest finds in place of the host's. Those of `/sys` are left as they are: the driver's
/// module says nothing of GPUs there.
pub(super) fn files(host: &Host, devices: &[DeviceFile]) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let files = shown(host, devices).into_iter().filter(|file| file.path.starts_with("/proc/"));
    merged(files.map(|file| (file.path.into(), file.content.into_bytes())).collect())
}

/// Puts the host's other devices into the list of devices.
pub(super) fn merged(mut files: Vec<(PathBuf, Vec<u8>)>) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    for (path, content) in &mut files {
        if path == Path::new(DEVICES) {
            let host = std::fs::read_to_string(DEVICES).context("/proc is not mounted")?;
            *content = merge(&String::from_utf8_lossy(content), &host).into_bytes();
        }
    }
    Ok(files)
}

fn merge(guest: &str, host: &str) -> String {
    let drivers = |line: &&str| line.split_ascii_whitespace().nth(1).is_some_and(|name| name.starts_with("nvidia"));
    let ours: Vec<&str> = guest.lines().filter(drivers).collect();
    let others = host.strip_prefix(CHARACTER).unwrap_or(host).lines().filter(|line| !drivers(line));
    let lines = ours.into_iter().chain(others);
    lines.fold(CHARACTER.to_owned(), |text, line| text + line + "\n")
}

/// The release that the driver's libraries on this machine are of, those in `LD_LIBRARY_PATH` before others: they speak
/// with no other.
pub(super) fn release_of_libraries() -> Option<DriverVersion> {
    let first = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    release_in(std::env::split_paths(&first)).or_else(|| release_in(LIBRARIES.iter().map(PathBuf::from)))
}

/// The newest release that is proved by its headers and that gVisor tests on hardware.
///
/// # Errors
/// The tree has none.
pub(super) fn newest_release() -> Result<DriverVersion> {
    let good = |release: &&Release| release.standing() == Standing::Proved && release.qualified_by().is_some();
    let newest = Tree::embedded().iter().filter(good).map(|release| release.version).max();
    newest.context("which release is to be simulated? Give --driver-version")
}

/// The newest release of which there are libraries in these directories.
fn release_in(directories: impl Iterator<Item = PathBuf>) -> Option<DriverVersion> {
    let entries = directories.filter_map(|directory| std::fs::read_dir(directory).ok()).flatten().flatten();
    let versions = entries.filter_map(|entry| {
        let number = numbered(&entry.file_name())?;
        // The one that ends in a single number is for the linker, and leads to the one that is named by its release.
        release(&number).or_else(|| release(&numbered(entry.path().canonicalize().ok()?.file_name()?)?))
    });
    versions.max()
}

fn release(number: &str) -> Option<DriverVersion> {
    number.contains('.').then(|| number.parse().ok())?
}

/// What stands after a library's name.
fn numbered(name: &OsStr) -> Option<String> {
    let name = name.to_str()?;
    NAMED_BY_RELEASE.iter().find_map(|library| name.strip_prefix(library)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_tell_the_release() {
        let directory = tempfile::tempdir().unwrap();
        let found = || release_in([PathBuf::from("/nonexistent"), directory.path().into()].into_iter());
        for name in ["libcuda.so.1", "libcuda.so", "libcuda.so.x.y", "libc.so.6", "libnvidia-ml.so.1"] {
            std::fs::write(directory.path().join(name), "").unwrap();
        }
        assert_eq!(found(), None);
        std::fs::write(directory.path().join("libcuda.so.535.261.03"), "").unwrap();
        std::os::unix::fs::symlink("/dev/null", directory.path().join("libnvidia-ml.so.550.163.01")).unwrap();
        assert_eq!(found(), Some(version_tree::version!("550.163.01")));
    }

    /// As Debian installs them, which has several releases at once.
    #[test]
    fn a_library_elsewhere_is_found_by_its_link() {
        let (directory, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let library = elsewhere.path().join("libcuda.so.535.261.03");
        std::fs::write(&library, "").unwrap();
        std::os::unix::fs::symlink(&library, elsewhere.path().join("alternative")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path().join("alternative"), directory.path().join("libcuda.so.1"))
            .unwrap();
        std::os::unix::fs::symlink("libcuda.so.1", directory.path().join("libcuda.so")).unwrap();
        std::os::unix::fs::symlink("nowhere", directory.path().join("libcuda.so.2")).unwrap();
        std::os::unix::fs::symlink("libnvidia-ml.so.1", directory.path().join("libnvidia-ml.so.1")).unwrap();
        assert_eq!(release_in([directory.path().into()].into_iter()), Some(version_tree::version!("535.261.03")));
    }

    #[test]
    fn the_guests_devices_replace_the_hosts() {
        let host = "Character devices:\n  1 mem\n195 nvidia\n235 nvidia-uvm\n\nBlock devices:\n  7 loop\n";
        let guest = "Character devices:\n195 nvidia\n\nBlock devices:\n";
        assert_eq!(merge(guest, host), "Character devices:\n195 nvidia\n  1 mem\n\nBlock devices:\n  7 loop\n");
    }
}
