//! The machine: its GPUs and its driver, as sysfs shows them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use version_tree::Architecture;

/// NVIDIA's vendor number on PCI.
const NVIDIA: &str = "0x10de";
/// PCI's class of what draws or computes; NVIDIA also made bridges and sound devices.
const DISPLAY: &str = "0x03";

/// A machine, seen through its sysfs.
#[derive(Clone, Debug)]
pub struct Host {
    sysfs: PathBuf,
}

/// The driver that is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// Its version, as the module says it.
    pub version: String,
    /// How many users it has.
    pub users: Option<u32>,
}

impl Host {
    /// The machine whose sysfs is mounted at a directory, normally `/sys`.
    #[must_use]
    pub fn at(sysfs: &Path) -> Self {
        Self { sysfs: sysfs.to_owned() }
    }

    /// PCI addresses of NVIDIA's GPUs, sorted.
    ///
    /// # Errors
    /// When PCI devices cannot be listed, unless that is because there is no PCI.
    pub fn gpus(&self) -> io::Result<Vec<String>> {
        let devices = match fs::read_dir(self.sysfs.join("bus/pci/devices")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut gpus = Vec::new();
        for device in devices {
            let device = device?;
            let is = |file, wanted: &str| {
                fs::read_to_string(device.path().join(file)).is_ok_and(|text| text.trim().starts_with(wanted))
            };
            if is("vendor", NVIDIA) && is("class", DISPLAY) {
                gpus.push(device.file_name().to_string_lossy().into_owned());
            }
        }
        gpus.sort();
        Ok(gpus)
    }

    /// The driver that is loaded, if one is.
    #[must_use]
    pub fn driver(&self) -> Option<Loaded> {
        let module = self.sysfs.join("module/nvidia");
        let version = fs::read_to_string(module.join("version")).ok()?.trim().to_owned();
        let users = fs::read_to_string(module.join("refcnt")).ok().and_then(|text| text.trim().parse().ok());
        Some(Loaded { version, users })
    }
}

/// The architecture this program runs on, if NVIDIA publishes installers for it.
#[must_use]
pub fn architecture() -> Option<Architecture> {
    std::env::consts::ARCH.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_gpus_of_nvidia_count() {
        let root = tempfile::tempdir().unwrap();
        let device = |address: &str, vendor: &str, class: &str| {
            let path = root.path().join("bus/pci/devices").join(address);
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("vendor"), format!("{vendor}\n")).unwrap();
            fs::write(path.join("class"), format!("{class}\n")).unwrap();
        };
        let host = Host::at(root.path());
        assert_eq!(host.gpus().unwrap(), Vec::<String>::new());
        device("0000:01:00.1", "0x10de", "0x040300");
        device("0000:00:02.0", "0x8086", "0x030000");
        assert_eq!(host.gpus().unwrap(), Vec::<String>::new());
        device("0000:81:00.0", "0x10de", "0x030200");
        device("0000:01:00.0", "0x10de", "0x030000");
        assert_eq!(host.gpus().unwrap(), ["0000:01:00.0", "0000:81:00.0"]);
    }

    #[test]
    fn the_loaded_driver_says_its_version() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(Host::at(root.path()).driver(), None);
        let module = root.path().join("module/nvidia");
        fs::create_dir_all(&module).unwrap();
        fs::write(module.join("version"), "580.95.05\n").unwrap();
        fs::write(module.join("refcnt"), "3\n").unwrap();
        let loaded = Loaded { version: "580.95.05".to_owned(), users: Some(3) };
        assert_eq!(Host::at(root.path()).driver(), Some(loaded));
    }
}
