//! The part of a repository that places releases: commits by first parent, read once.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use git2::{ErrorCode, ObjectType, Oid, Reference, Repository};
use sha1::{Digest, Sha1};

use crate::DriverVersion;
use crate::git::{HistoryError, loose};

/// Most commits read. The driver's history has some hundreds.
const MAX_COMMITS: usize = 1 << 20;
/// Most tags and branches read.
const MAX_REFERENCES: usize = 1 << 16;
/// Most tags on the way from a reference to a commit.
const MAX_TAGS_OF_TAGS: usize = 64;
/// Most bytes of a commit or tag.
const MAX_OBJECT_BYTES: usize = 16 << 20;
/// Where `main` is looked for: a clone's own branch of that name may be stale.
const MAIN: [&str; 2] = ["refs/remotes/origin/main", "refs/heads/main"];

/// Commits by id.
#[derive(Debug, Default)]
pub(super) struct Commits(HashMap<Oid, Commit>);

#[derive(Debug)]
struct Commit {
    first_parent: Option<Oid>,
    /// The version that its title, or else a tag, gives it.
    version: Option<DriverVersion>,
}

impl Commits {
    /// A commit and the first parents below it. Ends because ids are hashes of content, which cannot form a cycle,
    /// and even otherwise: no walk has more steps than there are commits.
    pub(super) fn first_parents(&self, commit: Oid) -> impl Iterator<Item = Oid> {
        std::iter::successors(Some(commit), |at| self.0.get(at)?.first_parent).take(self.0.len() + 1)
    }

    pub(super) fn version(&self, commit: Oid) -> Option<DriverVersion> {
        self.0.get(&commit)?.version
    }
}

/// An open repository.
pub(super) struct Reader(Repository);

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, HistoryError> {
        Repository::open(path)
            .map(Self)
            .map_err(|source| HistoryError::NotARepository { path: path.to_owned(), source })
    }

    /// The tags that are versions, with the commits below them read; for a tag that is
    /// not on a commit, what it is on. Of two tags of one version the first by name.
    pub(super) fn tags(
        &self,
        commits: &mut Commits,
    ) -> Result<BTreeMap<DriverVersion, Result<Oid, String>>, HistoryError> {
        let mut tags = BTreeMap::new();
        for (name, reference) in self.references("refs/tags/*")? {
            let Some(version) = name.strip_prefix("refs/tags/").and_then(parse) else {
                continue;
            };
            if tags.contains_key(&version) {
                continue;
            }
            let target = self.peel(&name, &reference)?;
            if let Ok(commit) = target {
                self.read_down(&name, commit, commits)?;
                if let Some(entry) = commits.0.get_mut(&commit) {
                    entry.version.get_or_insert(version);
                }
            }
            tags.insert(version, target);
        }
        Ok(tags)
    }

    /// The branches with their tips and whether they are `main`, which comes first; the
    /// others follow by name. The commits below them are read.
    pub(super) fn branches(&self, commits: &mut Commits) -> Result<Vec<(String, Oid, bool)>, HistoryError> {
        let mut found = self.references("refs/heads/*")?;
        found.extend(self.references("refs/remotes/origin/*")?);
        let main = MAIN.iter().position(|main| found.iter().any(|(name, _)| name == main));
        let main = match main {
            Some(at) => MAIN[at].to_owned(),
            // A detached or unborn HEAD has no name among the branches: then there is no main.
            None => self.0.head().ok().and_then(|head| head.name().ok().map(str::to_owned)).unwrap_or_default(),
        };
        found.retain(|(name, _)| name != "refs/remotes/origin/HEAD");
        found.sort_by_cached_key(|(name, _)| (*name != main, short(name).to_owned()));
        let mut branches = Vec::new();
        for (name, reference) in found {
            if let Ok(tip) = self.peel(&name, &reference)? {
                self.read_down(&name, tip, commits)?;
                branches.push((short(&name).to_owned(), tip, name == main));
            }
        }
        Ok(branches)
    }

    fn references(&self, glob: &str) -> Result<Vec<(String, Reference<'_>)>, HistoryError> {
        let mut found = Vec::new();
        for reference in self.0.references_glob(glob)? {
            let reference = reference?;
            if found.len() == MAX_REFERENCES {
                return Err(HistoryError::TooLarge { what: "tags or branches", limit: MAX_REFERENCES });
            }
            // A name that is not UTF-8 is no version and no branch of the driver's.
            if let Ok(name) = reference.name() {
                found.push((name.to_owned(), reference));
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found)
    }

    /// The commit a reference leads to, by way of annotated tags too, or the kind of
    /// object it is on instead.
    fn peel(&self, name: &str, reference: &Reference<'_>) -> Result<Result<Oid, String>, HistoryError> {
        let mut id = reference.resolve()?.target();
        let mut kind = "symbolic reference";
        for _ in 0..MAX_TAGS_OF_TAGS {
            let Some(at) = id else { break };
            let object = self.checked(name, at, |repository| repository.find_object(at, None))?;
            kind = object.kind().map_or("object of no known kind", |kind| kind.str());
            if object.kind() == Some(ObjectType::Commit) {
                return Ok(Ok(at));
            }
            id = object.as_tag().map(git2::Tag::target_id);
        }
        Ok(Err(kind.to_owned()))
    }

    /// Reads a commit and the first parents below it, as far as they are not yet.
    fn read_down(&self, reference: &str, tip: Oid, commits: &mut Commits) -> Result<(), HistoryError> {
        let mut next = Some(tip);
        while let Some(id) = next.filter(|id| !commits.0.contains_key(id)) {
            if commits.0.len() == MAX_COMMITS {
                return Err(HistoryError::TooLarge { what: "commits", limit: MAX_COMMITS });
            }
            let commit = self.checked(reference, id, |repository| {
                let commit = repository.find_commit(id)?;
                let first_parent = match commit.parent_count() {
                    0 => None,
                    _ => Some(commit.parent_id(0)?),
                };
                let title = commit.summary_bytes().and_then(|title| std::str::from_utf8(title).ok());
                Ok(Commit { first_parent, version: title.and_then(|title| parse(title.trim())) })
            })?;
            next = commit.first_parent;
            commits.0.insert(id, commit);
        }
        Ok(())
    }

    /// Reads an object, and names it if that fails.
    fn checked<'r, T>(
        &'r self,
        reference: &str,
        id: Oid,
        read: impl FnOnce(&'r Repository) -> Result<T, git2::Error>,
    ) -> Result<T, HistoryError> {
        let objects = loose::object_directories(self.0.commondir().join("objects"));
        let whole = loose::check(&objects, id).map_err(|message| git2::Error::from_str(&message));
        whole.and_then(|()| self.is_its_id(id)).and_then(|()| read(&self.0)).map_err(|source| {
            HistoryError::Unreadable {
                reference: reference.to_owned(),
                object: id.to_string(),
                shallow: source.code() == ErrorCode::NotFound && self.0.is_shallow(),
                source,
            }
        })
    }

    /// Whether a commit or tag is what its id says. libgit2 checks that only as long as nobody has turned its check
    /// off, which holds for the whole process.
    fn is_its_id(&self, id: Oid) -> Result<(), git2::Error> {
        let objects = self.0.odb()?;
        let (size, kind) = objects.read_header(id)?;
        if !matches!(kind, ObjectType::Commit | ObjectType::Tag) {
            // Nothing is read from it.
            return Ok(());
        }
        if size > MAX_OBJECT_BYTES {
            return Err(git2::Error::from_str(&format!("it has {size} bytes, more than {MAX_OBJECT_BYTES}")));
        }
        let object = objects.read(id)?;
        let mut hash = Sha1::new();
        hash.update(format!("{} {}\0", object.kind().str(), object.len()));
        hash.update(object.data());
        if hash.finalize()[..] != *id.as_bytes() {
            return Err(git2::Error::from_str("its content is not what its id says"));
        }
        Ok(())
    }
}

/// The version a tag or a title consists of.
fn parse(text: &str) -> Option<DriverVersion> {
    DriverVersion::try_parse(text).ok()
}

/// A branch's own name.
fn short(name: &str) -> &str {
    name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/remotes/origin/")).unwrap_or(name)
}
