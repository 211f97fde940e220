//! Repositories that are damaged, or none.

use crate::check::bounded;
use driver_differ::extract::{Session, Wanted};
use driver_differ::source::Repository;
use flate2::write::ZlibEncoder;
use git2::{ObjectType, Oid};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const CLASSES: [&str; 6] = ["src", "common", "sdk", "nvidia", "inc", "class"];

/// A repository whose tag `1.0` is a small release, with one more entry among its class headers.
struct Made {
    directory: TempDir,
    root: Oid,
    blob: Oid,
}

impl Made {
    fn new(name: &str, mode: i32, entry: impl FnOnce(&git2::Repository) -> Oid) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let repository = git2::Repository::init_bare(directory.path()).unwrap();
        let blob = repository.blob(b"typedef struct { int a; } T;\n").unwrap();
        let insert = |entries: &[(&str, Oid, i32)]| {
            let mut tree = repository.treebuilder(None).unwrap();
            for (name, id, mode) in entries {
                tree.insert(name, *id, *mode).unwrap();
            }
            tree.write().unwrap()
        };
        let mut tree = insert(&[(name, entry(&repository), mode)]);
        for (depth, name) in CLASSES.iter().enumerate().rev() {
            let landmark = ("nvos.h", blob, 0o100_644);
            let child = (*name, tree, 0o040_000);
            tree = if depth == 5 { insert(&[child, landmark]) } else { insert(&[child]) };
        }
        repository.reference("refs/tags/1.0", tree, true, "").unwrap();
        Self { directory, root: tree, blob }
    }

    fn plain() -> Self {
        Self::new("a.h", 0o100_644, |r| r.blob(b"typedef struct { int b; } U;\n").unwrap())
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn object(&self, id: Oid) -> PathBuf {
        let id = id.to_string();
        self.path().join("objects").join(&id[..2]).join(&id[2..])
    }

    /// Puts other bytes in an object's place.
    fn replace(&self, id: Oid, bytes: &[u8]) {
        let path = self.object(id);
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    }

    /// A copy with other bytes in a file: libgit2 remembers packs by their paths.
    fn with(&self, file: &Path, bytes: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut pending = vec![PathBuf::new()];
        while let Some(path) = pending.pop() {
            let to = directory.path().join(&path);
            if self.path().join(&path).is_dir() {
                fs::create_dir_all(to).unwrap();
                let entries = fs::read_dir(self.path().join(&path)).unwrap();
                pending.extend(entries.map(|e| path.join(e.unwrap().file_name())));
            } else if path == file {
                fs::write(to, bytes).unwrap();
            } else {
                fs::copy(self.path().join(&path), to).unwrap();
            }
        }
        Self { directory, root: self.root, blob: self.blob }
    }

    fn extract(&self) -> Result<usize, String> {
        bounded("a repository", || {
            let repository = Repository::open(self.path()).map_err(|e| e.to_string())?;
            let release = repository.release("1.0").map_err(|e| e.to_string())?.ok_or("no such release")?;
            let (abi, _) = Session::new().extract(&release, Wanted::All).map_err(|e| e.to_string())?;
            Ok(abi.nonuvm.records.len())
        })
    }

    #[track_caller]
    fn refused(&self, messages: &[&str]) {
        let error = self.extract().unwrap_err();
        for message in messages {
            assert!(error.contains(message), "'{message}' expected, got: {error}");
        }
    }
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_small_release_is_read() {
    assert_eq!(Made::plain().extract(), Ok(2));
}

#[test]
fn what_is_no_repository_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    fs::write(empty.path().join("file"), "").unwrap();
    for path in [empty.path().to_path_buf(), empty.path().join("none"), empty.path().join("file")] {
        let error = Repository::open(&path).map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{} is not a git directory", path.display())), "{error}");
    }
}

#[test]
fn an_empty_repository_has_no_releases() {
    let directory = tempfile::tempdir().unwrap();
    git2::Repository::init(directory.path()).unwrap();
    let repository = Repository::open(directory.path()).unwrap();
    assert!(repository.tags().unwrap().is_empty());
    for name in ["1.0", "", "..", "../heads/main", "a b", "@{1}", "\0", "x^{tree}"] {
        assert!(repository.release(name).is_ok_and(|r| r.is_none()), "{name:?}");
    }
}

#[test]
fn a_tag_of_something_else_is_refused() {
    let made = Made::plain();
    let repository = git2::Repository::open(made.path()).unwrap();
    repository.reference("refs/tags/1.0", made.blob, true, "").unwrap();
    made.refused(&["release 1.0", "it points at a file, not at a commit"]);

    repository.reference_symbolic("refs/tags/1.0", "refs/tags/2.0", true, "").unwrap();
    repository.reference_symbolic("refs/tags/2.0", "refs/tags/1.0", true, "").unwrap();
    made.refused(&["release 1.0"]);

    let signature = git2::Signature::now("a", "a@example.org").unwrap();
    let mut target = repository.find_object(made.root, None).unwrap();
    for i in 0..20 {
        let tag = repository.tag_annotation_create(&i.to_string(), &target, &signature, "tag of a tag").unwrap();
        target = repository.find_object(tag, Some(ObjectType::Tag)).unwrap();
    }
    repository.reference("refs/tags/1.0", target.id(), true, "").unwrap();
    made.refused(&["release 1.0", "too many times over"]);
}

#[test]
fn objects_that_are_missing_are_refused() {
    let made = Made::plain();
    fs::remove_file(made.object(made.blob)).unwrap();
    made.refused(&["nvos.h", "release 1.0"]);
    fs::remove_file(made.object(made.root)).unwrap();
    made.refused(&["release 1.0"]);
    fs::write(made.path().join("refs/tags/1.0"), "").unwrap();
    made.refused(&["release 1.0"]);
}

#[test]
fn damaged_objects_are_refused() {
    let made = Made::plain();
    let path = made.object(made.blob);
    let whole = fs::read(&path).unwrap();
    for bytes in [&b""[..], b"garbage", &whole[..whole.len() / 2], &compressed(b"blob 29"), &compressed(b"blob 3\0abc")]
    {
        made.replace(made.blob, bytes);
        made.refused(&["nvos.h", "release 1.0"]);
    }
    made.replace(made.blob, &whole);
    assert_eq!(made.extract(), Ok(2));
    made.replace(made.root, &compressed(b"tree 7\x00100644 "));
    made.refused(&["release 1.0"]);
    made.replace(made.root, &compressed(b"blob 0\0"));
    made.refused(&["release 1.0"]);
}

#[test]
fn objects_that_claim_a_huge_size_are_refused() {
    let made = Made::plain();
    made.replace(made.blob, &compressed(b"blob 1099511627776\0abc"));
    made.refused(&["nvos.h", "has 1099511627776 bytes, more than 16777216"]);
    made.replace(made.root, &compressed(b"tree 1099511627776\0abc"));
    made.refused(&["release 1.0", "has 1099511627776 bytes, more than 16777216"]);

    // A bomb: small on disk, beyond the limit in memory.
    let size = 64 << 20;
    let bomb = [format!("blob {size}\0").into_bytes(), vec![b' '; size]].concat();
    let made = Made::plain();
    made.replace(made.blob, &compressed(&bomb));
    made.refused(&["nvos.h", "larger than any file"]);
}

#[test]
fn damaged_packs_are_refused() {
    let made = Made::plain();
    let repository = git2::Repository::open(made.path()).unwrap();
    let mut pack = git2::Buf::new();
    let mut builder = repository.packbuilder().unwrap();
    builder.insert_tree(made.root).unwrap();
    builder.write_buf(&mut pack).unwrap();
    let directory = made.path().join("objects/pack");
    let objects = repository.odb().unwrap();
    let mut writer = objects.packwriter().unwrap();
    writer.write_all(&pack).unwrap();
    writer.commit().unwrap();
    for entry in fs::read_dir(made.path().join("objects")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name().len() == 2 {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    assert_eq!(made.extract(), Ok(2));
    for extension in ["pack", "idx"] {
        let files = fs::read_dir(&directory).unwrap().map(|e| e.unwrap().path());
        let file = files.into_iter().find(|p| p.extension().is_some_and(|e| e == extension)).unwrap();
        let file = file.strip_prefix(made.path()).unwrap();
        let whole = fs::read(made.path().join(file)).unwrap();
        for cut in [0, 4, 12, whole.len() / 3, whole.len() / 2, whole.len() - 60] {
            made.with(file, &whole[..cut]).refused(&[]);
        }
        made.with(file, &vec![0x55; whole.len()]).refused(&[]);
    }
    // A pack whose bytes are changed here and there is libgit2's to refuse, and it does not always: with a delta that
    // leads back to itself it recurses without end (1.9). Repositories are as trusted as git itself takes them to be.
}

#[test]
fn entries_of_the_wrong_kind_are_refused() {
    let link = Made::new("a.h", 0o120_000, |r| r.blob(b"../nvos.h").unwrap());
    link.refused(&["class/a.h", "it is a symbolic link"]);
    let submodule = Made::new("a.h", 0o160_000, |_| Oid::from_str(&"1".repeat(40)).unwrap());
    submodule.refused(&["class/a.h:1", "there is no such file"]);
    let directory = Made::new("a.h", 0o040_000, |r| r.treebuilder(None).unwrap().write().unwrap());
    assert_eq!(directory.extract(), Ok(1));
    let include = Made::new("a.h", 0o100_644, |r| r.blob(b"#include \"class\"\n").unwrap());
    include.refused(&["class/a.h:1", "the header \"class\" is not on the include path"]);
}
