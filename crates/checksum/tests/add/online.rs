//! What becomes of checksums when the network has them, has some of them, or fails.

use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::repository::{Fixture, HEADER};
use crate::server::{Server, bare, head, whole};

const BODY: &[u8] = b"#!/bin/sh\n";

fn gpu_tools(fixture: &Fixture, server: &Server, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpu-tools"));
    for name in ["http_proxy", "all_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command.args(arguments).arg("--repo").arg(&fixture.repository).args(["--base-url", &server.url()]);
    command.args(["--retries", "1", "--retry-wait", "0.01", "--timeout", "2"]);
    command.arg("--releases").arg(&fixture.releases).arg("--catalogue").arg(&fixture.catalogue);
    command.env_remove("NVPROXY_DRIVER_REPO").output().expect("it runs")
}

fn report(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// A tree whose root's installers are known, and a release more in the repository.
fn fixture() -> Fixture {
    let (fixture, root) = Fixture::new();
    fixture.write_tree("\"515.43.04\" = { x86_64 = \"none\", aarch64 = \"none\" }\n");
    fixture.release("main", Some(root), "515.48.07", HEADER);
    fixture
}

fn line(fixture: &Fixture, release: &str) -> String {
    let tree = fixture.tree();
    let line = tree.lines().find(|line| line.starts_with(&format!("\"{release}\"")));
    line.unwrap_or_else(|| panic!("{tree}")).to_string()
}

const UNKNOWN: &str = "\"515.48.07\" = { parent = \"515.43.04\" }";

fn is_arm(target: &str) -> bool {
    target.contains("aarch64")
}

/// A server that has the one installer, and does something else when it is asked for the other.
fn lame(fault: impl Fn(&mut dyn std::io::Write) -> std::io::Result<()> + Send + Sync + 'static) -> Server {
    Server::new(move |_, request, out| if is_arm(&request.target) { fault(out) } else { whole(out, BODY) })
}

#[test]
fn both_checksums_are_recorded() {
    let (fixture, server) = (fixture(), Server::new(|_, r, out| whole(out, &[BODY, r.target.as_bytes()].concat())));
    let output = gpu_tools(&fixture, &server, &["add-release", "515.48.07"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(line(&fixture, "515.48.07").matches("sources = 1").count(), 2);
    let asked = server.requests().len();
    assert!(gpu_tools(&fixture, &server, &["sync"]).status.success());
    assert_eq!(server.requests().len(), asked, "what is known is not asked for");
}

#[test]
fn a_fault_is_never_recorded_and_is_told_by_the_status() {
    type Fault = fn(&mut dyn std::io::Write) -> std::io::Result<()>;
    let faults: [Fault; 5] = [
        |out| bare(out, "500 Internal Server Error"),
        |out| bare(out, "403 Forbidden"),
        |_| Ok(()),
        |out| {
            head(out, "200 OK", &[("Content-Length", "1000")])?;
            out.write_all(BODY)
        },
        |out| whole(out, b"<html>@all #12</html>"),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        for arguments in [&["add-release", "515.48.07"][..], &["sync"]] {
            let (fixture, server) = (fixture(), lame(fault));
            let output = gpu_tools(&fixture, &server, arguments);
            assert_eq!(output.status.code(), Some(2), "{number}: {output:?}");
            let line = line(&fixture, "515.48.07");
            assert!(line.contains("x86_64 = { sha256") && !line.contains("aarch64"), "{number}: {line}");
            assert!(report(&output).contains("aarch64: **could not be found out**"), "{number}: {}", report(&output));
        }
    }
}

#[test]
fn no_network_at_all_adds_the_release_and_says_that_it_could_not_find_out() {
    let (fixture, server) = (fixture(), Server::raw(|_, _| Ok(())));
    let output = gpu_tools(&fixture, &server, &["sync"]);
    assert_eq!((output.status.code(), line(&fixture, "515.48.07").as_str()), (Some(2), UNKNOWN), "{output:?}");
    assert!(report(&output).contains("**Not everything could be found out**"), "{}", report(&output));
}

#[test]
fn sync_asks_again_for_what_is_unknown() {
    let (fixture, server) = (fixture(), lame(|out| bare(out, "500 Internal Server Error")));
    gpu_tools(&fixture, &server, &["sync"]);
    // Still so: a finding of its own, although there is nothing new.
    let (still, before) = (gpu_tools(&fixture, &server, &["sync"]), fixture.files());
    assert_eq!((still.status.code(), fixture.files()), (Some(2), before), "{still:?}");
    let server = Server::new(|_, request, out| whole(out, &[BODY, request.target.as_bytes()].concat()));
    let output = gpu_tools(&fixture, &server, &["sync"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(server.requests().iter().all(|request| is_arm(&request.target)), "only what is unknown");
    assert!(line(&fixture, "515.48.07").contains("aarch64 = { sha256"), "{}", fixture.tree());
    assert!(report(&output).contains("Installers of one release are known now."), "{}", report(&output));
}

#[test]
fn that_there_is_none_is_recorded_of_releases_that_had_their_time() {
    let day = 86_400;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs() as i64;
    for (age, recorded) in [(day, false), (29 * day, false), (31 * day, true)] {
        let (fixture, root) = Fixture::new();
        fixture.write_tree("\"515.43.04\" = { x86_64 = \"none\", aarch64 = \"none\" }\n");
        fixture.now.set(now - age);
        fixture.release("main", Some(root), "515.48.07", HEADER);
        let output = gpu_tools(&fixture, &lame(|out| bare(out, "404 Not Found")), &["sync"]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(line(&fixture, "515.48.07").contains("aarch64 = \"none\""), recorded, "{}", fixture.tree());
        assert_eq!(report(&output).contains("it may still come"), !recorded, "{}", report(&output));
    }
}

#[test]
fn a_release_that_nobody_has_yet_stays_unknown() {
    let (fixture, server) = (fixture(), Server::new(|_, _, out| bare(out, "404 Not Found")));
    let output = gpu_tools(&fixture, &server, &["sync"]);
    assert_eq!((output.status.code(), line(&fixture, "515.48.07").as_str()), (Some(0), UNKNOWN), "{output:?}");
    assert!(report(&output).contains("none is published so far"), "{}", report(&output));
}

/// The tree's own knowledge of the other installer says nothing of what this server has.
#[test]
fn a_server_that_has_nothing_at_all_does_not_empty_the_tree() {
    let (fixture, _) = Fixture::new();
    let known = format!("{{ sha256 = \"{}\", sources = 2 }}", "7".repeat(64));
    fixture.write_tree(&format!("\"515.43.04\" = {{ x86_64 = {known} }}\n"));
    let before = fixture.files();
    let output = gpu_tools(&fixture, &Server::new(|_, _, out| bare(out, "404 Not Found")), &["sync"]);
    assert_eq!((output.status.code(), fixture.files()), (Some(0), before), "{output:?}");
}
