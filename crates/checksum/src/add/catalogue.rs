//! The catalogue's text files: what they say of releases, and what is to be written.

use driver_differ::catalogue::text::{Changes, ReleaseChanges};
use driver_differ::catalogue::update::{changes, covered};
use driver_differ::model::{Abi, DomainName};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use version_tree::{DriverVersion, Tree};

use super::{Doubt, Error};

/// A directory of such files, with what is to become of it.
pub(super) struct Catalogue {
    directory: PathBuf,
    /// Each release's parent as its file has it, or will have it.
    parents: BTreeMap<DriverVersion, Option<DriverVersion>>,
    /// Files to be written.
    new: BTreeMap<DriverVersion, ReleaseChanges>,
}

impl Catalogue {
    pub(super) fn open(directory: &Path) -> Result<Self, Error> {
        let failure = |error| Error::Read { path: directory.to_path_buf(), error };
        let mut parents = BTreeMap::new();
        for entry in std::fs::read_dir(directory).map_err(failure)? {
            let path = entry.map_err(failure)?.path();
            if path.extension().is_some_and(|extension| extension == "txt") {
                let (release, parent) = heading(&path)?;
                parents.insert(release, parent);
            }
        }
        Ok(Self { directory: directory.to_path_buf(), parents, new: BTreeMap::new() })
    }

    fn path(&self, release: DriverVersion) -> PathBuf {
        self.directory.join(format!("{release}.txt"))
    }

    fn read(&self, release: DriverVersion) -> Result<ReleaseChanges, Error> {
        if let Some(new) = self.new.get(&release) {
            return Ok(new.clone());
        }
        let path = self.path(release);
        let text = std::fs::read_to_string(&path).map_err(|error| Error::Read { path: path.clone(), error })?;
        ReleaseChanges::parse(&text).map_err(|(line, what)| Error::Catalogue { path, line, what })
    }

    /// Everything that a release's headers define, as the files have it; None if they do not have the release.
    pub(super) fn compose(&self, release: DriverVersion) -> Result<Option<Abi>, Error> {
        let mut line = Vec::new();
        let mut at = Some(release);
        // No longer than there are files: a parent that is its own descendant must not hang us.
        while let Some(version) = at.filter(|_| line.len() <= self.parents.len()) {
            let Some(parent) = self.parents.get(&version) else { return Ok(None) };
            line.push(version);
            at = *parent;
        }
        let mut abi = Abi::default();
        for version in line.into_iter().rev() {
            apply(&mut abi, self.read(version)?);
        }
        Ok(Some(abi))
    }

    /// Takes in what a release's headers define, which comes after those of `parent`.
    ///
    /// # Errors
    /// What the files say of the parent is not what its headers say: then nothing can be said against it.
    pub(super) fn add(
        &mut self,
        release: DriverVersion,
        parent: Option<(DriverVersion, &Abi)>,
        abi: &Abi,
    ) -> Result<Result<(), Doubt>, Error> {
        if let Some((parent, headers)) = parent.filter(|(parent, _)| !self.new.contains_key(parent)) {
            let Some(catalogued) = self.compose(parent)? else { return Ok(Err(Doubt::NotCatalogued { parent })) };
            let differing = changes(parent, Some((parent, &catalogued)), headers);
            if DomainName::ALL.into_iter().any(|domain| *differing.domain(domain) != Changes::default()) {
                return Ok(Err(Doubt::CatalogueDiffers { parent }));
            }
        }
        self.set(changes(release, parent, abi));
        Ok(Ok(()))
    }

    fn set(&mut self, changes: ReleaseChanges) {
        if let Ok(release) = changes.release.parse() {
            self.parents.insert(release, changes.parent.as_ref().and_then(|parent| parent.parse().ok()));
            self.new.insert(release, changes);
        }
    }

    /// Says anew what changed at releases that have another parent in the tree now, because one came in between.
    pub(super) fn follow(&mut self, tree: &Tree) -> Result<(), Error> {
        for (release, parent) in covered(tree) {
            if self.parents.get(&release).is_none_or(|before| *before == parent) {
                continue;
            }
            let Some(abi) = self.compose(release)? else { continue };
            let Some(parent) = parent else { continue };
            if let Some(before) = self.compose(parent)? {
                self.set(changes(release, Some((parent, &before)), &abi));
            }
        }
        Ok(())
    }

    /// The files to be written, each after that of its parent.
    pub(super) fn files(&self) -> Vec<(PathBuf, String)> {
        let depth = |release: &DriverVersion| {
            let up = std::iter::successors(Some(*release), |at| self.parents.get(at).copied().flatten());
            up.take(self.parents.len()).count()
        };
        let mut files: Vec<_> = self.new.iter().collect();
        files.sort_by_key(|(release, _)| depth(release));
        files.into_iter().map(|(release, changes)| (self.path(*release), changes.to_text())).collect()
    }

    /// The same, to be gone back to.
    pub(super) fn state(&self) -> State {
        State(self.parents.clone(), self.new.clone())
    }

    /// Forgets what came in since.
    pub(super) fn restore(&mut self, state: State) {
        (self.parents, self.new) = (state.0, state.1);
    }
}

/// See [`Catalogue::state`].
pub(super) struct State(BTreeMap<DriverVersion, Option<DriverVersion>>, BTreeMap<DriverVersion, ReleaseChanges>);

/// The first two lines of a file: its release, and that one's parent.
fn heading(path: &Path) -> Result<(DriverVersion, Option<DriverVersion>), Error> {
    let failure = |error| Error::Read { path: path.to_path_buf(), error };
    let mut text = String::new();
    let mut file = BufReader::new(std::fs::File::open(path).map_err(failure)?);
    for _ in 0..2 {
        file.read_line(&mut text).map_err(failure)?;
    }
    let malformed = |what: &str| Error::Catalogue { path: path.to_path_buf(), line: 1, what: what.to_string() };
    let mut lines = text.lines();
    let release = lines.next().and_then(|line| line.strip_prefix("release "));
    let release = release.and_then(|release| release.parse().ok()).ok_or_else(|| malformed("no release is named"))?;
    let parent = match lines.next().and_then(|line| line.strip_prefix("parent ")) {
        Some(parent) => Some(parent.parse().map_err(|_| malformed("its parent is no release"))?),
        None => None,
    };
    Ok((release, parent))
}

fn apply(abi: &mut Abi, changes: ReleaseChanges) {
    fn merge<T>(held: &mut BTreeMap<String, T>, changes: BTreeMap<String, Option<T>>) {
        for (name, value) in changes {
            match value {
                Some(value) => drop(held.insert(name, value)),
                None => drop(held.remove(&name)),
            }
        }
    }
    for (domain, changes) in [(DomainName::Nonuvm, changes.nonuvm), (DomainName::Uvm, changes.uvm)] {
        let domain = abi.domain_mut(domain);
        merge(&mut domain.records, changes.records);
        merge(&mut domain.aliases, changes.aliases);
        merge(&mut domain.constants, changes.constants);
    }
}
