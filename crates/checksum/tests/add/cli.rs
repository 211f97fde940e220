//! The commands themselves: what they print, write and end with.

use std::path::Path;
use std::process::{Command, Output};

use crate::repository::{Fixture, HEADER};

fn gpu_tools(fixture: &Fixture, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpu-tools"));
    command.args(arguments).args(["--offline", "--repo"]).arg(&fixture.repository);
    command.arg("--releases").arg(&fixture.releases).arg("--catalogue").arg(&fixture.catalogue);
    command.env_remove("NVPROXY_DRIVER_REPO").output().expect("it runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[test]
fn add_release_changes_nothing_in_a_dry_run_and_says_what_it_would_do() {
    let (fixture, root) = Fixture::new();
    fixture.release("main", Some(root), "515.48.07", HEADER);
    let before = fixture.files();
    let output = gpu_tools(&fixture, &["add-release", "515.48.07", "--dry-run"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(stdout(&output).contains("- **515.48.07** under **515.43.04**"), "{}", stdout(&output));
    assert_eq!(fixture.files(), before);
}

#[test]
fn the_report_goes_where_it_is_asked_for() {
    let (fixture, root) = Fixture::new();
    fixture.release("main", Some(root), "515.48.07", HEADER);
    let report = fixture.catalogue.with_file_name("report.md");
    let output = gpu_tools(&fixture, &["sync", "--report", report.to_str().expect("text")]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), ""), "{output:?}");
    assert!(std::fs::read_to_string(report).expect("a report").starts_with("# Driver releases: one came in\n"));
    assert!(fixture.tree().contains("515.48.07"));
    let again = gpu_tools(&fixture, &["sync"]);
    assert!(again.status.success() && stdout(&again).contains("Nothing to do"), "{again:?}");
}

#[test]
fn statuses_tell_a_finding_from_what_could_not_be_done() {
    let (fixture, root) = Fixture::new();
    let release = fixture.release("main", Some(root), "515.100", HEADER);
    fixture.tag("515.100.00", release);
    let doubt = gpu_tools(&fixture, &["add-release", "515.100"]);
    assert_eq!(doubt.status.code(), Some(1), "{doubt:?}");
    assert!(stdout(&doubt).contains("515.100 has two tags"), "{doubt:?}");
    for missing in ["999.10", "515.100; reboot", "../../x"] {
        let output = gpu_tools(&fixture, &["add-release", missing]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
    std::fs::remove_dir_all(&fixture.repository).expect("removed");
    let output = gpu_tools(&fixture, &["sync"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("no git repository"), "{output:?}");
    assert!(Path::new(&fixture.releases).exists());
}
