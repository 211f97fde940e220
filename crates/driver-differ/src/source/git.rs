//! A release's tree in a git directory, read from the object database without a checkout.

use crate::c::limits;
use crate::headers::{Error, Tree};
use git2::{ObjectType, Oid};
use rustc_hash::FxHashMap;
use sha1::{Digest, Sha1};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use version_tree::git::loose;

/// Why a git directory is of no use.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// Not a repository, or one that cannot be opened.
    #[error("{path} is not a git directory that can be read: {message}")]
    Open {
        /// The directory.
        path: PathBuf,
        /// What git says.
        message: String,
    },
    /// The tag exists, but not what it points at.
    #[error("release {release} in {path} cannot be read: {message}")]
    Release {
        /// The tag's name.
        release: String,
        /// The directory.
        path: PathBuf,
        /// What git says.
        message: String,
    },
}

type Entries = Arc<FxHashMap<String, (Oid, EntryKind)>>;

/// What a directory's entry is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryKind {
    File,
    Directory,
    /// Its content is a path, which must not be taken for a header.
    Link,
    /// Another repository's commit.
    Submodule,
}

/// A git directory, bare or not.
pub struct Repository {
    path: PathBuf,
    /// Directories read so far; releases share most of theirs.
    directories: Mutex<FxHashMap<Oid, Entries>>,
    /// Where its objects are.
    objects: Vec<PathBuf>,
    number: usize,
}

thread_local! {
    /// libgit2's handles are not for sharing: each thread opens its own, and keeps the last one.
    static HANDLE: RefCell<Option<(usize, git2::Repository)>> = const { RefCell::new(None) };
}

static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

impl Repository {
    /// Opens the git directory at `path`, or that of the work tree there.
    ///
    /// This turns off libgit2's own check of objects' hashes, for the whole process; objects that are
    /// read here are checked here.
    pub fn open(path: &Path) -> Result<Self, RepositoryError> {
        git2::opts::strict_hash_verification(false);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut repository =
            Self { path: path.to_path_buf(), directories: Mutex::default(), objects: Vec::new(), number };
        let objects = repository.with(|handle| Ok(handle.commondir().join("objects")));
        repository.objects = loose::object_directories(objects.map_err(|e| repository.open_error(&e))?);
        Ok(repository)
    }

    /// The directory it was opened at.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn open_error(&self, e: &git2::Error) -> RepositoryError {
        RepositoryError::Open { path: self.path.clone(), message: e.message().to_string() }
    }

    fn with<T>(&self, f: impl FnOnce(&git2::Repository) -> Result<T, git2::Error>) -> Result<T, git2::Error> {
        HANDLE.with_borrow_mut(|slot| {
            if let Some((number, handle)) = slot
                && *number == self.number
            {
                return f(handle);
            }
            // No search in parent directories: a mistyped path must not find another repository.
            let flags = git2::RepositoryOpenFlags::NO_SEARCH;
            let none: [&Path; 0] = [];
            let opened = git2::Repository::open_ext(&self.path, flags, none)?;
            f(&slot.insert((self.number, opened)).1)
        })
    }

    /// The tree of a release's tag; None if there is no such tag.
    pub fn release(&self, release: &str) -> Result<Option<GitTree<'_>>, RepositoryError> {
        if release.contains('\0') {
            return Ok(None);
        }
        let found = self.with(|handle| {
            let reference = match handle.find_reference(&format!("refs/tags/{release}")) {
                Err(e) if matches!(e.code(), git2::ErrorCode::NotFound | git2::ErrorCode::InvalidSpec) => {
                    return Ok(None);
                }
                other => other?,
            };
            let target = reference.resolve()?.target().ok_or_else(|| git2::Error::from_str("it has no target"))?;
            Ok(Some(self.root_tree(handle, target)?))
        });
        let failure = |e: git2::Error| RepositoryError::Release {
            release: release.to_string(),
            path: self.path.clone(),
            message: e.message().to_string(),
        };
        let root = found.map_err(failure)?;
        Ok(root.map(|root| GitTree { repository: self, name: release.to_string(), root }))
    }

    /// Names of all tags.
    pub fn tags(&self) -> Result<Vec<String>, RepositoryError> {
        let names = self.with(|handle| {
            let names = handle.tag_names(None)?;
            Ok(names.iter().flatten().flatten().map(str::to_string).collect())
        });
        names.map_err(|e| self.open_error(&e))
    }

    /// An object's bytes, if it is what its name says.
    ///
    /// libgit2 would check that, too, but with an implementation of SHA-1 that takes longer than all else we do with
    /// a header; [`Self::open`] turns its check off.
    fn object(&self, id: Oid, kind: ObjectType) -> Result<Arc<[u8]>, git2::Error> {
        self.with(|handle| {
            let found = self.header(handle, id)?;
            if found != kind {
                let message = format!("the object {id} is a {}, not a {}", found.str(), kind.str());
                return Err(git2::Error::from_str(&message));
            }
            let object = handle.odb()?;
            let object = object.read(id)?;
            verify(id, kind, object.data())?;
            Ok(object.data().into())
        })
    }

    fn directory(&self, id: Oid) -> Result<Entries, git2::Error> {
        let lock = || self.directories.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = lock().get(&id) {
            return Ok(known.clone());
        }
        self.object(id, ObjectType::Tree)?;
        let entries: FxHashMap<_, _> = self.with(|handle| {
            let tree = handle.find_tree(id)?;
            let named = |e: git2::TreeEntry<'_>| {
                let kind = match (e.kind(), e.filemode()) {
                    (Some(ObjectType::Tree), _) => EntryKind::Directory,
                    (Some(ObjectType::Blob), 0o120_000) => EntryKind::Link,
                    (Some(ObjectType::Blob), _) => EntryKind::File,
                    _ => EntryKind::Submodule,
                };
                (String::from_utf8_lossy(e.name_bytes()).into_owned(), (e.id(), kind))
            };
            Ok(tree.iter().map(named).collect())
        })?;
        let entries = Arc::new(entries);
        lock().insert(id, entries.clone());
        Ok(entries)
    }

    /// Kind of an object that is whole and small enough to be read: its header says so before any memory is taken
    /// for it.
    fn header(&self, handle: &git2::Repository, id: Oid) -> Result<ObjectType, git2::Error> {
        loose::check(&self.objects, id).map_err(|message| git2::Error::from_str(&message))?;
        let odb = handle.odb()?;
        // git2 panics here (0.21, Odb::read_header) on a damaged pack that gives an object a kind there is not.
        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| odb.read_header(id)));
        let unknown = |_| git2::Error::from_str(&format!("the object {id} is of no known kind"));
        let (size, kind) = read.map_err(unknown)??;
        if size > limits::FILE_BYTES {
            let message = format!("the object {id} has {size} bytes, more than {}", limits::FILE_BYTES);
            return Err(git2::Error::from_str(&message));
        }
        Ok(kind)
    }

    /// The tree that a tag's target, be it another tag or a commit, leads to.
    fn root_tree(&self, handle: &git2::Repository, mut id: Oid) -> Result<Oid, git2::Error> {
        for _ in 0..limits::TAGS {
            let kind = self.header(handle, id)?;
            verify(id, kind, handle.odb()?.read(id)?.data())?;
            id = match kind {
                ObjectType::Tag => handle.find_tag(id)?.target_id(),
                ObjectType::Commit => handle.find_commit(id)?.tree_id(),
                ObjectType::Tree => return Ok(id),
                _ => return Err(git2::Error::from_str("it points at a file, not at a commit")),
            };
        }
        Err(git2::Error::from_str("it is a tag of a tag of a tag, too many times over"))
    }
}

/// Whether an object is the one that its name stands for.
fn verify(id: Oid, kind: ObjectType, bytes: &[u8]) -> Result<(), git2::Error> {
    let mut hash = Sha1::new_with_prefix(format!("{} {}\0", kind.str(), bytes.len()));
    hash.update(bytes);
    if hash.finalize().as_slice() == id.as_bytes() {
        return Ok(());
    }
    Err(git2::Error::from_str(&format!("object {id} is damaged: its content has another hash")))
}

/// One release's tree.
pub struct GitTree<'a> {
    repository: &'a Repository,
    name: String,
    root: Oid,
}

impl GitTree<'_> {
    fn failure(&self, path: &str, e: &git2::Error) -> Error {
        Error::Read { path: path.to_string(), tree: self.name(), message: e.message().to_string() }
    }

    /// The object at `path`.
    fn entry(&self, path: &str) -> Result<Option<(Oid, EntryKind)>, git2::Error> {
        let mut current = (self.root, EntryKind::Directory);
        for part in path.split('/').filter(|p| !p.is_empty()) {
            match current.1 {
                EntryKind::Directory => {}
                EntryKind::Link => return Err(not_followed()),
                EntryKind::File | EntryKind::Submodule => return Ok(None),
            }
            match self.repository.directory(current.0)?.get(part) {
                Some(&entry) => current = entry,
                None => return Ok(None),
            }
        }
        Ok(Some(current))
    }
}

fn not_followed() -> git2::Error {
    git2::Error::from_str("it is a symbolic link, and those in a repository are not followed")
}

impl Tree for GitTree<'_> {
    fn name(&self) -> String {
        format!("release {} of {}", self.name, self.repository.path.display())
    }

    fn find(&self, path: &str) -> Result<Option<Oid>, Error> {
        match self.entry(path).map_err(|e| self.failure(path, &e))? {
            Some((id, EntryKind::File)) => Ok(Some(id)),
            Some((_, EntryKind::Link)) => Err(self.failure(path, &not_followed())),
            Some((_, EntryKind::Directory | EntryKind::Submodule)) | None => Ok(None),
        }
    }

    fn list(&self, path: &str) -> Result<Vec<(String, bool)>, Error> {
        let entries = self.entry(path).and_then(|found| match found {
            Some((id, EntryKind::Directory)) => {
                let entries = self.repository.directory(id)?;
                let listed = entries.iter().map(|(name, e)| (name.clone(), e.1 == EntryKind::Directory));
                Ok(listed.collect())
            }
            Some((_, EntryKind::Link)) => Err(not_followed()),
            _ => Ok(Vec::new()),
        });
        entries.map_err(|e| self.failure(path, &e))
    }

    fn read(&self, path: &str, content: Oid) -> Result<Arc<[u8]>, Error> {
        let read = self.repository.object(content, ObjectType::Blob);
        read.map_err(|e| self.failure(path, &e))
    }
}
