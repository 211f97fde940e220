//! Where the checksums of installers come from, and what may be concluded from what is not there.

use version_tree::{Architecture, DriverVersion, Installer};

use crate::fetch::{Fault, Found};

/// What is to be found out about the installers of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The release.
    pub version: DriverVersion,
    /// What is known of each, in the order of [`Architecture::ALL`]. Only what is unknown is asked for.
    pub known: [Installer; 2],
    /// Whether the release has been out for so long that an installer that is missing will not come any more. NVIDIA
    /// publishes sources and the installers of each architecture on days of their own.
    pub settled: bool,
}

impl Question {
    /// The architectures whose installers are asked for.
    pub fn unknown(&self) -> impl Iterator<Item = Architecture> {
        Architecture::ALL.into_iter().zip(self.known).filter(|(_, known)| *known == Installer::Unknown).map(|(a, _)| a)
    }
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What is known now; [`Installer::Unknown`] where it could not be found out, or may still change.
    pub installers: [Installer; 2],
    /// What is to be said about that.
    pub notes: Vec<Note>,
}

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Nobody was asked.
    NotAsked,
    /// There is no installer at all: the release may not be out yet.
    NoneYet,
    /// There is none for this architecture, but the release is too new to say that there will be none.
    Waiting(Architecture),
    /// It could not be found out.
    Failed {
        /// For which architecture.
        architecture: Architecture,
        /// Why not.
        why: String,
    },
}

/// Somebody who knows the installers of a release. A trait, so that a release can be added without a network.
pub trait Checksums {
    /// What is known of a release's installers.
    fn ask(&self, question: &Question) -> Answer;
}

/// Nobody: what is not known is left out, to be filled in later.
#[derive(Debug, Clone, Copy, Default)]
pub struct Offline;

impl Checksums for Offline {
    fn ask(&self, question: &Question) -> Answer {
        Answer { installers: question.known, notes: vec![Note::NotAsked] }
    }
}

/// What downloads of the installers that were asked for say, in the order of [`Architecture::ALL`]; `None` for those
/// that were not.
///
/// That there is no installer is said only of a settled release whose other one this server has just shown: one that has
/// nothing of a release may not have it yet, or not any more, or be the wrong one.
#[must_use]
pub fn answer(question: &Question, found: [Option<Result<Found, Fault>>; 2]) -> Answer {
    let is_there = |found: &Option<Result<Found, Fault>>| matches!(found, Some(Ok(Found::Installer { .. })));
    let any = found.iter().any(is_there);
    let mut answer = Answer { installers: question.known, notes: Vec::new() };
    for ((architecture, found), installer) in Architecture::ALL.into_iter().zip(found).zip(&mut answer.installers) {
        match found {
            None => {}
            // Whoever else vouches for it is counted by people.
            Some(Ok(Found::Installer { sha256, .. })) => *installer = Installer::Published { sha256, sources: 1 },
            Some(Ok(Found::Nothing)) if any && question.settled => *installer = Installer::NotPublished,
            Some(Ok(Found::Nothing)) if any => answer.notes.push(Note::Waiting(architecture)),
            Some(Ok(Found::Nothing)) if answer.notes.contains(&Note::NoneYet) => {}
            Some(Ok(Found::Nothing)) => answer.notes.push(Note::NoneYet),
            Some(Err(fault)) => answer.notes.push(Note::Failed { architecture, why: fault.to_string() }),
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use version_tree::{Sha256, version};

    const ONE: Installer = Installer::Published { sha256: Sha256([7; 32]), sources: 1 };

    fn published() -> Option<Result<Found, Fault>> {
        Some(Ok(Found::Installer { url: String::new(), bytes: 1, sha256: Sha256([7; 32]) }))
    }

    fn nothing() -> Option<Result<Found, Fault>> {
        Some(Ok(Found::Nothing))
    }

    fn question(known: [Installer; 2], settled: bool) -> Question {
        Question { version: version!("515.57"), known, settled }
    }

    const UNKNOWN: [Installer; 2] = [Installer::Unknown; 2];

    #[test]
    fn one_installer_shows_that_the_other_is_not_published_once_it_had_its_time() {
        let old = answer(&question(UNKNOWN, true), [published(), nothing()]);
        assert_eq!((old.installers, old.notes), ([ONE, Installer::NotPublished], vec![]));
        let fresh = answer(&question(UNKNOWN, false), [published(), nothing()]);
        let waiting = vec![Note::Waiting(Architecture::Aarch64)];
        assert_eq!((fresh.installers, fresh.notes), ([ONE, Installer::Unknown], waiting));
    }

    #[test]
    fn what_is_known_is_kept_and_shows_nothing_of_this_server() {
        let later = answer(&question([ONE, Installer::Unknown], true), [None, nothing()]);
        assert_eq!(later.installers, [ONE, Installer::Unknown]);
    }

    #[test]
    fn no_installer_at_all_shows_nothing() {
        let found = answer(&question(UNKNOWN, true), [nothing(), nothing()]);
        assert_eq!((found.installers, found.notes), (UNKNOWN, vec![Note::NoneYet]));
    }

    #[test]
    fn a_fault_shows_nothing_but_itself() {
        let fault = || Some(Err(Fault::Panicked));
        let found = answer(&question(UNKNOWN, true), [published(), fault()]);
        assert_eq!(found.installers, [ONE, Installer::Unknown]);
        assert!(matches!(found.notes.as_slice(), [Note::Failed { architecture: Architecture::Aarch64, .. }]));
        let found = answer(&question(UNKNOWN, true), [fault(), nothing()]);
        assert_eq!(found.installers, UNKNOWN);
    }
}
