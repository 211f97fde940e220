//! What is written down for playback, and what is not.

use crate::decode::Page;
use crate::support::{ByHand, CONTROL, Driver, Fixture, abi, words};
use nvproxy::abi::numbers::*;
use nvproxy::{Node, Options};
use rm_sim::trace::{Header, LentValue, Record};
use sandbox::trace::{Recorder, Tracer, Watcher};
use std::collections::BTreeSet;
use version_tree::version;

/// What a tracer that is told of these calls writes down.
fn recorded(page: &Page) -> (Header, Vec<Record>) {
    let text = page.text();
    let mut lines = text.lines();
    let header = serde_json::from_str(lines.next().unwrap()).unwrap();
    (header, lines.map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn tracer(page: &Page) -> Tracer {
    let abi = abi(version!("580.95.05"));
    let recorder = Recorder::new(&abi, BTreeSet::from([0, 1]), Box::new(page.clone())).unwrap();
    Tracer::new(&abi).recording(recorder)
}

#[test]
fn the_header_says_of_which_driver() {
    let page = Page::default();
    tracer(&page).finish().unwrap();
    let (header, records) = recorded(&page);
    assert_eq!((header.schema_version, &*header.driver, &header.gpus[..]), (1, "580.95.05", &[0, 1][..]));
    assert_eq!(records, []);
}

#[test]
fn a_call_is_written_as_the_driver_had_it() {
    let page = Page::default();
    let tracer = tracer(&page);
    let outer = words(&[0xc1d0_0001, 1, 2, 0, 0x7000, 0, 4, 0]);
    let call = ByHand::new(Node::Device(0), NV_ESC_RM_CONTROL, &outer).pointing(16, &[1, 2, 3, 4]).writes(32, &[9]);
    tracer.called(&call.called());
    let (_, records) = recorded(&page);
    let [record] = &records[..] else { panic!("{records:#?}") };
    assert_eq!((record.file, &*record.node, record.argument), (1, "/dev/nvidia0", Some((0, 32))));
    assert!(record.before.0.ends_with(&[1, 2, 3, 4]), "{record:#?}");
    assert!(record.after.as_ref().unwrap().0.ends_with(&[9, 2, 3, 4]), "{record:#?}");
    assert_eq!(record.lent[0].value, LentValue::Bytes(32, 36));
    assert_eq!((record.result, record.ns), (0, 12_000));
}

#[test]
fn memory_that_only_passes_through_is_left_out() {
    let page = Page::default();
    let tracer = tracer(&page);
    let abi = abi(version!("580.95.05"));
    let layout = abi.control().get(NV83DE_CTRL_CMD_DEBUG_READ_MEMORY).unwrap().handling.shapes()[0].layout;
    let buffer = layout.field("buffer").unwrap().offset;
    let params = vec![0x11; layout.size];
    let outer = words(&[1, 1, NV83DE_CTRL_CMD_DEBUG_READ_MEMORY, 0, 0x7000, 0, layout.size as u32, 0]);
    let call = ByHand::new(Node::Control, NV_ESC_RM_CONTROL, &outer)
        .pointing(16, &params)
        .pointing(32 + buffer, &[0x55; 64])
        .writes(32 + layout.size, &[0x66; 64]);
    tracer.called(&call.called());
    let text = page.text();
    assert!(!text.contains("5555") && !text.contains("6666"), "{text}");
    assert!(text.contains("1111"), "parameters are there: {text}");
}

#[test]
fn files_have_numbers_of_the_trace_s_own() {
    let page = Page::default();
    let abi = abi(version!("580.95.05"));
    let recorder = Recorder::new(&abi, BTreeSet::new(), Box::new(page.clone())).unwrap();
    let tracer = Tracer::new(&abi).recording(recorder);
    let fixture = Fixture::new(abi, Driver(Box::new(|_, _| Ok(0))), tracer, Options::default());
    fixture.ioctl(crate::support::DEVICE, NV_ESC_REGISTER_FD, &words(&[CONTROL as u32])).unwrap();
    let (_, records) = recorded(&page);
    assert_eq!(records[0].file, 1);
    assert_eq!(records[0].lent[0].value, LentValue::File(2));
}
