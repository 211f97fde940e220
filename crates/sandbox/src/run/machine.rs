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

/// What the driver's libraries on this machine are of: they speak with no other release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Libraries {
    /// The newest release that is known, of those in `LD_LIBRARY_PATH` before others.
    pub(super) release: Option<DriverVersion>,
    /// The newest release that is not known, if it was found first.
    pub(super) passed_over: Option<DriverVersion>,
}

/// Looks for the driver's libraries, and asks of each release whether it is known.
pub(super) fn libraries(known: impl Fn(DriverVersion) -> bool) -> Libraries {
    let first = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    choose(releases_in(std::env::split_paths(&first)), releases_in(LIBRARIES.iter().map(PathBuf::from)), known)
}

fn choose(first: Vec<DriverVersion>, then: Vec<DriverVersion>, known: impl Fn(DriverVersion) -> bool) -> Libraries {
    let mut found = Libraries::default();
    for place in [first, then] {
        let (known, unknown): (Vec<_>, Vec<_>) = place.into_iter().partition(|release| known(*release));
        found.release = known.into_iter().max();
        found.passed_over = found.passed_over.or(unknown.into_iter().max());
        if found.release.is_some() {
            break;
        }
    }
    // An older one is left over from an update.
    found.passed_over = found.passed_over.filter(|unknown| found.release.is_none_or(|release| release < *unknown));
    found
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

/// The releases of which there are libraries in these directories.
fn releases_in(directories: impl Iterator<Item = PathBuf>) -> Vec<DriverVersion> {
    let entries = directories.filter_map(|directory| std::fs::read_dir(directory).ok()).flatten().flatten();
    let versions = entries.filter_map(|entry| {
        let number = numbered(&entry.file_name())?;
        // The one that ends in a single number is for the linker, and leads to the one that is named by its release.
        release(&number).or_else(|| release(&numbered(entry.path().canonicalize().ok()?.file_name()?)?))
    });
    versions.collect()
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
        let found =
            || releases_in([PathBuf::from("/nonexistent"), directory.path().into()].into_iter()).into_iter().max();
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
        let found = releases_in([directory.path().into()].into_iter());
        assert!(!found.is_empty() && found.iter().all(|release| *release == version_tree::version!("535.261.03")));
    }

    #[test]
    fn the_newest_known_release_is_taken_and_newer_ones_are_named() {
        let releases = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<DriverVersion>>();
        let known = |release: DriverVersion| Tree::embedded().resolve(release).release().is_some();
        for (first, then, release, passed_over) in [
            (&[][..], &[][..], None, None),
            (&["535.261.03", "550.163.01"], &["580.95.05"], Some("550.163.01"), None),
            (&["535.261.03", "999.99.99"], &[], Some("535.261.03"), Some("999.99.99")),
            (&["999.99.99"], &["535.261.03"], Some("535.261.03"), Some("999.99.99")),
            (&["999.99.99", "998.1"], &["1000.1"], None, Some("999.99.99")),
            (&["1.1", "535.261.03"], &["999.1"], Some("535.261.03"), None),
        ] {
            let parse = |text: Option<&str>| text.map(|text| text.parse().unwrap());
            let expected = Libraries { release: parse(release), passed_over: parse(passed_over) };
            assert_eq!(choose(releases(first), releases(then), known), expected, "{first:?} {then:?}");
        }
    }

    #[test]
    fn the_guests_devices_replace_the_hosts() {
        let host = "Character devices:\n  1 mem\n195 nvidia\n235 nvidia-uvm\n\nBlock devices:\n  7 loop\n";
        let guest = "Character devices:\n195 nvidia\n\nBlock devices:\n";
        assert_eq!(merge(guest, host), "Character devices:\n195 nvidia\n  1 mem\n\nBlock devices:\n  7 loop\n");
    }
}
