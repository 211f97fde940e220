//! Where the checksums of installers come from.

use version_tree::{Architecture, DriverVersion, Installer};

use crate::fetch::{Fault, Found};

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

/// What downloads of both installers say of them, in the order of [`Architecture::ALL`].
#[must_use]
pub fn installers(found: [Result<Found, Fault>; 2]) -> ([Installer; 2], Vec<String>) {
    // A server that has nothing at all of a release may just not have it yet.
    let any = found.iter().any(|found| matches!(found, Ok(Found::Installer { .. })));
    let mut notes = Vec::new();
    if !any && found.iter().all(Result::is_ok) {
        notes.push("no installer is published so far: ask again later".to_string());
    }
    let mut architectures = Architecture::ALL.into_iter();
    let installers = found.map(|found| {
        let architecture = architectures.next();
        match found {
            // Whoever else vouches for it is counted by people.
            Ok(Found::Installer { sha256, .. }) => Installer::Published { sha256, sources: 1 },
            Ok(Found::Nothing) if any => Installer::NotPublished,
            Ok(Found::Nothing) => Installer::Unknown,
            Err(fault) => {
                let name = architecture.map(|architecture| architecture.to_string()).unwrap_or_default();
                notes.push(format!("{name}: {fault}"));
                Installer::Unknown
            }
        }
    });
    (installers, notes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use version_tree::Sha256;

    fn published() -> Found {
        Found::Installer { url: String::new(), bytes: 1, sha256: Sha256([7; 32]) }
    }

    #[test]
    fn one_installer_shows_that_the_other_is_not_published() {
        let (found, notes) = installers([Ok(published()), Ok(Found::Nothing)]);
        let one = Installer::Published { sha256: Sha256([7; 32]), sources: 1 };
        assert_eq!((found, notes), ([one, Installer::NotPublished], vec![]));
    }

    #[test]
    fn no_installer_at_all_shows_nothing() {
        let (found, notes) = installers([Ok(Found::Nothing), Ok(Found::Nothing)]);
        assert_eq!((found, notes.len()), ([Installer::Unknown; 2], 1));
    }
}
