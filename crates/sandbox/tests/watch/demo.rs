use crate::{can_run, nvproxy, text};
use std::time::{Duration, Instant};

#[test]
fn the_demonstration_reads_as_it_should() {
    if !can_run("the demonstration") {
        return;
    }
    let started = Instant::now();
    let output = nvproxy(&["demo"]);
    let took = started.elapsed();
    assert_eq!(output.status.code(), Some(0), "{}\n{}", text(&output.stdout), text(&output.stderr));
    let shown = text(&output.stdout);
    assert_eq!(text(&output.stderr), "");
    assert!(shown.lines().count() < 60, "{shown}");
    assert!(!shown.contains('\x1b'), "NO_COLOR is set");
    // A second on a machine that has nothing else to do; tests run on others.
    assert!(took < Duration::from_secs(5), "{took:?}");
    insta::assert_snapshot!(without_descriptors(&shown));
}

/// The guest's descriptors have the numbers that whoever started the test left free.
fn without_descriptors(shown: &str) -> String {
    let mut text = shown.to_owned();
    for before in ["fd = ", "descriptor "] {
        let mut parts = text.split(before);
        let first = parts.next().unwrap_or_default().to_owned();
        text = parts.fold(first, |text, part| {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
            let number = if rest.len() < part.len() { "N" } else { "" };
            text + before + number + rest
        });
    }
    text
}

#[test]
fn colours_are_had_by_asking() {
    if !can_run("colours of the demonstration") {
        return;
    }
    let output = nvproxy(&["demo", "--color", "always"]);
    let shown = text(&output.stdout);
    let guest = shown.lines().find(|line| line.contains("guest")).unwrap();
    let proxy = shown.lines().find(|line| line.contains("allowed")).unwrap();
    assert!(guest.contains('\x1b') && proxy.contains('\x1b'), "{shown}");
}

#[test]
fn the_guest_without_a_proxy_has_nothing_to_talk_to() {
    if std::path::Path::new("/dev/nvidiactl").exists() {
        println!("SKIPPED: the guest without a proxy: this machine has a driver");
        return;
    }
    let output = nvproxy(&["demo-guest", "580.95.05"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/dev/nvidiactl"));
}
