//! `gpu-tools learn`: what it prints, writes and ends with.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn learn(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpu-tools"));
    command.arg("learn").args(arguments).env_remove("NVPROXY_DRIVER_REPO").output().expect("it runs")
}

fn refused(arguments: &[&str], reason: &str) {
    let output = learn(arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {stderr}");
    assert!(stderr.contains(reason), "{arguments:?}: {stderr}");
}

fn put(root: &Path, path: &str, text: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
    fs::write(path, text).expect("a file");
}

#[test]
fn nothing_is_learnt_from_what_is_not_the_releases_sources() {
    let directory = tempfile::tempdir().expect("a directory");
    let root = directory.path();
    let source = root.to_str().expect("text");
    refused(&["620.06.00"], "--repo");
    refused(&["620.06.00", "--source", "/nonexistent"], "/nonexistent is no directory");
    refused(&["620.06.00", "--repo", "/nonexistent"], "/nonexistent");
    refused(&["620.06", "--source", source, "--ancestor", "x"], "--ancestor");
    // Without a mark it could be any release's.
    refused(&["620.06.00", "--source", source], "version.mk has no line with NVIDIA_VERSION, or is not there");
    put(root, "version.mk", b"# NVIDIA_VERSION = 620.06.00\n");
    refused(&["620.06.00", "--source", source], "write `NVIDIA_VERSION = 620.06.00` into it");
    put(root, "version.mk", b"NVIDIA_VERSION = \x1b[31m\xe2\x80\xae620\n");
    refused(&["620.06.00", "--source", source], "these sources are of \\u{1b}[31m\\u{202e}620, not of 620.06.00");
    put(root, "version.mk", b"NVIDIA_VERSION = 595.45.04\n");
    refused(&["620.06.00", "--source", source], "these sources are of 595.45.04, not of 620.06.00");
    put(root, "version.mk", b"NVIDIA_VERSION = 620.06.00\n");
    refused(&["620.06.00", "--source", source], "it has no src/common/sdk/nvidia/inc/nvos.h");
    // Headers that are no headers, and a tree that is none.
    put(root, "src/common/sdk/nvidia/inc/nvos.h", &[0xff; 4096]);
    put(root, "kernel-open/nvidia-uvm/uvm_ioctl.h", b"typedef struct { struct { struct {");
    refused(&["620.06.00", "--source", source], "the headers of 620.06.00 cannot be read");
    put(root, "src/common/sdk/nvidia/inc/nvos.h", b"#define NV_ESC_RM_FREE (0x29)\n");
    put(root, "kernel-open/nvidia-uvm/uvm_ioctl.h", b"#define UVM_INITIALIZE 0x30000001\n");
    refused(&["620.06.00", "--source", source], "they have no tables of control commands (src/nvidia/generated)");
}

/// What is learnt is in the file that was asked for, as nvproxy wants it, and what is not is no file.
#[test]
fn a_pack_is_written_as_a_whole_or_not_at_all() {
    let Some(repository) = std::env::var_os("NVPROXY_DRIVER_REPO") else {
        super::tell(
            "SKIPPED (not run): a pack of a real release: NVPROXY_DRIVER_REPO names no clone of NVIDIA/open-gpu-kernel-modules",
        );
        return;
    };
    let repository = repository.to_str().expect("text");
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("550.163.01.toml");
    let words = ["550.163.01", "--repo", repository, "--ancestor", "550.144.03", "--output"];
    let output = learn(&[&words[..], &[path.to_str().expect("text")]].concat());
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("550.163.01 is learnt from its headers"), "{output:?}");
    let text = fs::read_to_string(&path).expect("a pack");
    assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o022, 0, "only its owner writes it");
    let printed = learn(&words[..5]);
    assert_eq!(String::from_utf8_lossy(&printed.stdout), text, "the same to stdout");
    refused(
        &[&words[..], &["/nonexistent/pack.toml"]].concat(),
        "there is no directory /nonexistent to write the pack into",
    );
    // What to do is said before anything is asked of the ancestor.
    let missing = format!(
        "{repository} has no tag 999.99.99. Update it with `git --git-dir {repository} fetch origin --tags`; if NVIDIA has \
         not published it yet, there is nothing to learn from"
    );
    for arguments in [&words[1..3], &words[1..5]] {
        refused(&[&["999.99.99"], arguments].concat(), &missing);
    }
    refused(&["550.163.01", "--repo", repository, "--ancestor", "999.99"], "999.99");
    // Its own ancestor, as the history has it, changes nothing: this build has the release.
    let own = learn(&["550.163.01", "--repo", repository]);
    assert_eq!(own.status.code(), Some(0), "{own:?}");
    assert!(String::from_utf8_lossy(&own.stdout).contains("ancestor = \"550.163.01\""));
}
