//! Releases whose headers are not published, and release packs.

use crate::guest::{Ended, end, nvproxy, program};
use nvproxy::abi::{Abi, Table};
use nvproxy::pack::Pack;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use version_tree::{DriverVersion, Tree, version};

/// NV_ERR_INVALID_PARAM_STRUCT.
const WRONG_SIZE: &str = "0x3a";
/// What nvidia-smi and CUDA ask when they start, and other commands whose size differs from 595.71.05's: command, and size
/// at 595.71.05, 610.57.04 and 615.71.09. The sizes are measured ones.
const MEASURED: [(&str, [usize; 3]); 5] = [
    ("0x20800102", [564, 580, 580]),
    ("0x2080019f", [400, 688, 688]),
    ("0x2080120f", [1944, 4120, 4120]),
    ("0x208001a3", [56, 56, 320]),
    ("0x2080121b", [9240, 9240, 10264]),
];

fn run(options: &[&str], commands: &[(&str, usize)]) -> Ended {
    let mut command = Command::new(nvproxy());
    command
        .args(["run", "--caps", "all,profiling", "--simulate", "h100"])
        .args(options)
        .arg("--")
        .arg(program())
        .arg("sizes");
    for (number, size) in commands {
        command.arg(number).arg(size.to_string());
    }
    end(command)
}

/// What each command is answered.
fn answers(ended: &Ended) -> Vec<String> {
    assert_eq!(ended.code(), 0, "{ended:#?}");
    ended.stdout.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn the_newest_drivers_are_served_with_the_sizes_that_were_measured() {
    for (release, column) in [("610.57.04", 1), ("615.71.09", 2), ("620.06.00", 2)] {
        let commands: Vec<_> = MEASURED.iter().map(|(number, sizes)| (*number, sizes[column])).collect();
        let served = run(&["--driver-version", release], &commands);
        assert_eq!(served.stdout.lines().count(), MEASURED.len(), "{served:#?}");
        assert!(answers(&served).iter().all(|answer| answer != WRONG_SIZE), "{release}: {served:#?}");
        assert!(answers(&served).iter().any(|answer| answer == "0"), "{release}: {served:#?}");
    }
    // What was right before is wrong now.
    let older: Vec<_> = MEASURED[..3].iter().map(|(number, sizes)| (*number, sizes[0])).collect();
    assert_eq!(answers(&run(&["--driver-version", "610.57.04"], &older)), [WRONG_SIZE; 3]);
}

#[test]
fn a_driver_that_no_release_is_known_of_is_refused_with_its_relatives_and_what_to_do() {
    let refused = run(&["--driver-version", "615.99.01"], &[("0x20800102", 580)]);
    assert_eq!((refused.code(), refused.stdout.as_str()), (125, ""), "{refused:#?}");
    for words in ["615.78.08", "620.06.00", "`gpu-tools learn 615.99.01`"] {
        assert!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }
}

fn put(directory: &Path, pack: &Pack) {
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = directory.join(format!("{}.toml", pack.release));
    std::fs::write(&path, pack.to_text()).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
}

const INFO_V2: &str = "NV2080_CTRL_CMD_GPU_GET_INFO_V2";

fn pack(release: DriverVersion) -> Pack {
    let mut pack = Pack::unchanged(release, &Abi::compose(Tree::embedded(), version!("595.45.04")).unwrap());
    let entries = &mut pack.tables[Table::Control as usize];
    entries.get_mut(INFO_V2).unwrap().forms[0].size = 612;
    pack
}

#[test]
fn a_release_that_only_a_pack_knows_is_run() {
    let directory = tempfile::tempdir().unwrap();
    put(directory.path(), &pack(version!("615.99.01")));
    let packs = ["--packs", directory.path().to_str().unwrap(), "--driver-version", "615.99.01"];
    let served = run(&packs, &[("0x20800102", 612), ("0x20800102", 580)]);
    let answers = answers(&served);
    assert!(answers[0] != WRONG_SIZE && answers[1] == WRONG_SIZE, "{served:#?}");
    assert!(served.stderr.contains("is proved by a release pack"), "{}", served.stderr);
    // Every other release is as before.
    let other = run(&["--packs", packs[1], "--driver-version", "595.45.04"], &[("0x20800102", 564)]);
    assert_eq!(other.stderr, "", "{other:#?}");
    // What others can write is not used, and the reason is said.
    let path = directory.path().join("615.99.01.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let refused = run(&packs, &[]);
    assert_eq!(refused.code(), 125);
    assert!(refused.stderr.contains("can be written by others"), "{}", refused.stderr);
    let missing = run(&["--packs", "/nonexistent", "--driver-version", "595.45.04"], &[]);
    assert_eq!(missing.code(), 125);
    assert!(missing.stderr.contains("/nonexistent"), "{}", missing.stderr);
}

/// The standard directories serve releases that this build has not proved, and no others.
#[test]
fn a_pack_below_the_users_data_directory_serves_what_is_not_proved() {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("nvproxy/packs");
    std::fs::create_dir_all(&directory).unwrap();
    let resolved = |release: DriverVersion| {
        put(&directory, &pack(release));
        let mut abi = Command::new(nvproxy());
        abi.args(["abi", "--format", "json", "--version", &release.to_string()]).env("XDG_DATA_HOME", home.path());
        let ended = end(abi);
        assert_eq!(ended.code(), 0, "{ended:#?}");
        let document: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        document["resolved"].clone()
    };
    let proved = resolved(version!("595.45.04"));
    assert_eq!((&proved["standing"], proved.get("pack")), (&"proved".into(), None));
    let learnt = resolved(version!("615.99.01"));
    assert_eq!(learnt["standing"], "proved");
    assert_eq!(learnt["pack"], directory.join("615.99.01.toml").to_str().unwrap());
    // The user's programs can write there, so it is no proof to a user who asks for one.
    let strict = ["run", "--simulate", "h100", "--driver-version", "615.99.01", "--only-proved"];
    let mut command = Command::new(nvproxy());
    command.args(strict).args(["--", "true"]).env("XDG_DATA_HOME", home.path());
    let refused = end(command);
    assert_eq!(refused.code(), 125, "{refused:#?}");
    assert!(refused.stderr.contains("no pack that the user's own programs can write"), "{}", refused.stderr);
    let mut command = Command::new(nvproxy());
    command.args(strict).arg("--packs").arg(&directory).args(["--", "true"]);
    assert_eq!(end(command).code(), 0);
}

#[test]
fn a_release_that_only_a_pack_knows_is_compared() {
    let directory = tempfile::tempdir().unwrap();
    put(directory.path(), &pack(version!("615.99.01")));
    let mut diff = Command::new(nvproxy());
    diff.args(["abi", "diff", "595.45.04", "615.99.01", "--packs"]).arg(directory.path());
    let ended = end(diff);
    assert_eq!(ended.code(), 1, "{ended:#?}");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines.iter().any(|line| line.contains("564 -> 612 bytes (+48)")), "{}", ended.stdout);
    assert!(lines.iter().any(|line| line.contains("0 entries added, 0 removed, 1 changed")), "{}", ended.stdout);
}

#[test]
fn an_entry_that_a_pack_leaves_out_is_refused_and_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut pack = pack(version!("615.99.01"));
    pack.tables[Table::Control as usize].get_mut(INFO_V2).unwrap().left_out = Some("for a test".to_owned());
    put(directory.path(), &pack);
    let packs = ["--packs", directory.path().to_str().unwrap(), "--driver-version", "615.99.01"];
    let refused = run(&packs, &[("0x20800102", 612)]);
    assert_eq!(answers(&refused), ["0x56"], "NV_ERR_NOT_SUPPORTED");
    assert!(refused.stderr.contains("leaves out 1 entry"), "{}", refused.stderr);
    let mut abi = Command::new(nvproxy());
    abi.args(["abi", "--version", "615.99.01", "--packs"]).arg(directory.path());
    let told = end(abi).stdout;
    let line = told.lines().find(|line| line.contains(INFO_V2)).unwrap_or_else(|| panic!("{told}"));
    assert!(line.contains("for a test"), "{line}");
}
