//! Directories that hold other things than headers.

use crate::check::bounded;
use driver_differ::extract::{Session, Wanted};
use driver_differ::source::Directory;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use tempfile::TempDir;

const LANDMARK: &str = "src/common/sdk/nvidia/inc/nvos.h";
const CLASSES: &str = "src/common/sdk/nvidia/inc/class";

/// The smallest tree that passes for a release.
fn release() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), LANDMARK, "typedef struct { int a; } T;\n");
    fs::create_dir_all(directory.path().join(CLASSES)).unwrap();
    directory
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn extract(root: &Path) -> Result<usize, String> {
    let tree = Directory::new(root);
    let read = || Session::new().extract(&tree, Wanted::All);
    bounded("a directory", read).map(|(abi, _)| abi.nonuvm.records.len()).map_err(|e| e.to_string())
}

#[track_caller]
fn refused(root: &Path, messages: &[&str]) {
    let error = extract(root).unwrap_err();
    for message in messages {
        assert!(error.contains(message), "'{message}' expected, got: {error}");
    }
}

fn fifo(at: &Path) {
    let made = std::process::Command::new("mkfifo").arg(at).status().unwrap();
    assert!(made.success());
}

#[test]
fn a_small_release_is_read() {
    assert_eq!(extract(release().path()), Ok(1));
}

#[test]
fn a_directory_that_is_no_release_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    refused(empty.path(), &["is not the source of a driver release"]);
    refused(Path::new("/nonexistent"), &["is not the source of a driver release"]);
    refused(Path::new("/dev/null"), &["is not the source of a driver release"]);
}

#[test]
fn files_that_never_end_are_refused() {
    let endless = release();
    symlink("/dev/zero", endless.path().join(CLASSES).join("zero.h")).unwrap();
    refused(endless.path(), &["class/zero.h", "it is neither a file nor a directory"]);

    let waiting = release();
    fifo(&waiting.path().join(CLASSES).join("fifo.h"));
    refused(waiting.path(), &["class/fifo.h", "it is neither a file nor a directory"]);

    let landmark = release();
    fs::remove_file(landmark.path().join(LANDMARK)).unwrap();
    fifo(&landmark.path().join(LANDMARK));
    refused(landmark.path(), &["nvos.h", "it is neither a file nor a directory"]);
}

#[test]
fn a_file_beyond_the_limit_is_refused() {
    let large = release();
    let file = fs::File::create(large.path().join(CLASSES).join("large.h")).unwrap();
    file.set_len(1 << 40).unwrap();
    refused(large.path(), &["class/large.h:1", "more than the 16777216 allowed"]);
}

#[test]
fn a_directory_named_like_a_header_is_none() {
    let named = release();
    fs::create_dir(named.path().join(CLASSES).join("directory.h")).unwrap();
    assert_eq!(extract(named.path()), Ok(1));
    write(named.path(), LANDMARK, "#include \"class/directory.h\"\n");
    refused(named.path(), &["nvos.h:1", "the header \"class/directory.h\" is not on the include path"]);
}

#[test]
fn links_that_lead_in_circles_are_refused() {
    let circle = release();
    symlink("loop.h", circle.path().join(CLASSES).join("loop.h")).unwrap();
    refused(circle.path(), &["class/loop.h", "symbolic link"]);

    let parent = release();
    fs::create_dir_all(parent.path().join("src/common/sdk/nvidia/inc/ctrl")).unwrap();
    symlink("..", parent.path().join("src/common/sdk/nvidia/inc/ctrl/up")).unwrap();
    refused(parent.path(), &["ctrl/up/nvos.h:1", "'T' is already another type"]);

    let dangling = release();
    symlink("nowhere", dangling.path().join(CLASSES).join("gone.h")).unwrap();
    refused(dangling.path(), &["class/gone.h:1", "there is no such file"]);
}

#[test]
fn files_that_may_not_be_read_are_refused() {
    let secret = release();
    write(secret.path(), &format!("{CLASSES}/secret.h"), "");
    let path = secret.path().join(CLASSES).join("secret.h");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(&path).is_ok() {
        return crate::say::skipped("a file that may not be read", "this user may read every file");
    }
    refused(secret.path(), &["class/secret.h", "ermission denied"]);
}

#[test]
fn names_that_are_not_utf8_are_refused() {
    let odd = release();
    fs::write(odd.path().join(CLASSES).join(OsStr::from_bytes(b"\xff.h")), "int a;").unwrap();
    refused(odd.path(), &["class/\u{fffd}.h:1", "there is no such file"]);
}

#[test]
fn many_large_files_are_refused() {
    let many = release();
    let text = "#a\n".repeat((1 << 20) - 2);
    for i in 0..12 {
        write(many.path(), &format!("{CLASSES}/{i}.h"), &format!("#if 0 // {i}\n{text}#endif\n"));
    }
    refused(many.path(), &["with this file the headers take more than"]);
}
