//! `validate`.

use crate::run::{Releases, VERSION, command, end, installer, sum};
use crate::server::{Server, bare, whole};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::Duration;

fn validate(server: &Server, releases: &Releases, more: &[&str]) -> crate::run::Ended {
    let url = server.url();
    let arguments = ["validate", "--base-url", &url, "--retries", "0", "--releases", releases.argument()];
    end(command(&[&arguments[..], more].concat()))
}

#[test]
fn the_same_checksums_are_fine() {
    let releases = Releases::new(&[("x86_64", &sum(&installer(1000))), ("aarch64", "none")]);
    let server = Server::new(|_, request, out| match request.target.contains("aarch64") {
        true => bare(out, "404 Not Found"),
        false => whole(out, &installer(1000)),
    });
    let ended = validate(&server, &releases, &["--all"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    let expected = format!(
        "  release    arch     bytes  result\n  {VERSION}  x86_64    1000  agrees\n  {VERSION}  aarch64         agrees\n\
         2 installers: 2 agrees\n"
    );
    assert_eq!(ended.stdout, expected);
}

#[test]
fn a_contradiction_is_found_whatever_fails_beside_it() {
    let releases = Releases::new(&[("x86_64", &sum(b"other")), ("aarch64", &sum(b"another"))]);
    let server = Server::new(|_, request, out| match request.target.contains("aarch64") {
        true => bare(out, "500 Internal Server Error"),
        false => whole(out, &installer(1000)),
    });
    let ended = validate(&server, &releases, &["--version", VERSION]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.stdout.ends_with("2 installers: 1 MISMATCH, 1 failed\n"), "{ended:?}");
    assert!(ended.stdout.contains(&sum(&installer(1000))) && ended.stdout.contains("500 Internal"), "{ended:?}");
}

#[test]
fn what_went_and_what_came_are_contradictions() {
    let releases = Releases::new(&[("x86_64", &sum(b"other")), ("aarch64", "none")]);
    let server = Server::new(|_, request, out| match request.target.contains("aarch64") {
        true => whole(out, &installer(10)),
        false => bare(out, "404 Not Found"),
    });
    let ended = validate(&server, &releases, &["--all", "--format", "json"]);
    let verdicts: Vec<_> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["verdict"].clone())
        .collect();
    assert_eq!((ended.status, verdicts), (1, vec!["gone".into(), "appeared".into()]));
}

#[test]
fn failing_alone_is_not_found_out() {
    let releases = Releases::new(&[("x86_64", &sum(b"other"))]);
    let server = Server::new(|_, _, out| bare(out, "500 Internal Server Error"));
    assert_eq!(validate(&server, &releases, &["--all"]).status, 2);
    let empty = Releases::new(&[]);
    assert_eq!(validate(&server, &empty, &["--all"]).status, 2, "nothing to compare proves nothing");
    let unknown = validate(&server, &releases, &["--version", "1.0"]);
    assert_eq!(unknown.status, 2, "{unknown:?}");
    assert_eq!(validate(&server, &releases, &[]).status, 2, "one of the two is needed");
}

#[test]
fn no_more_than_so_many_at_once() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let server = Server::new(|_, _, out| {
        MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        sleep(Duration::from_millis(5));
        NOW.fetch_sub(1, Ordering::SeqCst);
        bare(out, "404 Not Found")
    });
    let url = server.url();
    let ended = end(command(&["validate", "--all", "--jobs", "3", "--base-url", &url, "--retries", "0"]));
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    assert_eq!(MOST.load(Ordering::SeqCst), 3);
    assert!(server.requests().len() > 600, "{}", server.requests().len());
    assert!(ended.stdout.contains("gone"), "{}", ended.stdout);
}
