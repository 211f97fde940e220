//! `install`, with scripts in place of installers.

use crate::run::{Ended, Releases, VERSION, command, end, sum};
use crate::server::{Server, whole};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A machine, a release whose installer is `script`, and a server that has what it has.
struct Machine {
    root: TempDir,
    releases: Releases,
    server: Server,
}

impl Machine {
    fn new(script: &str, served: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let gpu = root.path().join("sys/bus/pci/devices/0000:01:00.0");
        fs::create_dir_all(&gpu).unwrap();
        fs::write(gpu.join("vendor"), "0x10de\n").unwrap();
        fs::write(gpu.join("class"), "0x030200\n").unwrap();
        fs::create_dir(root.path().join("tmp")).unwrap();
        let releases = Releases::new(&[(std::env::consts::ARCH, &sum(script.as_bytes()))]);
        let served = served.to_owned();
        Self { root, releases, server: Server::new(move |_, _, out| whole(out, served.as_bytes())) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn install(&self, more: &[&str]) -> Ended {
        let (url, sys, tmp) = (self.server.url(), self.path("sys"), self.path("tmp"));
        let mut command = command(&["install", "--base-url", &url, "--retries", "0", "--sysfs"]);
        command.arg(sys).arg("--directory").arg(tmp).args(["--releases", self.releases.argument()]).args(more);
        command.env("WITNESS", self.path("witness"));
        end(command)
    }

    fn ran(&self) -> bool {
        self.path("witness").exists()
    }

    fn left(&self) -> Vec<PathBuf> {
        files(&self.path("tmp"))
    }
}

fn files(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
}

const VERSIONED: [&str; 2] = ["--version", VERSION];
const SCRIPT: &str = "#!/bin/sh\necho \"$@\" >\"$WITNESS\"\nls -ld . >>\"$WITNESS\"\n";

#[test]
fn the_right_installer_runs_in_private_and_leaves_nothing() {
    let machine = Machine::new(SCRIPT, SCRIPT);
    let ended = machine.install(&[&VERSIONED[..], &["--", "--silent", "--dkms"]].concat());
    assert_eq!(ended.status, 0, "{ended:?}");
    let witness = fs::read_to_string(machine.path("witness")).unwrap();
    assert!(witness.contains("nvidia-installer.log --silent --dkms\ndrwx------"), "{witness}");
    assert_eq!(machine.left(), [] as [PathBuf; 0]);
}

#[test]
fn another_installer_never_runs() {
    let machine = Machine::new(SCRIPT, &format!("{SCRIPT}\n"));
    let ended = machine.install(&VERSIONED);
    assert_eq!((ended.status, machine.ran()), (1, false), "{ended:?}");
    assert!(ended.stderr.contains("its SHA-256 is"), "{ended:?}");
    assert_eq!(machine.left(), [] as [PathBuf; 0]);
}

#[test]
fn the_log_of_a_failed_installer_is_kept_and_shown() {
    let script = "#!/bin/sh\nfor n in $(seq 100); do echo \"line $n\" >>\"${1#*=}\"; done\nexit 1\n";
    let machine = Machine::new(script, script);
    let ended = machine.install(&VERSIONED);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.stderr.contains("line 100\n") && !ended.stderr.contains("line 60\n"), "{ended:?}");
    let left = machine.left();
    let [directory] = left.as_slice() else { panic!("{left:?}") };
    assert_eq!(files(directory), [directory.join("nvidia-installer.log")], "the installer itself is gone");
    assert!(ended.stderr.contains(directory.to_str().unwrap()), "{ended:?}");
}

#[test]
fn a_machine_without_a_gpu_is_left_alone() {
    let machine = Machine::new(SCRIPT, SCRIPT);
    fs::write(machine.path("sys/bus/pci/devices/0000:01:00.0/vendor"), "0x1002\n").unwrap();
    for more in [&[][..], &["--dry-run"]] {
        let ended = machine.install(&[&VERSIONED[..], more].concat());
        assert_eq!((ended.status, machine.ran(), machine.server.requests().len()), (1, false, 0), "{ended:?}");
        assert!(ended.stderr.contains("no GPU of NVIDIA's"), "{ended:?}");
    }
}

#[test]
fn a_dry_run_does_nothing() {
    let machine = Machine::new(SCRIPT, SCRIPT);
    let ended = machine.install(&[&VERSIONED[..], &["--dry-run"]].concat());
    assert_eq!((ended.status, machine.ran(), machine.server.requests().len()), (0, false, 0), "{ended:?}");
    for expected in ["0000:01:00.0", "none is loaded", VERSION, &sum(SCRIPT.as_bytes()), "/tesla/", "nothing was"] {
        assert!(ended.stdout.contains(expected), "{expected}: {ended:?}");
    }
}

#[test]
fn the_loaded_driver_is_not_installed_again() {
    let machine = Machine::new(SCRIPT, SCRIPT);
    fs::create_dir_all(machine.path("sys/module/nvidia")).unwrap();
    fs::write(machine.path("sys/module/nvidia/version"), format!("{VERSION}\n")).unwrap();
    let ended = machine.install(&VERSIONED);
    assert_eq!((ended.status, machine.ran(), machine.server.requests().len()), (0, false, 0), "{ended:?}");
}

#[test]
fn what_has_no_checksum_is_refused() {
    let machine = Machine::new(SCRIPT, SCRIPT);
    for (arguments, why) in [
        (&["--version", "575.51.02"][..], "no checksum"),
        (&["--version", "580.1"], "not in the release tree"),
        (&["--latest"], "no qualified release"),
        (&[], "no qualified release"),
    ] {
        let ended = machine.install(arguments);
        assert_eq!((ended.status, machine.ran(), machine.server.requests().len()), (1, false, 0), "{ended:?}");
        assert!(ended.stderr.contains(why), "{ended:?}");
    }
}

#[test]
fn the_latest_is_the_newest_qualified_release() {
    let machine = Machine::new(SCRIPT, SCRIPT);
    let text = machine.releases.text().replace("{ parent =", "{ status = \"qualified\", parent =");
    fs::write(&machine.releases.path, text).unwrap();
    assert_eq!((machine.install(&["--latest"]).status, machine.ran()), (0, true));
}

#[test]
fn the_latest_is_no_way_back() {
    let machine = Machine::new(SCRIPT, SCRIPT);
    let text = machine.releases.text().replace("{ parent =", "{ status = \"qualified\", parent =");
    fs::write(&machine.releases.path, text).unwrap();
    fs::create_dir_all(machine.path("sys/module/nvidia")).unwrap();
    fs::write(machine.path("sys/module/nvidia/version"), "590.44.01\n").unwrap();
    for arguments in [&["--latest"][..], &[], &["--latest", "--dry-run"]] {
        let ended = machine.install(arguments);
        assert_eq!((ended.status, machine.ran(), machine.server.requests().len()), (1, false, 0), "{ended:?}");
        assert!(ended.stderr.contains("590.44.01 is loaded") && ended.stderr.contains("--version"), "{ended:?}");
    }
    let asked = machine.install(&VERSIONED);
    assert_eq!((asked.status, machine.ran()), (0, true), "{asked:?}");
}

/// While the installer comes, whoever may write to the directory puts another one in the place of the private one.
#[test]
fn a_directory_that_is_swapped_during_the_download_is_not_run_from() {
    let mut machine = Machine::new(SCRIPT, SCRIPT);
    let (tmp, witness) = (machine.path("tmp"), machine.path("witness"));
    machine.server = Server::new(move |_, _, out| {
        for private in files(&tmp) {
            fs::rename(&private, tmp.join("away"))?;
            fs::create_dir(&private)?;
            let name = format!("NVIDIA-Linux-{}-{VERSION}.run", std::env::consts::ARCH);
            fs::write(private.join(name), format!("#!/bin/sh\necho evil >{}\n", witness.display()))?;
        }
        whole(out, SCRIPT.as_bytes())
    });
    let ended = machine.install(&VERSIONED);
    assert_eq!(ended.status, 0, "{ended:?}");
    let ran = fs::read_to_string(machine.path("witness")).unwrap();
    assert!(ran.contains("nvidia-installer.log\ndrwx------"), "{ran}");
    assert!(
        !ran.contains(machine.path("tmp").to_str().unwrap()),
        "the log is not at a path that can be swapped: {ran}"
    );
    assert_eq!(files(&machine.path("tmp/away")), [] as [PathBuf; 0], "the installer is gone from where it was");
}
