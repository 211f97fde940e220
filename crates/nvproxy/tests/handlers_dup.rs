//! `NV_ESC_RM_DUP_OBJECT`: an object of one client in another.

mod support;

use nvproxy::abi::status::NV_STATUS;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use support::*;
use version_tree::version;

const DUP: u32 = 0x34;
const STATUS: usize = 24;
const OBJECT: u32 = 0x5000_0001;
const COPY: u32 = 0x5000_0002;
const OTHER: u32 = 0xc1d0_0002;
const CHANNEL: u32 = 0xc56f;
const VA_SPACE: u32 = 0x90f1;
const PARAMS: u64 = 0x100_0000;

fn fixture() -> Fixture {
    let fixture = Fixture::new(version!("550.54.15"));
    fixture.new_client(OTHER);
    fixture
}

fn dup(fixture: &Fixture, to: u32, handle: u32, from: u32, source: u32) -> u32 {
    word(&fixture.done(CONTROL, DUP, &words(&[to, to, handle, from, source, 0, 0])), STATUS)
}

/// Whether a client of the fixture has an object of a class.
fn knows(fixture: &Fixture, client: u32, object: u32, class: u32) -> bool {
    fixture.proxy.driver().take();
    fixture.done(CONTROL, 0x2a, &words(&[client, object, class << 16 | 0x8001, 0, 0, 0, 0, 0]));
    !fixture.proxy.driver().take().is_empty()
}

fn free(fixture: &Fixture, client: u32, object: u32) {
    assert_eq!(word(&fixture.done(CONTROL, 0x29, &words(&[client, 0, object, 0])), 12), 0);
}

#[test]
fn within_a_client_the_copy_is_another_object_of_the_class() {
    let fixture = fixture();
    let client = fixture.client.0;
    assert_eq!(fixture.alloc(OBJECT, client, 0x2080, 0), 0);
    assert_eq!(dup(&fixture, client, COPY, client, OBJECT), 0);
    assert_eq!(fixture.free(OBJECT), 0);
    assert!(fixture.knows(COPY, 0x2080));
}

#[test]
fn across_clients_the_copy_is_the_other_clients() {
    let fixture = fixture();
    let client = fixture.client.0;
    assert_eq!(fixture.alloc(OBJECT, client, 0x2080, 0), 0);
    fixture.proxy.driver().take();
    assert_eq!(dup(&fixture, OTHER, COPY, client, OBJECT), 0);
    assert_eq!(fixture.proxy.driver().one().argument()[..20], words(&[OTHER, OTHER, COPY, client, OBJECT]));
    assert!(knows(&fixture, OTHER, COPY, 0x2080));
    assert!(!knows(&fixture, client, COPY, 0x2080));
    free(&fixture, client, client);
    assert!(knows(&fixture, OTHER, COPY, 0x2080), "the copy outlives the original");
}

#[test]
fn the_driver_may_choose_the_handle() {
    let fixture = fixture();
    assert_eq!(fixture.alloc(OBJECT, fixture.client.0, 0x2080, 0), 0);
    fixture.proxy.driver().answer(|seen, bytes| {
        let at = seen.argument.clone().unwrap().start + 8;
        bytes[at..at + 4].copy_from_slice(&0xcafe_0001u32.to_le_bytes());
        Ok(0)
    });
    let back = fixture.done(CONTROL, DUP, &words(&[OTHER, OTHER, 0, fixture.client.0, OBJECT, 0, 0]));
    assert_eq!(word(&back, 8), 0xcafe_0001);
    fixture.proxy.driver().answer(|_, _| Ok(0));
    assert!(knows(&fixture, OTHER, 0xcafe_0001, 0x2080));
}

#[test]
fn what_the_driver_refuses_is_not_there() {
    let fixture = fixture();
    assert_eq!(fixture.alloc(OBJECT, fixture.client.0, 0x2080, 0), 0);
    fail(&fixture.proxy, STATUS, NV_STATUS::NV_ERR_INSUFFICIENT_PERMISSIONS.0);
    assert_eq!(dup(&fixture, OTHER, COPY, fixture.client.0, OBJECT), NV_STATUS::NV_ERR_INSUFFICIENT_PERMISSIONS.0);
    fixture.proxy.driver().answer(|_, _| Ok(0));
    assert!(!knows(&fixture, OTHER, COPY, 0x2080));
}

#[test]
fn a_client_that_is_none_is_refused_on_either_side() {
    let fixture = fixture();
    let refused = NV_STATUS::NV_ERR_INVALID_CLIENT.0;
    assert_eq!(dup(&fixture, 0xdead, COPY, fixture.client.0, OBJECT), refused);
    assert_eq!(dup(&fixture, fixture.client.0, COPY, 0xdead, OBJECT), refused);
    // The driver wants the destination to be of the calling file; the source may be of another.
    let back = fixture.done(OTHER_CONTROL, DUP, &words(&[OTHER, OTHER, COPY, fixture.client.0, OBJECT, 0, 0]));
    assert_eq!(word(&back, STATUS), refused);
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_copy_depends_on_the_copies_of_what_the_original_depends_on() {
    let fixture = fixture();
    let client = fixture.client.0;
    assert_eq!(fixture.alloc(7, client, VA_SPACE, 0), 0);
    let row = fixture.proxy.abi().alloc().get(CHANNEL).unwrap();
    let layout = row.handling.shapes()[0].layout;
    let mut params = vec![0; layout.size];
    let at = layout.field("hVASpace").unwrap().offset;
    params[at] = 7;
    fixture.memory.put(PARAMS, &params);
    assert_eq!(fixture.alloc(8, client, CHANNEL, PARAMS), 0);
    assert_eq!(dup(&fixture, OTHER, 17, client, 7), 0);
    assert_eq!(dup(&fixture, OTHER, 18, client, 8), 0);
    free(&fixture, OTHER, 17);
    assert!(!knows(&fixture, OTHER, 18, CHANNEL), "it went with the copy of its address space");
    assert!(knows(&fixture, client, 8, CHANNEL), "the original did not");
    free(&fixture, client, 7);
    assert!(!knows(&fixture, client, 8, CHANNEL));
}

#[test]
fn two_clients_that_copy_from_each_other_never_wait_in_a_circle() {
    let fixture = Arc::new(fixture());
    fixture.proxy.driver().answer(|_, _| {
        std::thread::yield_now();
        Ok(0)
    });
    let (sender, receiver) = mpsc::channel();
    let client = fixture.client.0;
    for (to, from) in [(OTHER, client), (client, OTHER), (client, client)] {
        let (fixture, sender) = (fixture.clone(), sender.clone());
        std::thread::spawn(move || {
            let memory = Memory::new();
            let guest = nvproxy::Guest { memory: &memory, files: &fixture.files };
            let file = fixture.file(CONTROL);
            for handle in 0..2000 {
                memory.put(ARGUMENT, &words(&[to, to, handle % 50 + 1, from, handle % 7 + 1, 0, 0]));
                fixture.proxy.ioctl(&file, request(DUP, 28), ARGUMENT, &guest).unwrap();
                memory.forget();
            }
            sender.send(()).unwrap();
        });
    }
    for _ in 0..3 {
        receiver.recv_timeout(Duration::from_secs(60)).expect("a circle of waiting");
    }
}
