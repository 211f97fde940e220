//! Connections that are cut, and what a server makes of a request for the rest.

use crate::run::{checksum, end, installer, sum};
use crate::server::{Server, head, part};

const ONE: [&str; 2] = ["--arch", "x86_64"];
const LENGTH: usize = 3_000_000;

/// Offsets that differ from run to run; a failing test prints its seed.
fn offsets(seed: u64) -> impl Fn(usize) -> usize + Send + Sync {
    move |number| {
        let mixed = (seed ^ number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
        1 + (mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33) as usize % 700_000
    }
}

fn seed() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64
}

#[test]
fn a_cut_download_goes_on_where_it_was_cut() {
    let seed = seed();
    let offset = offsets(seed);
    let server =
        Server::new(move |number, request, out| part(out, request, &installer(LENGTH), "\"tag\"", offset(number)));
    // Every time it gets further, but not always by a megabyte.
    let ended = end(checksum(&server.url(), &[&ONE[..], &["--retries", "50"]].concat()));
    assert!(ended.stdout.contains(&sum(&installer(LENGTH))), "seed {seed}: {ended:?}");
    let requests = server.requests();
    assert!(requests.len() > 3, "seed {seed}");
    let from: Vec<usize> = requests.iter().skip(1).filter_map(crate::server::Request::from).collect();
    assert_eq!(from.len(), requests.len() - 1, "all but the first ask for the rest");
    assert!(from.is_sorted(), "seed {seed}: {from:?}");
    assert!(requests.iter().skip(1).all(|request| request.headers["if-range"] == "\"tag\""));
}

#[test]
fn a_server_without_ranges_sends_all_of_it_again() {
    let server = Server::new(|number, _, out| {
        head(out, "200 OK", &[("Content-Length", &LENGTH.to_string()), ("ETag", "\"tag\"")])?;
        out.write_all(&installer(LENGTH)[..if number < 3 { 500_000 * (number + 1) } else { LENGTH }])
    });
    let ended = end(checksum(&server.url(), &ONE));
    assert!(ended.stdout.contains(&sum(&installer(LENGTH))), "{ended:?}");
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn cut_for_ever_without_ranges_ends() {
    let seed = seed();
    let offset = offsets(seed);
    let server = Server::new(move |number, _, out| {
        head(out, "200 OK", &[("Content-Length", &LENGTH.to_string()), ("ETag", "\"tag\"")])?;
        out.write_all(&installer(LENGTH)[..offset(number)])
    });
    let ended = end(checksum(&server.url(), &ONE));
    assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "seed {seed}");
    assert!(ended.stderr.contains("cut off after"), "{ended:?}");
}

/// Without an entity tag or a date, the rest may be the rest of something else.
#[test]
fn what_cannot_be_told_apart_is_not_resumed() {
    let server = Server::new(|number, request, out| {
        assert_eq!(request.from(), None);
        head(out, "200 OK", &[("Content-Length", &LENGTH.to_string()), ("ETag", "W/\"weak\"")])?;
        out.write_all(&installer(LENGTH)[..if number == 0 { 1_000_000 } else { LENGTH }])
    });
    let ended = end(checksum(&server.url(), &ONE));
    assert!(ended.stdout.contains(&sum(&installer(LENGTH))), "{ended:?}");
}

#[test]
fn a_file_that_changed_meanwhile_is_read_from_its_beginning() {
    let new = [installer(LENGTH), b"new".to_vec()].concat();
    let expected = sum(&new);
    let server = Server::new(move |number, request, out| match number {
        0 => part(out, request, &installer(LENGTH), "\"old\"", 1_000_000),
        _ => part(out, request, &new, "\"new\"", usize::MAX),
    });
    let ended = end(checksum(&server.url(), &ONE));
    assert!(ended.stdout.contains(&expected), "{ended:?}");
    assert_eq!(server.requests().len(), 2);
}

/// Parts that are not the one asked for: of another file, from another place, of another length, without a range.
#[test]
fn a_wrong_part_is_not_put_behind_what_came() {
    let half = LENGTH / 2;
    let wrong: [(&str, Option<String>); 5] = [
        ("\"other\"", Some(format!("bytes {half}-{}/{LENGTH}", LENGTH - 1))),
        ("\"tag\"", Some(format!("bytes {}-{}/{LENGTH}", half - 1, LENGTH - 2))),
        ("\"tag\"", Some(format!("bytes {half}-{LENGTH}/{}", LENGTH + 1))),
        ("\"tag\"", Some(format!("bytes {half}-{}/*", LENGTH - 1))),
        ("\"tag\"", None),
    ];
    for (tag, range) in wrong {
        let server = Server::new(move |number, request, out| match number {
            0 => part(out, request, &installer(LENGTH), "\"tag\"", half),
            1 => {
                assert_eq!(request.from(), Some(half));
                let length = (LENGTH - half).to_string();
                let mut headers = vec![("Content-Length", length.as_str()), ("ETag", tag)];
                headers.extend(range.as_deref().map(|range| ("Content-Range", range)));
                head(out, "206 Partial Content", &headers)?;
                out.write_all(&vec![0; LENGTH - half])
            }
            _ => {
                assert_eq!(request.from(), None, "from the beginning");
                part(out, request, &installer(LENGTH), "\"tag\"", usize::MAX)
            }
        });
        let ended = end(checksum(&server.url(), &ONE));
        assert!(ended.stdout.contains(&sum(&installer(LENGTH))), "{tag}: {ended:?}");
    }
}

#[test]
fn a_range_that_cannot_be_had_begins_again() {
    let server = Server::new(|number, request, out| match number {
        0 => part(out, request, &installer(LENGTH), "\"tag\"", 1_000_000),
        1 => head(out, "416 Range Not Satisfiable", &[("Content-Length", "0")]),
        _ => part(out, request, &installer(LENGTH), "\"tag\"", usize::MAX),
    });
    let ended = end(checksum(&server.url(), &ONE));
    assert!(ended.stdout.contains(&sum(&installer(LENGTH))), "{ended:?}");
}

#[test]
fn a_part_nobody_asked_for_is_refused() {
    let server = Server::new(|_, _, out| {
        let range = format!("bytes 0-{}/{LENGTH}", LENGTH - 1);
        head(out, "206 Partial Content", &[("Content-Length", &LENGTH.to_string()), ("Content-Range", &range)])?;
        out.write_all(&installer(LENGTH))
    });
    assert_eq!(end(checksum(&server.url(), &ONE)).status, 2);
}

/// What a server says of the rest, by the name of the header.
fn rest(
    out: &mut dyn std::io::Write,
    from: usize,
    body: &[u8],
    validator: Option<(&str, &str)>,
) -> std::io::Result<()> {
    let (length, range) = ((LENGTH - from).to_string(), format!("bytes {from}-{}/{LENGTH}", LENGTH - 1));
    let mut headers = vec![("Content-Length", length.as_str()), ("Content-Range", range.as_str())];
    headers.extend(validator);
    head(out, "206 Partial Content", &headers)?;
    out.write_all(&body[from..])
}

const DATE: (&str, &str) = ("Last-Modified", "Wed, 01 Oct 2025 10:00:00 GMT");

/// Cut once in the middle; the rest comes with `validator`, and is of another file.
fn spliced(first: (&'static str, &'static str), validator: Option<(&'static str, &'static str)>) -> Server {
    Server::new(move |number, request, out| match (number, request.from()) {
        (1, Some(from)) => rest(out, from, &[0; LENGTH], validator),
        (_, None) => {
            head(out, "200 OK", &[("Content-Length", &LENGTH.to_string()), first])?;
            out.write_all(&installer(LENGTH)[..if number == 0 { LENGTH / 2 } else { LENGTH }])
        }
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_part_that_no_longer_says_what_it_is_of_begins_again() {
    let tag = ("ETag", "\"tag\"");
    for (first, validator) in [(tag, None), (tag, Some(("ETag", "W/\"tag\""))), (tag, Some(DATE)), (DATE, None)] {
        let server = spliced(first, validator);
        let ended = end(checksum(&server.url(), &ONE));
        assert!(ended.stdout.contains(&sum(&installer(LENGTH))), "{validator:?}: {ended:?}");
        assert_eq!(server.requests().len(), 3, "{validator:?}");
    }
}

/// Two files of one second have one date.
#[test]
fn what_only_a_date_holds_together_is_downloaded_again_in_one_piece() {
    let server = spliced(DATE, Some(DATE));
    let ended = end(checksum(&server.url(), &ONE));
    assert!(ended.stdout.contains(&sum(&installer(LENGTH))), "{ended:?}");
    let from: Vec<_> = server.requests().iter().map(crate::server::Request::from).collect();
    assert_eq!(from, [None, Some(LENGTH / 2), None]);
}

#[test]
fn what_only_a_date_holds_together_is_believed_if_it_is_what_the_tree_has() {
    let body = installer(LENGTH);
    let releases = crate::run::Releases::new(&[("x86_64", &sum(&body))]);
    let server = Server::new(move |_, request, out| match request.from() {
        Some(from) => rest(out, from, &body, Some(DATE)),
        None => {
            head(out, "200 OK", &[("Content-Length", &LENGTH.to_string()), DATE])?;
            out.write_all(&body[..LENGTH / 2])
        }
    });
    let ended = end(checksum(&server.url(), &[&ONE[..], &["--releases", releases.argument()]].concat()));
    assert_eq!((ended.status, server.requests().len()), (0, 2), "{ended:?}");
}
