//! Servers that refuse, fail, or say nothing.

use crate::run::{Releases, VERSION, checksum, end, installer, sum};
use crate::server::{Server, bare, head, whole};
use std::io::Write;
use std::net::TcpListener;
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn both_architectures_are_downloaded_and_hashed() {
    let bodies = [installer(300_000), installer(200_001)];
    let sums = [sum(&bodies[0]), sum(&bodies[1])];
    let releases = Releases::new(&[("x86_64", &sums[0]), ("aarch64", &sums[1])]);
    let server =
        Server::new(move |_, request, out| whole(out, &bodies[usize::from(request.target.contains("aarch64"))]));
    let ended = end(checksum(&server.url(), &["--releases", releases.argument()]));
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(ended.stdout, format!("x86_64 {VERSION} {}\naarch64 {VERSION} {}\n", sums[0], sums[1]));
}

#[test]
fn both_architectures_are_downloaded_at_once() {
    let server = Server::new(move |_, _, out| {
        sleep(Duration::from_millis(700));
        whole(out, &installer(1000))
    });
    let begun = Instant::now();
    // The tree has other checksums, so this is a finding.
    assert_eq!(end(checksum(&server.url(), &[])).status, 1);
    assert!(begun.elapsed() < Duration::from_millis(1350), "{:?}", begun.elapsed());
}

#[test]
fn json_is_an_object_per_architecture() {
    let body = installer(5000);
    let expected = sum(&body);
    let server = Server::new(move |_, request, out| match request.target.contains("aarch64") {
        true => bare(out, "404 Not Found"),
        false => whole(out, &body),
    });
    let ended = end(checksum(&server.url(), &["--format", "json"]));
    let lines: Vec<serde_json::Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["arch"], "x86_64");
    assert_eq!(lines[0]["sha256"], expected.as_str());
    assert_eq!(lines[0]["bytes"], 5000);
    assert_eq!(lines[0]["verdict"], "mismatch");
    assert_eq!((&lines[1]["found"], &lines[1]["verdict"]), (&"no installer".into(), &"gone".into()));
    assert_eq!(ended.status, 1);
}

#[test]
fn locations_are_tried_in_order() {
    let server = Server::new(|_, request, out| match request.target.contains("/XFree86/Linux-x86_64/") {
        true => whole(out, &installer(100)),
        false => bare(out, "404 Not Found"),
    });
    let ended = end(checksum(&server.url(), &["--arch", "x86_64"]));
    assert!(ended.stdout.contains(&sum(&installer(100))), "{ended:?}");
    let asked: Vec<String> = server.requests().into_iter().map(|request| request.target).collect();
    let name = format!("NVIDIA-Linux-x86_64-{VERSION}.run");
    assert_eq!(asked, [format!("/tesla/{VERSION}/{name}"), format!("/XFree86/Linux-x86_64/{VERSION}/{name}")]);
}

#[test]
fn absent_everywhere_is_a_finding_and_not_asked_again() {
    let server = Server::new(|_, _, out| bare(out, "404 Not Found"));
    let ended = end(checksum(&server.url(), &[]));
    assert_eq!((ended.status, server.requests().len()), (1, 4), "{ended:?}");
    assert_eq!(ended.stdout, format!("x86_64 {VERSION} no installer\naarch64 {VERSION} no installer\n"));
}

#[test]
fn absent_for_one_architecture_does_not_hide_the_other() {
    let server = Server::new(|_, request, out| match request.target.contains("aarch64") {
        true => bare(out, "404 Not Found"),
        false => whole(out, &installer(100)),
    });
    let ended = end(checksum(&server.url(), &[]));
    assert_eq!(ended.status, 1);
    let expected = format!("x86_64 {VERSION} {}\naarch64 {VERSION} no installer\n", sum(&installer(100)));
    assert_eq!(ended.stdout, expected);
}

#[test]
fn a_failing_server_is_asked_again() {
    for status in ["500 Internal Server Error", "503 Service Unavailable", "429 Too Many Requests"] {
        let server = Server::new(move |number, _, out| match number {
            0 | 1 => bare(out, status),
            _ => whole(out, &installer(100)),
        });
        let ended = end(checksum(&server.url(), &["--arch", "x86_64"]));
        assert!(ended.stdout.contains(&sum(&installer(100))), "{ended:?}");
        assert_eq!(server.requests().len(), 3);
        assert!(ended.stderr.contains("trying again"), "{ended:?}");
    }
}

#[test]
fn a_server_that_only_fails_is_given_up() {
    let server = Server::new(|_, _, out| bare(out, "500 Internal Server Error"));
    let ended = end(checksum(&server.url(), &["--arch", "x86_64", "--retries", "2"]));
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    // Each of two locations, three times.
    assert_eq!(server.requests().len(), 6);
    assert!(ended.stderr.contains("500 Internal Server Error"), "{ended:?}");
}

#[test]
fn one_location_that_fails_makes_absence_uncertain() {
    let server = Server::new(|_, request, out| match request.target.contains("tesla") {
        true => bare(out, "403 Forbidden"),
        false => bare(out, "404 Not Found"),
    });
    let ended = end(checksum(&server.url(), &["--arch", "x86_64"]));
    assert_eq!(ended.status, 2, "{ended:?}");
    assert_eq!(server.requests().len(), 2, "a refusal does not pass");
    assert!(ended.stderr.contains("403 Forbidden"), "{ended:?}");
}

#[test]
fn redirects_are_followed() {
    let server = Server::new(|_, request, out| match request.target.as_str() {
        "/elsewhere" => whole(out, &installer(100)),
        _ => head(out, "302 Found", &[("Location", "/elsewhere"), ("Content-Length", "0")]),
    });
    let ended = end(checksum(&server.url(), &["--arch", "x86_64"]));
    assert!(ended.stdout.contains(&sum(&installer(100))), "{ended:?}");
}

#[test]
fn a_circle_of_redirects_is_left_at_once() {
    let server = Server::new(|_, request, out| {
        head(out, "301 Moved Permanently", &[("Location", &request.target), ("Content-Length", "0")])
    });
    let ended = end(checksum(&server.url(), &["--arch", "x86_64"]));
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("redirected too often"), "{ended:?}");
    assert!(server.requests().len() <= 14, "{}", server.requests().len());
}

#[test]
fn nobody_listening_is_not_found_out() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let ended = end(checksum(&format!("http://127.0.0.1:{port}"), &["--retries", "1"]));
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("no connection"), "{ended:?}");
}

#[test]
fn what_is_no_http_is_not_found_out() {
    let server = Server::raw(|stream, _| stream.write_all(&[0xff; 4096]));
    assert_eq!(end(checksum(&server.url(), &["--retries", "1"])).status, 2);
}

#[test]
fn endless_headers_are_given_up_within_memory() {
    let server = Server::new(|_, _, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            out.write_all(&[b"X-More: "[..].to_vec(), vec![b'a'; 4000], b"\r\n".to_vec()].concat())?;
        }
    });
    let ended = end(checksum(&server.url(), &["--retries", "0", "--timeout", "5"]));
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(ended.memory < 40 << 10, "{} KiB", ended.memory);
}

#[test]
fn silence_is_given_up() {
    let server = Server::new(|_, _, _| {
        sleep(Duration::from_secs(60));
        Ok(())
    });
    let begun = Instant::now();
    let ended = end(checksum(&server.url(), &["--timeout", "0.3", "--retries", "1"]));
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("no answer in time"), "{ended:?}");
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_body_that_stops_coming_is_given_up() {
    let server = Server::new(|_, _, out| {
        head(out, "200 OK", &[("Content-Length", "100000")])?;
        out.write_all(&installer(50_000))?;
        sleep(Duration::from_secs(60));
        Ok(())
    });
    let ended = end(checksum(&server.url(), &["--timeout", "0.3", "--retries", "1"]));
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("bytes came in 300ms"), "{ended:?}");
}

#[test]
fn a_trickle_is_given_up() {
    let server = Server::new(|_, _, out| {
        head(out, "200 OK", &[("Content-Length", "100000")])?;
        for byte in installer(100_000) {
            out.write_all(&[byte])?;
            sleep(Duration::from_millis(50));
        }
        Ok(())
    });
    let ended = end(checksum(&server.url(), &["--timeout", "0.5", "--retries", "0"]));
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("bytes came in 500ms"), "{ended:?}");
}

#[test]
fn slow_but_steady_is_waited_for() {
    let server = Server::new(|_, _, out| {
        head(out, "200 OK", &[("Content-Length", "100000")])?;
        for piece in installer(100_000).chunks(8000) {
            out.write_all(piece)?;
            sleep(Duration::from_millis(150));
        }
        Ok(())
    });
    let begun = Instant::now();
    let ended = end(checksum(&server.url(), &["--arch", "x86_64", "--timeout", "1", "--retries", "0"]));
    assert!(ended.stdout.contains(&sum(&installer(100_000))), "{ended:?}");
    assert!(begun.elapsed() > Duration::from_secs(1), "longer than the limit for silence");
}

/// Always a little, as much as no stall has, and never the end.
#[test]
fn what_comes_steadily_for_ever_is_given_up() {
    let server = Server::new(|_, _, out| {
        head(out, "200 OK", &[("Content-Length", "1000000000")])?;
        let body = installer(100_000);
        loop {
            out.write_all(&body)?;
            sleep(Duration::from_millis(20));
        }
    });
    let begun = Instant::now();
    let ended = end(checksum(&server.url(), &["--timeout", "5", "--deadline", "1.5"]));
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("not all of it came in 1.5s"), "{ended:?}");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    assert_eq!(server.requests().len(), 2, "once for each architecture");
}

/// A thread that is gone would be one answer less, and nobody would miss it.
#[test]
fn a_fault_of_our_own_is_an_answer_too() {
    struct Faulty;
    impl checksum::fetch::Progress for Faulty {
        fn at(&self, _: u64, _: Option<u64>) {
            panic!("on purpose");
        }
        fn retrying(&self, _: &checksum::fetch::Fault) {}
    }
    let server = Server::new(|_, _, out| whole(out, &installer(1000)));
    let fetcher = checksum::fetch::Fetcher::new(&server.url(), checksum::fetch::Limits::default()).unwrap();
    let found = fetcher.fetch(VERSION.parse().unwrap(), version_tree::Architecture::X86_64, None, &mut (), &Faulty);
    assert!(matches!(found, Err(checksum::fetch::Fault::Panicked)), "{found:?}");
}
