//! Writing the catalogue from a repository, and checking it against one.

use super::text::{Changes, ReleaseChanges};
use super::{Catalogue, Error as CatalogueError};
use crate::diff::side_by_side;
use crate::extract::{Counts, Session, Wanted};
use crate::headers;
use crate::model::{Abi, Alias, Domain, DomainName, Record};
use crate::source::{Repository, RepositoryError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use version_tree::{DriverVersion, Tree};

/// Why the catalogue could not be written or checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The repository cannot be read.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// A release's headers cannot be read.
    #[error("{release}: {error}")]
    Headers {
        /// The release.
        release: DriverVersion,
        /// What is wrong.
        error: headers::Error,
    },
    /// The embedded catalogue is of no use.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The tree says that a release's headers are published, but the repository has no such tag.
    #[error("{path} has no tag {release}, though its headers are published; fetch its tags")]
    MissingTag {
        /// The release.
        release: DriverVersion,
        /// The repository.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("{path} cannot be written: {error}")]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
}

/// The releases that the catalogue covers, each after its parent, which is the nearest ancestor with headers.
pub fn covered(tree: &Tree) -> Vec<(DriverVersion, Option<DriverVersion>)> {
    let has_headers = |v: DriverVersion| tree.get(v).is_some_and(|r| r.headers.published());
    let mut ordered = Vec::new();
    // Depth first, so that few parents are kept in memory at a time.
    let mut open: Vec<(DriverVersion, Option<DriverVersion>)> =
        tree.root().map(|r| (r.version, None)).into_iter().collect();
    while let Some((version, parent)) = open.pop() {
        let known = has_headers(version);
        if known {
            ordered.push((version, parent));
        }
        let parent = if known { Some(version) } else { parent };
        let mut children: Vec<_> = tree.children(version).map(|c| (c.version, parent)).collect();
        children.reverse();
        open.append(&mut children);
    }
    ordered
}

/// Extracts every covered release and hands it over with its parent's ABI.
///
/// # Errors
/// The first release that cannot be read; also what `each` answers.
pub fn for_each_release<E: From<Error>>(
    repository: &Repository,
    mut each: impl FnMut(DriverVersion, Option<(DriverVersion, &Abi)>, &Abi, Counts) -> Result<(), E>,
) -> Result<(), E> {
    let releases = covered(Tree::embedded());
    let mut waiting: BTreeMap<DriverVersion, usize> = BTreeMap::new();
    for parent in releases.iter().filter_map(|r| r.1) {
        *waiting.entry(parent).or_default() += 1;
    }
    let mut session = Session::new();
    let mut parents: BTreeMap<DriverVersion, Abi> = BTreeMap::new();
    for (release, parent) in releases {
        let missing = || Error::MissingTag { release, path: repository.path().to_path_buf() };
        let tree = repository.release(&release.to_string()).map_err(Error::from)?.ok_or_else(missing)?;
        let (abi, counts) = session.extract(&tree, Wanted::All).map_err(|error| Error::Headers { release, error })?;
        each(release, parent.and_then(|p| Some((p, parents.get(&p)?))), &abi, counts)?;
        if let Some(parent) = parent
            && let Some(left) = waiting.get_mut(&parent)
        {
            *left -= 1;
            if *left == 0 {
                parents.remove(&parent);
            }
        }
        if waiting.contains_key(&release) {
            parents.insert(release, abi);
        }
    }
    Ok(())
}

/// Writes one file per release into `directory`, and removes those of releases that are no longer covered.
///
/// # Errors
/// The repository cannot be read, or a file cannot be written.
pub fn update(
    repository: &Repository,
    directory: &Path,
    mut progress: impl FnMut(DriverVersion),
) -> Result<Counts, Error> {
    let mut total = Counts::default();
    let mut written = std::collections::BTreeSet::new();
    let failure = |path: &Path, error| Error::Write { path: path.to_path_buf(), error };
    for_each_release(repository, |release, parent, abi, counts| {
        progress(release);
        total += counts;
        let changes = changes(release, parent, abi);
        let name = format!("{release}.txt");
        let path = directory.join(&name);
        let text = changes.to_text();
        // Untouched files keep their time, so that nothing is rebuilt for them.
        if std::fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            std::fs::write(&path, text).map_err(|e| failure(&path, e))?;
        }
        written.insert(name);
        Ok::<(), Error>(())
    })?;
    let entries = std::fs::read_dir(directory).map_err(|e| failure(directory, e))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".txt") && !written.contains(&name) {
            std::fs::remove_file(entry.path()).map_err(|e| failure(&entry.path(), e))?;
        }
    }
    Ok(total)
}

/// Compares a fresh extraction of every covered release with the embedded catalogue; gives the names that differ.
///
/// # Errors
/// The repository or the catalogue cannot be read.
pub fn check(
    repository: &Repository,
    catalogue: &Catalogue,
    mut progress: impl FnMut(DriverVersion),
) -> Result<(Counts, Vec<String>), Error> {
    let mut total = Counts::default();
    let mut differing = Vec::new();
    for_each_release(repository, |release, _, fresh, counts| {
        progress(release);
        total += counts;
        match catalogue.abis(&[release], Wanted::All) {
            Ok(abis) => {
                for abi in &abis {
                    differing.extend(difference(release, abi, fresh));
                }
            }
            Err(CatalogueError::NoSuchRelease(_)) => differing.push(format!("{release}: not in the catalogue")),
            Err(e) => return Err(Error::from(e)),
        }
        Ok(())
    })?;
    Ok((total, differing))
}

fn difference(release: DriverVersion, catalogued: &Abi, fresh: &Abi) -> Vec<String> {
    let mut names = Vec::new();
    for domain in DomainName::ALL {
        let mut changes = Changes::default();
        compare(catalogued.domain(domain), fresh.domain(domain), &mut changes);
        let sorts = [
            ("record", changes.records.keys().cloned().collect::<Vec<_>>()),
            ("alias", changes.aliases.keys().cloned().collect()),
            ("constant", changes.constants.keys().cloned().collect()),
        ];
        for (sort, found) in sorts {
            names.extend(found.iter().map(|name| format!("{release}: {} {sort} {name}", domain.as_str())));
        }
    }
    names
}

/// What `abi` defines otherwise than its parent.
pub fn changes(release: DriverVersion, parent: Option<(DriverVersion, &Abi)>, abi: &Abi) -> ReleaseChanges {
    let nothing = Abi::default();
    let before = parent.map_or(&nothing, |p| p.1);
    let mut changes = ReleaseChanges {
        release: release.to_string(),
        parent: parent.map(|p| p.0.to_string()),
        ..ReleaseChanges::default()
    };
    for domain in DomainName::ALL {
        compare(before.domain(domain), abi.domain(domain), changes.domain_mut(domain));
    }
    changes
}

fn compare(before: &Domain, after: &Domain, changes: &mut Changes) {
    let same_record = |a: &Record, b: &Record| a.same_layout(b) && a.header() == b.header();
    let without_line = |r: &Record| Record { source: r.header().to_string(), ..r.clone() };
    merge(&before.records, &after.records, same_record, without_line, &mut changes.records);
    merge(&before.aliases, &after.aliases, |a: &Alias, b| a == b, Alias::clone, &mut changes.aliases);
    merge(&before.constants, &after.constants, |a: &i128, b| a == b, |v| *v, &mut changes.constants);
}

fn merge<T>(
    before: &BTreeMap<String, T>,
    after: &BTreeMap<String, T>,
    same: impl Fn(&T, &T) -> bool,
    copy: impl Fn(&T) -> T,
    changes: &mut BTreeMap<String, Option<T>>,
) {
    for (name, before, after) in side_by_side(before, after) {
        match (before, after) {
            (Some(before), Some(after)) if same(before, after) => {}
            (_, after) => {
                changes.insert(name.clone(), after.map(&copy));
            }
        }
    }
}
