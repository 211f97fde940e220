//! What was asked for, by kind.

use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Capabilities, Table};
use nvproxy::{Node, Refusal};
use sandbox::trace::{Asked, Ending, Event, Summary, Why};
use std::time::Duration;
use version_tree::version;

fn event(table: Table, number: u32, name: Option<&'static str>, ending: Ending, us: u64) -> Event {
    Event {
        thread: None,
        file: 1,
        node: Node::Control,
        request: 0,
        ioctl: None,
        asked: Asked { table, number, name },
        size: 0,
        fields: Vec::new(),
        more: 0,
        translated: Vec::new(),
        ending,
        took: Some(Duration::from_micros(us)),
    }
}

fn refused(refusal: Refusal, lacking: Option<Capabilities>) -> Ending {
    Ending::Refused(Why { refusal, status: refusal.status(), lacking, known_at: None })
}

fn sum(events: &[Event]) -> Summary {
    let mut summary = Summary::new(&crate::support::abi(version!("535.261.03")));
    for event in events {
        summary.add(event);
    }
    summary
}

const OK: Ending = Ending::Status(Some(NV_STATUS::NV_OK));

#[test]
fn tables_are_sorted_by_what_matters() {
    let summary = sum(&[
        event(Table::Frontend, 0xd2, Some("NV_ESC_CHECK_VERSION_STR"), Ending::Status(None), 5),
        event(Table::Alloc, 0x80, Some("NV01_DEVICE_0"), OK, 1500),
        event(Table::Control, 0x1, Some("NV_SLOW"), OK, 900_000),
        event(Table::Control, 0x1, Some("NV_SLOW"), Ending::Status(Some(NV_STATUS::NV_ERR_NOT_SUPPORTED)), 600_000),
        event(Table::Control, 0x2080_ffff, None, refused(Refusal::NotListed, None), 0),
        event(
            Table::Alloc,
            0xc4b7,
            Some("NVC4B7_VIDEO_ENCODER"),
            refused(Refusal::NoClass, Some(Capabilities::VIDEO)),
            0,
        ),
        event(
            Table::Alloc,
            0xc4b7,
            Some("NVC4B7_VIDEO_ENCODER"),
            refused(Refusal::NoClass, Some(Capabilities::VIDEO)),
            0,
        ),
    ]);
    insta::assert_snapshot!(summary.to_string());
}

#[test]
fn nothing_refused_says_so() {
    assert!(
        sum(&[event(Table::Alloc, 0x80, Some("NV01_DEVICE_0"), OK, 1)]).to_string().contains("nothing was refused")
    );
}

#[test]
fn kinds_are_bounded_and_what_is_beyond_is_counted() {
    let events: Vec<Event> =
        (0..5000).map(|n| event(Table::Control, n, None, refused(Refusal::NotListed, None), 0)).collect();
    let summary = sum(&events);
    assert_eq!(summary.unsupported().len() as u64 + summary.uncounted(), 5000);
    assert!(summary.uncounted() > 0);
}
