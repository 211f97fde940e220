//! Writing a plan, and being killed in the middle.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::repository::{Fixture, HEADER};

/// Releases that come in at once; each is a file and a line.
const RELEASES: u16 = 24;

fn sync(fixture: &Fixture) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpu-tools"));
    command.args(["sync", "--offline", "--repo"]).arg(&fixture.repository);
    command.arg("--releases").arg(&fixture.releases).arg("--catalogue").arg(&fixture.catalogue);
    command.stdout(Stdio::null()).stderr(Stdio::null()).env_remove("NVPROXY_DRIVER_REPO").spawn().expect("it starts")
}

fn names(directory: &Path) -> Vec<PathBuf> {
    fs::read_dir(directory).expect("the catalogue").map(|entry| entry.expect("an entry").path()).collect()
}

fn whole(fixture: &Fixture) -> BTreeMap<PathBuf, String> {
    fixture.files()
}

#[test]
fn a_killed_writer_leaves_whole_files_and_its_work_can_be_done_again() {
    let (fixture, mut last) = Fixture::new();
    for n in 0..RELEASES {
        last = fixture.release("main", Some(last), &format!("515.{}", 100 + n), HEADER);
    }
    let start = whole(&fixture);
    let files = names(&fixture.catalogue).len();
    assert!(sync(&fixture).wait().expect("it ends").success());
    let done = whole(&fixture);
    assert_eq!(done.len(), start.len() + usize::from(RELEASES));
    let back = || {
        for path in names(&fixture.catalogue).iter().filter(|path| !start.contains_key(*path)) {
            fs::remove_file(path).expect("removed");
        }
        fs::write(&fixture.releases, &start[&fixture.releases]).expect("the tree");
    };

    let (mut round, mut in_the_middle) = (0_u64, 0);
    // However slow this machine is, some writers are killed while they write.
    while round < 12 || (in_the_middle < 3 && round < 200) {
        round += 1;
        back();
        let mut writer = sync(&fixture);
        while names(&fixture.catalogue).len() == files && writer.try_wait().expect("a status").is_none() {
            sleep(Duration::from_micros(50));
        }
        sleep(Duration::from_micros(round * 977 % 12_000));
        let _ = writer.kill(); // SIGKILL
        writer.wait().expect("it ends");

        let tree = fixture.tree();
        let ended = tree == done[&fixture.releases];
        assert!(ended || tree == start[&fixture.releases], "round {round}: the tree is neither old nor new");
        let mut named = 0;
        for path in names(&fixture.catalogue) {
            if path.extension().is_some_and(|extension| extension == "txt") {
                assert_eq!(fs::read_to_string(&path).expect("a file"), done[&path], "round {round}: {path:?}");
                named += 1;
            }
        }
        let all = files + usize::from(RELEASES);
        assert!(!ended || named == all, "round {round}: the tree counts on {all} files, {named} are there");
        in_the_middle += usize::from(!ended && names(&fixture.catalogue).len() > files);

        assert!(sync(&fixture).wait().expect("it ends").success(), "round {round}");
        assert_eq!(whole(&fixture), done, "round {round}: done again, it is as if never interrupted");
    }
    assert!(in_the_middle > 0, "no writer was killed in the middle");
}
