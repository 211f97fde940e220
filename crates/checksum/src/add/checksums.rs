//! Where the checksums of installers come from.

use version_tree::{DriverVersion, Installer};

/// Somebody who knows the installers of a release. A trait, so that a release can be added without a network.
pub trait Checksums {
    /// The installers for x86_64 and aarch64. [`Installer::Unknown`] where it could not be found out, and why.
    fn installers(&self, version: DriverVersion) -> ([Installer; 2], Vec<String>);
}

/// Nobody: what is not known is left out, to be filled in later.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline;

impl Checksums for Offline {
    fn installers(&self, version: DriverVersion) -> ([Installer; 2], Vec<String>) {
        let later = format!("not asked for: `gpu-tools checksum --version {version} --write` records them");
        ([Installer::Unknown; 2], vec![later])
    }
}
