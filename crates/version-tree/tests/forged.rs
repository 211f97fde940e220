//! A history whose objects are not what their ids say, so that it can have circles.
#![cfg(feature = "git")]

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use git2::{Oid, Repository};
use version_tree::git::{History, HistoryError};

/// Puts a commit or tag at an id that is not its own.
fn forge(repository: &Path, id: &str, kind: &str, body: &str) -> Oid {
    let path = repository.join("objects").join(&id[..2]).join(&id[2..]);
    fs::create_dir_all(path.parent().expect("a directory")).expect("the directory");
    let mut file = ZlibEncoder::new(fs::File::create(path).expect("the object"), Compression::fast());
    write!(file, "{kind} {}\0{body}", body.len()).and_then(|()| file.finish()).expect("its content");
    Oid::from_str(id).expect("an id")
}

#[test]
fn forged_objects_that_name_each_other_are_refused() {
    // For the whole process, as driver-differ does; so this test has a file of its own.
    git2::opts::strict_hash_verification(false);
    let (one, other) = ("1".repeat(40), "2".repeat(40));
    let commit = |parent: &str| {
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let who = "a <a@example.com> 0 +0000";
        format!("tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\n515.43.04\n")
    };
    let tag = |object: &str| format!("object {object}\ntype tag\ntag t\ntagger a <a@example.com> 0 +0000\n\nt\n");
    for (kind, bodies) in [("commit", [commit(&other), commit(&one)]), ("tag", [tag(&other), tag(&one)])] {
        let directory = tempfile::tempdir().expect("a directory");
        Repository::init_bare(directory.path()).expect("a repository");
        let id = forge(directory.path(), &one, kind, &bodies[0]);
        forge(directory.path(), &other, kind, &bodies[1]);
        // The reference as a file: libgit2 would look at the object.
        fs::write(directory.path().join("refs/tags/515.43.04"), format!("{id}\n")).expect("a tag");
        let refused = History::open(directory.path()).expect_err("the ids are wrong");
        let HistoryError::Unreadable { reference, object, source, .. } = refused else { panic!("{refused}") };
        assert_eq!((reference.as_str(), object), ("refs/tags/515.43.04", one.clone()));
        assert_eq!(source.message(), "its content is not what its id says");
    }
}
