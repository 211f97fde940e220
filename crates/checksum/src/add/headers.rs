//! Reading the headers of releases from the clone.

use driver_differ::extract::{Session, Wanted};
use driver_differ::model::Abi;
use driver_differ::source::Repository;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use version_tree::DriverVersion;

use super::{Doubt, Error};

/// How many releases are kept: one needs its parent's.
const KEPT: usize = 4;

/// Everything that releases' headers define, read when first asked for.
pub(super) struct Headers {
    repository: Repository,
    session: Session,
    kept: VecDeque<(DriverVersion, Arc<Abi>)>,
}

impl Headers {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let repository = Repository::open(path)?;
        Ok(Self { repository, session: Session::new(), kept: VecDeque::new() })
    }

    pub(super) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// What a release's headers define, all of it.
    pub(super) fn read(&mut self, release: DriverVersion) -> Result<Arc<Abi>, Doubt> {
        if let Some((_, abi)) = self.kept.iter().find(|(kept, _)| *kept == release) {
            return Ok(abi.clone());
        }
        let failure = |error: String| Doubt::Headers { version: release, error };
        let tree = self.repository.release(&release.to_string()).map_err(|e| failure(e.to_string()))?;
        let tree = tree.ok_or_else(|| failure("there is no such tag".to_string()))?;
        let (abi, _) = self.session.extract(&tree, Wanted::All).map_err(|e| failure(e.to_string()))?;
        let abi = Arc::new(abi);
        self.kept.push_back((release, abi.clone()));
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        Ok(abi)
    }
}
