//! Bodies of another length than they should have, and bodies of something else.

use crate::run::{Releases, checksum, end, installer, sum};
use crate::server::{Server, head, whole};

const ONE: [&str; 4] = ["--arch", "x86_64", "--retries", "1"];

#[test]
fn a_body_shorter_than_announced_is_not_hashed() {
    let server = Server::new(|_, _, out| {
        head(out, "200 OK", &[("Content-Length", "100001")])?;
        out.write_all(&installer(100_000))
    });
    let ended = end(checksum(&server.url(), &ONE));
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
    assert!(ended.stderr.contains("cut off after 100000 bytes of 100001"), "{ended:?}");
}

#[test]
fn a_body_longer_than_announced_is_a_mismatch() {
    let body = installer(100_000);
    let releases = Releases::new(&[("x86_64", &sum(&body))]);
    let server = Server::new(move |_, _, out| {
        head(out, "200 OK", &[("Content-Length", "99999")])?;
        out.write_all(&body)
    });
    let ended = end(checksum(&server.url(), &[&ONE[..], &["--releases", releases.argument()]].concat()));
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.stdout.contains(&sum(&installer(99_999))));
}

#[test]
fn chunks_have_an_end_of_their_own() {
    let chunked = |end: &'static [u8]| {
        Server::new(move |_, _, out| {
            head(out, "200 OK", &[("Transfer-Encoding", "chunked")])?;
            for chunk in installer(100_000).chunks(1000) {
                write!(out, "{:x}\r\n", chunk.len())?;
                out.write_all(chunk)?;
                out.write_all(b"\r\n")?;
            }
            out.write_all(end)
        })
    };
    let ended = end(checksum(&chunked(b"0\r\n\r\n").url(), &ONE));
    assert!(ended.stdout.contains(&sum(&installer(100_000))), "{ended:?}");
    let ended = end(checksum(&chunked(b"").url(), &ONE));
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
}

#[test]
fn a_body_whose_end_cannot_be_told_is_not_hashed() {
    let server = Server::new(|_, _, out| {
        head(out, "200 OK", &[])?;
        out.write_all(&installer(1000))
    });
    let ended = end(checksum(&server.url(), &ONE));
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("does not say how long"), "{ended:?}");
}

/// Only chunks have an end; with any other coding last, or one around them, what comes is not known to be the file.
#[test]
fn a_body_in_an_encoding_that_has_no_end_is_not_hashed() {
    for encodings in [&["gzip"][..], &["identity"], &["chunked, gzip"], &["chunked", "identity"], &["gzip, chunked"]] {
        let server = Server::new(move |_, _, out| {
            let headers: Vec<_> = encodings.iter().map(|encoding| ("Transfer-Encoding", *encoding)).collect();
            head(out, "200 OK", &headers)?;
            match encodings.last() {
                Some(&"gzip, chunked") => out.write_all(b"a\r\n#!/bin/sh\n\r\n0\r\n\r\n"),
                _ => out.write_all(&installer(1000)),
            }
        });
        let ended = end(checksum(&server.url(), &ONE));
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{encodings:?}: {ended:?}");
    }
}

#[test]
fn a_body_announced_longer_than_any_installer_is_not_read() {
    let server = Server::new(|_, _, out| head(out, "200 OK", &[("Content-Length", "99999999999")]));
    let ended = end(checksum(&server.url(), &ONE));
    assert_eq!((ended.status, server.requests().len()), (2, 2), "both locations, once: {ended:?}");
    assert!(ended.stderr.contains("more than 2147483648 bytes"), "{ended:?}");
}

#[test]
fn a_body_that_never_ends_is_left_within_memory() {
    let server = Server::new(|_, _, out| {
        head(out, "200 OK", &[("Transfer-Encoding", "chunked")])?;
        let mut piece = installer(1 << 20);
        loop {
            write!(out, "{:x}\r\n", piece.len())?;
            out.write_all(&piece)?;
            out.write_all(b"\r\n")?;
            piece[0] = b'#';
        }
    });
    let ended = end(checksum(&server.url(), &[&ONE[..], &["--largest", "100000000"]].concat()));
    assert_eq!((ended.status, server.requests().len()), (2, 2), "{ended:?}");
    assert!(ended.stderr.contains("more than 100000000 bytes"), "{ended:?}");
    assert!(ended.memory < 32 << 10, "{} KiB", ended.memory);
}

#[test]
fn a_page_of_a_portal_is_no_installer() {
    for page in ["<!DOCTYPE html><title>Log in</title>", "#", ""] {
        let server = Server::new(move |_, _, out| whole(out, page.as_bytes()));
        let ended = end(checksum(&server.url(), &ONE));
        assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{ended:?}");
        assert!(ended.stderr.contains("no installer: it does not begin with #!"), "{ended:?}");
    }
}

#[test]
fn a_bad_base_is_said_to_be_one() {
    for base in ["us.download.nvidia.com", "ftp://us.download.nvidia.com", "file:///etc", ""] {
        let ended = end(checksum(base, &ONE));
        assert_eq!(ended.status, 2, "{base}");
        assert!(ended.stderr.contains("is not the URL of a server"), "{ended:?}");
    }
}
