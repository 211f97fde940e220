//! `--write`: what is recorded, and that nothing is where it should not be.

use crate::run::{ARCHITECTURES, Releases, checksum, command, end, installer, sum};
use crate::server::{Server, bare, head, whole};
use std::fs;

fn record(server: &Server, releases: &Releases) -> crate::run::Ended {
    end(checksum(&server.url(), &["--retries", "0", "--write", "--releases", releases.argument()]))
}

#[test]
fn what_was_not_known_is_recorded_and_the_rest_stays() {
    let releases = Releases::new(&[]);
    let server = Server::new(|_, request, out| whole(out, &installer(10 + request.target.len())));
    let before = releases.text();
    let ended = record(&server, &releases);
    assert_eq!(ended.status, 0, "{ended:?}");
    let sums: Vec<&str> = ended.stdout.lines().filter_map(|line| line.split(' ').next_back()).collect();
    let entry = |i: usize| format!("{} = {{ sha256 = \"{}\", sources = 1 }}", ARCHITECTURES[i], sums[i]);
    let expected = before.replace(" } # new", &format!(", {}, {} }} # new", entry(0), entry(1)));
    assert_eq!(releases.text(), expected);
    assert_eq!(fs::read_dir(releases.directory.path()).unwrap().count(), 1, "no other file");
    // Again, there is nothing new.
    let again = record(&server, &releases);
    assert_eq!((again.status, releases.text()), (0, expected));
    assert!(again.stderr.contains("nothing new"), "{again:?}");
}

#[test]
fn no_installer_is_recorded_where_the_server_knows_the_release() {
    let releases = Releases::new(&[]);
    let server = Server::new(|_, request, out| match request.target.contains("aarch64") {
        true => bare(out, "404 Not Found"),
        false => whole(out, &installer(10)),
    });
    assert_eq!(record(&server, &releases).status, 1);
    assert!(releases.text().contains("sources = 1 }, aarch64 = \"none\" } # new"), "{}", releases.text());

    let (releases, server) = (Releases::new(&[]), Server::new(|_, _, out| bare(out, "404 Not Found")));
    let before = releases.text();
    assert_eq!(record(&server, &releases).status, 1);
    assert_eq!(releases.text(), before, "perhaps it is not there yet");
}

#[test]
fn what_is_recorded_is_never_overwritten() {
    for installers in [[("x86_64", sum(b"other"))], [("x86_64", "none".to_owned())]] {
        let releases = Releases::new(&installers.each_ref().map(|(arch, sum)| (*arch, sum.as_str())));
        let before = releases.text();
        let server = Server::new(|_, _, out| whole(out, &installer(10)));
        let arguments = ["--arch", "x86_64", "--write", "--releases", releases.argument()];
        let ended = end(checksum(&server.url(), &arguments));
        assert_eq!((ended.status, releases.text()), (1, before), "{ended:?}");
    }
}

#[test]
fn a_failed_download_records_nothing() {
    let releases = Releases::new(&[]);
    let before = releases.text();
    let server = Server::new(|_, _, out| {
        head(out, "200 OK", &[("Content-Length", "100000")])?;
        out.write_all(&installer(50_000))
    });
    assert_eq!((record(&server, &releases).status, releases.text()), (2, before));
    assert_eq!(fs::read_dir(releases.directory.path()).unwrap().count(), 1);
}

#[test]
fn a_release_that_has_no_line_is_not_recorded() {
    let releases = Releases::new(&[]);
    let before = releases.text();
    let server = Server::new(|_, _, out| whole(out, &installer(10)));
    let arguments = ["checksum", "--version", "580.1", "--arch", "x86_64", "--write", "--base-url", &server.url()];
    let ended = end(command(&[&arguments[..], &["--releases", releases.argument()]].concat()));
    assert_eq!((ended.status, releases.text()), (2, before), "{ended:?}");
    assert!(ended.stderr.contains("add it first"), "{ended:?}");
}

#[test]
fn without_a_file_to_edit_nothing_is_downloaded() {
    let server = Server::new(|_, _, out| whole(out, &installer(10)));
    let mut command = checksum(&server.url(), &["--write"]);
    command.current_dir("/");
    let ended = end(command);
    assert_eq!((ended.status, server.requests().len()), (2, 0), "{ended:?}");
    assert!(ended.stderr.contains("--releases"), "{ended:?}");
}
