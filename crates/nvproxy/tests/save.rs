//! A sandbox that is saved, and made again.

mod model;
mod support;

use model::*;
use nix::errno::Errno;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::save::{Damage, Obstacle, RestoreError, SaveError, Saved, Snapshot, Subject, Why, WhyNot};
use nvproxy::{EventKeys, Node, Options, Outcome};
use proptest::prelude::*;
use std::collections::BTreeMap;
use support::*;
use version_tree::{DriverVersion, version};

const RELEASES: [&str; 6] = ["515.43.04", "535.43.02", "550.54.15", "570.86.15", "580.65.06", "610.43.02"];
const PARAMS: u64 = 0x100_0000;
const DEVICE_0: u32 = 0x80;
const VA_SPACE: u32 = 0x90f1;
const CHANNEL: u32 = 0xc56f;
const OS_EVENT: u32 = 0x79;

fn release() -> DriverVersion {
    version!("550.54.15")
}

/// Makes an object of a class, with these numbers in its parameters.
fn alloc(fixture: &Fixture, parent: u32, handle: u32, class: u32, set: &[(&str, u32)]) -> u32 {
    let row = fixture.proxy.abi().alloc().get(class).unwrap();
    let layout = row.handling.shapes()[0].layout;
    let mut params = vec![0; layout.size];
    for (name, value) in set {
        let at = layout.field(name).unwrap().offset;
        params[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    fixture.memory.put(PARAMS, &params);
    let class = if class == OS_EVENT { 5 } else { class };
    let argument = words(&[fixture.client.0, parent, handle, class, PARAMS as u32, 0, 0, 0]);
    let back = fixture.done(CONTROL, RM_ALLOC, &argument);
    let status = word(&back, 28) | word(&back, 24) & !0xffff;
    assert_eq!(status, 0, "{handle:#x} of class {class:#x}");
    word(&back, 8)
}

fn dup(fixture: &Fixture, to: u32, parent: u32, handle: u32, from: u32, source: u32) {
    let back = fixture.done(CONTROL, DUP, &words(&[to, parent, handle, from, source, 0, 0]));
    assert_eq!(word(&back, 24), 0);
}

fn map(fixture: &Fixture, device: u32, memory: u32, target: i32) -> u64 {
    let mut argument = words(&[fixture.client.0, device, memory, 0, 0, 0, 0x2000, 0, 0, 0, 0, 0, 0, 0]);
    argument[48..52].copy_from_slice(&target.to_le_bytes());
    let back = fixture.done(CONTROL, MAP_MEMORY, &argument);
    assert_eq!(word(&back, 40), 0);
    long(&back, 32)
}

/// A guest with one of everything.
fn populate(fixture: &Fixture) {
    let client = fixture.client.0;
    fixture.done(DEVICE, 0xc9, &words(&[CONTROL as u32]));
    fixture.done(OTHER_CONTROL, 0xd4, &words(&[CARDS[0].id, 0]));
    fixture.done(CONTROL, 0xce, &words(&[client, 0, DEVICE as u32, 0]));
    let device = alloc(fixture, client, 0x5c00_0001, DEVICE_0, &[("deviceId", 0)]);
    let subdevice = alloc(fixture, device, 0x5c00_0002, 0x2080, &[]);
    let space = alloc(fixture, device, 0, VA_SPACE, &[]);
    let mut heap = vec![0; 184];
    heap[..12].copy_from_slice(&words(&[client, device, 2]));
    let memory = word(&fixture.done(CONTROL, VID_HEAP, &heap), 44);
    let channel = alloc(fixture, device, 0x5c00_0003, CHANNEL, &[("hVASpace", space)]);
    let event = [("hParentClient", client), ("hClass", OS_EVENT), ("data", DEVICE as u32)];
    alloc(fixture, subdevice, 0x5c00_0004, OS_EVENT, &event);
    let dma = words(&[client, 0, 0x5c00_0005, 2, 0, 0, memory, 0, 0, 0, 0x1000, 0, 0, 0]);
    assert_eq!(word(&fixture.done(CONTROL, CONTEXT_DMA, &dma), 48), 0);
    // System memory that comes with a mapping of the other control file.
    let mut system = words(&[client, device, 0x5c00_0006, 0x3e, 0, 0, 0, 0, 0xfff, 0, 0, 0, 0, 0]);
    system[48..52].copy_from_slice(&OTHER_CONTROL.to_le_bytes());
    assert_eq!(word(&fixture.done(CONTROL, ALLOC_MEMORY, &system), 40), 0);
    let other = root(fixture, CONTROL);
    dup(fixture, other, other, 7, client, space);
    dup(fixture, other, 7, 8, client, channel);
    let address = map(fixture, device, memory, DEVICE);
    let (old, new) = (address as u32, (address >> 32) as u32);
    fixture.done(CONTROL, UPDATE_MAPPING, &words(&[client, device, memory, 0, old, new, 0x7000, 0x7f12, 0, 0]));
}

fn save(fixture: &Fixture) -> Saved {
    fixture.proxy.save(&fixture.sandbox).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn what_is_made_again_is_what_was_saved() {
    for release in RELEASES.map(|text| text.parse().unwrap()) {
        for events in [EventKeys::Host, EventKeys::Guest] {
            let (proxy, before) = host(release, &CARDS);
            let fixture = guest(&proxy, Options { events, ..options() });
            populate(&fixture);
            let saved = save(&fixture);
            assert_eq!((saved.snapshot.clients.len(), saved.snapshot.objects.len()), (2, 10), "{release}");
            assert_eq!(saved.snapshot.gpus.len(), 1, "the other GPU is not used");

            let text = serde_json::to_string(&saved.snapshot).unwrap();
            let read: Snapshot = serde_json::from_str(&text).unwrap();
            assert_eq!(read, saved.snapshot);

            let (proxy, after) = host(release, &CARDS);
            let made = proxy.restore(&read, Options { events, ..options() }, &BTreeMap::new()).unwrap();
            assert_eq!(after.lock().unwrap().clients, before.lock().unwrap().clients, "{release}");
            assert_eq!(after.lock().unwrap().mappings, [0x7f12_0000_7000], "as the guest calls it");
            let restored = again(&proxy, &fixture, &saved, made);
            for number in [CONTROL, DEVICE, OTHER_CONTROL] {
                assert_eq!(restored.file(number).file.mapping(), fixture.file(number).file.mapping());
            }
            assert_eq!(save(&restored).snapshot, saved.snapshot, "{release}");
            // The guest goes on with it.
            assert_eq!(restored.free(restored.client.0), 0);
            assert_eq!(after.lock().unwrap().clients.len(), 1);
        }
    }
}

#[test]
fn everything_is_made_in_the_order_in_which_it_was_made() {
    let (proxy, before) = host(release(), &CARDS);
    let fixture = guest(&proxy, options());
    populate(&fixture);
    let saved = save(&fixture);
    let (proxy, after) = host(release(), &CARDS);
    proxy.restore(&saved.snapshot, options(), &BTreeMap::new()).unwrap();
    let order = |model: &Model| {
        let objects: Vec<_> = model.made.iter().filter(|(client, handle)| client != handle).copied().collect();
        objects.into_iter().filter(|(client, _)| model.clients.contains_key(client)).collect::<Vec<_>>()
    };
    assert_eq!(order(&after.lock().unwrap()), order(&before.lock().unwrap()));
    // Events, and descriptors in parameters, are again those of the guest's files.
    let seen = proxy.driver().take();
    let event = seen.iter().find(|seen| seen.request & 0xff == 0xce).unwrap();
    let files: Vec<_> = seen.iter().filter(|seen| seen.request & 0xff == 0xc9).collect();
    assert_eq!(files.len(), 1);
    assert_eq!(word(event.argument(), 8) as i32, files[0].file.number, "the GPU's file, as it is open now");
}

#[test]
fn a_sandbox_must_have_been_made_to_be_saved() {
    let (proxy, _) = host(release(), &CARDS);
    let fixture = guest(&proxy, Options { saveable: false, ..options() });
    assert_eq!(proxy.save(&fixture.sandbox).unwrap_err(), SaveError::NotSaveable);
}

#[test]
fn a_driver_that_does_not_answer_is_told() {
    let (proxy, model) = host(release(), &CARDS);
    let fixture = guest(&proxy, options());
    model.lock().unwrap().fail = Some((CARD_INFO, 0));
    assert_eq!(proxy.save(&fixture.sandbox).unwrap_err(), SaveError::Driver(Errno::EIO));
    let snapshot = {
        model.lock().unwrap().fail = None;
        save(&fixture).snapshot
    };
    let (proxy, model) = host(release(), &CARDS);
    model.lock().unwrap().fail = Some((CARD_INFO, 0));
    assert_eq!(restore(&proxy, &snapshot), Err(RestoreError::Driver(Errno::EIO)));
}

fn obstacles(fixture: &Fixture) -> Vec<Obstacle> {
    match fixture.proxy.save(&fixture.sandbox) {
        Err(SaveError::Obstacles(obstacles)) => obstacles,
        other => panic!("{other:?}"),
    }
}

/// A guest with a device, and the handle of it.
fn with_device() -> (Fixture, u32) {
    let (proxy, _) = host(release(), &CARDS);
    let fixture = guest(&proxy, options());
    let device = alloc(&fixture, fixture.client.0, 0x5c00_0001, DEVICE_0, &[]);
    (fixture, device)
}

#[test]
fn memory_of_the_guest_is_named() {
    let (fixture, device) = with_device();
    let counter = std::sync::Arc::default();
    let loan = Loan(0x7777_0000, counter);
    *fixture.memory.lending.lock().unwrap() = Some(Ok(nvproxy::Lending::Mapped(Box::new(loan))));
    let argument = words(&[fixture.client.0, device, 9, 0x71, 0, 0, 0x1000, 0, 0xfff, 0, 0, 0, 0, 0]);
    fixture.done(CONTROL, ALLOC_MEMORY, &argument);
    *fixture.memory.lending.lock().unwrap() = Some(Ok(nvproxy::Lending::Native));
    let argument = words(&[fixture.client.0, device, 10, 0x71, 0, 0, 0x1000, 0, 0xfff, 0, 0, 0, 0, 0]);
    assert_eq!(fixture.call(CONTROL, ALLOC_MEMORY, &argument), Ok(Outcome::Native));
    let client = fixture.client.0;
    let object = |handle| Subject::Object { client, handle, class: 0x71 };
    let mut found = obstacles(&fixture);
    found.sort_by_key(|obstacle| format!("{obstacle:?}"));
    let expected =
        [Obstacle { subject: object(10), why: Why::Unknown }, Obstacle { subject: object(9), why: Why::GuestMemory }];
    assert_eq!(found, expected);
    let text = SaveError::Obstacles(found).to_string();
    assert!(text.contains("0x9 of client") && text.contains("it is memory of the guest"), "{text}");
    // Without them it can be saved.
    assert_eq!((fixture.free(9), fixture.free(10)), (0, 0));
    save(&fixture);
}

#[test]
fn duplicates_of_what_is_gone_are_named() {
    let (fixture, device) = with_device();
    let client = fixture.client.0;
    for reused in [false, true] {
        alloc(&fixture, device, 20, VA_SPACE, &[]);
        dup(&fixture, client, device, 21, client, 20);
        save(&fixture);
        assert_eq!(fixture.free(20), 0);
        if reused {
            // Another object under the same handle is another object.
            alloc(&fixture, device, 20, VA_SPACE, &[]);
        }
        let subject = Subject::Object { client, handle: 21, class: VA_SPACE };
        assert_eq!(obstacles(&fixture), [Obstacle { subject, why: Why::SourceGone }]);
        fixture.free(20);
        fixture.free(21);
    }
}

#[test]
fn what_calls_cannot_do_again_is_named() {
    let (fixture, device) = with_device();
    let client = fixture.client.0;
    alloc(&fixture, device, 20, VA_SPACE, &[]);
    let subject = Subject::Object { client, handle: 20, class: VA_SPACE };
    fixture.done(CONTROL, 0x35, &words(&[client, 20, 0, 0, 0, 0]));
    assert_eq!(obstacles(&fixture), [Obstacle { subject, why: Why::State("NV_ESC_RM_SHARE") }]);
    fixture.free(20);
    alloc(&fixture, device, 20, VA_SPACE, &[]);
    fixture.done(CONTROL, 0x57, &words(&[client, device, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    assert_eq!(obstacles(&fixture), [Obstacle { subject, why: Why::State("NV_ESC_RM_MAP_MEMORY_DMA") }]);
    fixture.free(20);
    save(&fixture);
    // An object that was exported to a file: it lives there, and in the client that did that.
    let row = fixture.proxy.abi().control().get(0x3d05).unwrap();
    let layout = row.handling.shapes()[0].layout;
    let mut params = vec![0; layout.size];
    let fd = layout.field("fd").unwrap().offset;
    params[fd..fd + 4].copy_from_slice(&OTHER_CONTROL.to_le_bytes());
    fixture.memory.put(PARAMS, &params);
    assert_eq!(fixture.control(client, 0x3d05, PARAMS, params.len() as u32), Ok(0));
    let why = Why::State("NV0000_CTRL_CMD_OS_UNIX_EXPORT_OBJECT_TO_FD");
    let named = [Subject::Client(client), Subject::File(Node::Control)].map(|subject| Obstacle { subject, why });
    assert_eq!(obstacles(&fixture), named);
}

#[test]
fn files_that_hold_more_than_calls_do_are_named() {
    let (proxy, _) = host(release(), &CARDS);
    let fixture = guest(&proxy, options());
    let uvm = proxy.open(&fixture.sandbox, Node::Uvm).unwrap();
    fixture.files.put(UVM, &uvm);
    save(&fixture);
    fixture.memory.put(ARGUMENT, &[0; 16]);
    fixture.ioctl(UVM, 0x3000_0001, ARGUMENT).unwrap();
    let why = Why::State("UVM_INITIALIZE");
    assert_eq!(obstacles(&fixture), [Obstacle { subject: Subject::File(Node::Uvm), why }]);
    fixture.files.open.lock().unwrap().remove(&UVM);
    drop(uvm);
    save(&fixture);
    let buffer = proxy.open(&fixture.sandbox, Node::DmaBuf).unwrap();
    assert_eq!(obstacles(&fixture), [Obstacle { subject: Subject::File(Node::DmaBuf), why: Why::DmaBuf }]);
    drop(buffer);
}

#[test]
fn a_file_that_maps_what_is_gone_is_named() {
    let (fixture, device) = with_device();
    alloc(&fixture, device, 20, VA_SPACE, &[]);
    let address = map(&fixture, device, 20, DEVICE);
    save(&fixture);
    let (low, high) = (address as u32, (address >> 32) as u32);
    fixture.done(CONTROL, UNMAP_MEMORY, &words(&[fixture.client.0, device, 20, 0, low, high, 0, 0]));
    let saved = save(&fixture);
    assert_eq!(saved.snapshot.files[1].mapping.as_ref().unwrap().address, None, "unmapped, but prepared");
    let (proxy, model) = host(release(), &CARDS);
    let made = proxy.restore(&saved.snapshot, options(), &BTreeMap::new()).unwrap();
    assert!(model.lock().unwrap().mappings.is_empty());
    assert_eq!(save(&again(&proxy, &fixture, &saved, made)).snapshot, saved.snapshot);
    assert_eq!(fixture.free(20), 0);
    let subject = Subject::File(Node::Device(0));
    assert_eq!(obstacles(&fixture), [Obstacle { subject, why: Why::MappedGone }]);
}

#[test]
fn a_gpu_that_the_driver_does_not_tell_of_is_named() {
    let (fixture, device) = with_device();
    let client = fixture.client.0;
    assert_eq!(fixture.free(device), 0);
    alloc(&fixture, client, 0x5c00_0001, DEVICE_0, &[("deviceId", 5)]);
    let subject = Subject::Object { client, handle: 0x5c00_0001, class: DEVICE_0 };
    assert_eq!(obstacles(&fixture), [Obstacle { subject, why: Why::Gpu }]);
}

#[test]
fn freed_events_and_those_of_freed_clients_are_not_made_again() {
    let (proxy, model) = host(release(), &CARDS);
    let fixture = guest(&proxy, options());
    let other = root(&fixture, CONTROL);
    for client in [fixture.client.0, other] {
        for fd in [CONTROL, DEVICE] {
            fixture.done(CONTROL, 0xce, &words(&[client, 0, fd as u32, 0]));
        }
    }
    let count = || save(&fixture).snapshot.files.iter().map(|file| file.events.len()).sum::<usize>();
    assert_eq!(count(), 4);
    fixture.done(CONTROL, 0xcf, &words(&[fixture.client.0, 0, CONTROL as u32, 0]));
    assert_eq!(count(), 3);
    fixture.done(CONTROL, FREE, &words(&[other, 0, other, 0]));
    assert_eq!(count(), 1);
    // Another client of that handle has none.
    model.lock().unwrap().free = Some(other);
    assert_eq!(root(&fixture, CONTROL), other);
    assert_eq!(count(), 1);
}

#[test]
fn what_names_a_client_that_is_gone_is_named() {
    let (proxy, model) = host(release(), &CARDS);
    let fixture = guest(&proxy, options());
    let (client, other) = (fixture.client.0, root(&fixture, CONTROL));
    alloc(&fixture, client, 0x5c00_0001, DEVICE_0, &[("deviceId", 0), ("hClientShare", other)]);
    save(&fixture);
    let expected =
        Obstacle { subject: Subject::Object { client, handle: 0x5c00_0001, class: DEVICE_0 }, why: Why::ClientGone };
    fixture.done(CONTROL, FREE, &words(&[other, 0, other, 0]));
    assert_eq!(obstacles(&fixture).first(), Some(&expected));
    // Another one of that handle is not it.
    model.lock().unwrap().free = Some(other);
    assert_eq!(root(&fixture, CONTROL), other);
    assert_eq!(obstacles(&fixture), [expected]);
}

#[test]
fn a_file_that_maps_what_had_the_same_handle_is_named() {
    let (fixture, device) = with_device();
    let mut system = words(&[fixture.client.0, device, 20, 0x3e, 0, 0, 0, 0, 0xfff, 0, 0, 0, 0, 0]);
    system[48..52].copy_from_slice(&OTHER_CONTROL.to_le_bytes());
    assert_eq!(word(&fixture.done(CONTROL, ALLOC_MEMORY, &system), 40), 0);
    save(&fixture);
    assert_eq!(fixture.free(20), 0);
    alloc(&fixture, device, 20, VA_SPACE, &[]);
    let subject = Subject::File(Node::Control);
    assert_eq!(obstacles(&fixture), [Obstacle { subject, why: Why::MappedGone }]);
}

#[test]
fn calls_of_several_threads_are_saved_in_the_drivers_order() {
    const PARENT: u32 = 0x5c00_0010;
    let (fixture, device) = with_device();
    let client = fixture.client.0;
    let (proxy, control) = (fixture.proxy.clone(), fixture.file(CONTROL));
    // What each thread does, with memory of its own, until it succeeds.
    let make = |parent: u32, handle: u32, class: u32| {
        let memory = Memory::new();
        loop {
            memory.put(ARGUMENT, &words(&[client, parent, handle, class, PARAMS as u32, 0, 0, 0]));
            memory.put(PARAMS, &[0; 512]);
            let guest = nvproxy::Guest { memory: &memory, files: &fixture.files };
            proxy.ioctl(&control, request(RM_ALLOC, 32), ARGUMENT, &guest).unwrap();
            if memory.get_u32(ARGUMENT + 24) == 0 {
                return;
            }
        }
    };
    for _ in 0..300 {
        std::thread::scope(|scope| {
            scope.spawn(|| make(PARENT, PARENT + 1, 0x2080));
            scope.spawn(|| make(device, PARENT, VA_SPACE));
        });
        save(&fixture);
        assert_eq!(fixture.free(PARENT), 0);
    }
}

fn restore(proxy: &nvproxy::Proxy<Script>, snapshot: &Snapshot) -> Result<(), RestoreError> {
    proxy.restore(snapshot, options(), &BTreeMap::new()).map(drop)
}

fn snapshot() -> Snapshot {
    let (proxy, _) = host(release(), &CARDS);
    let fixture = guest(&proxy, options());
    populate(&fixture);
    save(&fixture).snapshot
}

#[test]
fn another_host_needs_gpus_of_the_same_kind() {
    let snapshot = snapshot();
    let run = |cards: &[Card], map: &[(u32, u32)], gpus: Option<Vec<u32>>| {
        let (proxy, model) = host(release(), cards);
        let map = map.iter().copied().collect();
        let result =
            proxy.restore(&snapshot, Options { gpus, ..options() }, &map).map(|made| made.files[1].file.node());
        let devices = model.lock().unwrap().devices.clone();
        (result, devices)
    };
    let other = Card { device: 0x20b0, ..CARDS[1] };
    assert_eq!(run(&CARDS, &[(0, 1)], None), (Ok(Node::Device(1)), vec![1]), "another minor, id and instance");
    assert_eq!(run(&CARDS, &[(0, 1)], Some(vec![1])).0, Ok(Node::Device(1)));
    assert_eq!(run(&CARDS, &[(0, 1)], Some(vec![0])).0, Err(RestoreError::ForeignGpu(1)));
    assert_eq!(run(&CARDS, &[(0, 7)], None).0, Err(RestoreError::NoGpu { saved: 0, minor: 7 }));
    assert_eq!(run(&[], &[], None).0, Err(RestoreError::NoGpu { saved: 0, minor: 0 }));
    let kind = RestoreError::GpuKind { saved: 0, minor: 1, wanted: (0x10de, 0x2330), found: (0x10de, 0x20b0) };
    let text = kind.to_string();
    assert!(text.contains("2330") && text.contains("20b0"), "{text}");
    assert_eq!(run(&[CARDS[0], other], &[(0, 1)], None), (Err(kind), vec![]));
}

#[test]
fn what_was_attached_is_attached_by_its_new_identity() {
    let snapshot = snapshot();
    let (proxy, _) = host(release(), &CARDS);
    proxy.restore(&snapshot, options(), &BTreeMap::from([(0, 1)])).unwrap();
    let seen = proxy.driver().take();
    let attached = seen.iter().find(|seen| seen.request & 0xff == 0xd4).unwrap();
    assert_eq!(attached.argument(), words(&[CARDS[1].id, 0]));
}

#[test]
fn two_gpus_do_not_become_one() {
    let mut snapshot = snapshot();
    snapshot.gpus.push(nvproxy::save::HostGpu { minor: 1, id: 0x4100, instance: Some(1), ..snapshot.gpus[0].clone() });
    let (proxy, _) = host(release(), &CARDS);
    let result = proxy.restore(&snapshot, options(), &BTreeMap::from([(0, 1)])).map(drop);
    assert_eq!(result, Err(RestoreError::GpuTwice(1)));
}

#[test]
fn what_is_no_snapshot_of_this_host_is_refused() {
    let whole = snapshot();
    let object = |index: usize| {
        let object = &whole.objects[index];
        Subject::Object { client: object.client, handle: object.handle, class: object.class }
    };
    let client = Subject::Client(whole.clients[0].handle);
    let last = whole.objects.len() - 1;
    type Change = Box<dyn Fn(&mut Snapshot)>;
    let damaged = RestoreError::Damaged;
    let cases: Vec<(Change, RestoreError)> = vec![
        (Box::new(|s| s.format = 2), RestoreError::Format(2)),
        (
            Box::new(|s| s.driver = "580.65.06".into()),
            RestoreError::DriverVersion { saved: "580.65.06".into(), host: "550.54.15".into() },
        ),
        (Box::new(|s| s.files = vec![s.files[0].clone(); 70_000]), damaged(Damage::TooMany("files"))),
        (Box::new(|s| s.files[0].node = Node::DmaBuf), damaged(Damage::Node(Node::DmaBuf))),
        (Box::new(|s| s.files[1].node = Node::Device(9)), damaged(Damage::NoGpu(9))),
        (Box::new(|s| s.files[1].control = Some(99)), damaged(Damage::NoFile(99))),
        (Box::new(|s| s.files[1].control = Some(1)), damaged(Damage::Control(1))),
        (Box::new(|s| s.files[2].control = Some(2)), damaged(Damage::Control(2))),
        (Box::new(|s| s.files[2].attached = vec![0x77]), damaged(Damage::NoGpu(0x77))),
        (Box::new(|s| s.gpus.push(s.gpus[0].clone())), damaged(Damage::GpuTwice(0))),
        (Box::new(|s| s.clients[0].call.file = 99), damaged(Damage::NoFile(99))),
        (Box::new(|s| s.clients[0].call.escape = 0x29), damaged(Damage::NoSuchCall(client))),
        (Box::new(|s| s.clients[0].handle = 0), damaged(Damage::Handle(Subject::Client(0)))),
        (Box::new(|s| s.clients[1].handle = s.clients[0].handle), damaged(Damage::Twice(client))),
        (Box::new(|s| s.objects[1].call.descriptors.push((3, 44))), damaged(Damage::NoFile(44))),
        (Box::new(|s| s.objects[1].call.escape = 0xd6), damaged(Damage::NoSuchCall(object(1)))),
        (Box::new(|s| s.objects[1].parent = 0xdead), damaged(Damage::Order(object(1)))),
        (Box::new(|s| s.objects.swap(0, 1)), damaged(Damage::Order(object(1)))),
        (Box::new(|s| s.objects[0].parent = s.objects[1].handle), damaged(Damage::Order(object(0)))),
        (Box::new(|s| s.objects[0].dependencies = vec![s.objects[0].handle]), damaged(Damage::Order(object(0)))),
        (Box::new(move |s| s.objects[last].source = Some((1, 2))), damaged(Damage::Source(object(last)))),
        (
            Box::new(move |s| {
                s.objects[last].source = Some((1, 2));
                s.objects[last].call.argument[12..20].copy_from_slice(&words(&[1, 2]));
            }),
            damaged(Damage::Order(object(last))),
        ),
        (Box::new(|s| s.objects.insert(1, s.objects[0].clone())), damaged(Damage::Twice(object(0)))),
    ];
    for (index, (change, expected)) in cases.into_iter().enumerate() {
        let mut snapshot = whole.clone();
        change(&mut snapshot);
        let (proxy, model) = host(release(), &CARDS);
        assert_eq!(restore(&proxy, &snapshot), Err(expected), "case {index}");
        assert!(model.lock().unwrap().clients.is_empty());
        assert!(proxy.driver().take().is_empty(), "nothing is asked of the driver before");
    }
}

#[test]
fn whichever_call_fails_nothing_is_left() {
    let snapshot = snapshot();
    let mut failed = 0;
    for (number, most) in [
        (0xc9, 1),
        (0xd4, 1),
        (RM_ALLOC, 7),
        (0xce, 1),
        (VID_HEAP, 1),
        (CONTEXT_DMA, 1),
        (DUP, 2),
        (ALLOC_MEMORY, 1),
        (MAP_MEMORY, 1),
        (UPDATE_MAPPING, 1),
    ] {
        for after in 0..most {
            let (proxy, model) = host(release(), &CARDS);
            // One more: the proxy's own client, to ask for the GPUs.
            let own = usize::from(number == RM_ALLOC);
            model.lock().unwrap().fail = Some((number, after + own));
            match restore(&proxy, &snapshot) {
                Err(RestoreError::Call { why: WhyNot::Errno(Errno::EIO), .. }) => failed += 1,
                other => panic!("{number:#x} after {after}: {other:?}"),
            }
            assert!(model.lock().unwrap().clients.is_empty(), "{number:#x} after {after}");
            // The same proxy can do it afterwards.
            model.lock().unwrap().fail = None;
            restore(&proxy, &snapshot).unwrap();
        }
    }
    assert_eq!(failed, 17);
}

#[test]
fn what_becomes_something_else_is_no_success() {
    let whole = snapshot();
    let (proxy, model) = host(release(), &CARDS);
    model.lock().unwrap().stubborn = true;
    let client = Subject::Client(whole.clients[0].handle);
    let result = restore(&proxy, &whole);
    assert!(
        matches!(result, Err(RestoreError::Call { subject, why: WhyNot::Other(_) }) if subject == client),
        "{result:?}"
    );
    assert!(model.lock().unwrap().clients.is_empty());

    // The driver has another one's object of that handle.
    let (proxy, model) = host(release(), &CARDS);
    model.lock().unwrap().clients.insert(whole.clients[1].handle, BTreeMap::new());
    let result = restore(&proxy, &whole);
    let why = WhyNot::Status(NV_STATUS(0x19));
    assert_eq!(result, Err(RestoreError::Call { subject: Subject::Client(whole.clients[1].handle), why }));
    assert_eq!(model.lock().unwrap().clients.len(), 1);

    // It is of another class than the snapshot says.
    let (proxy, model) = host(release(), &CARDS);
    let mut other = whole.clone();
    other.objects[1].class = 0x2081;
    let result = restore(&proxy, &other);
    assert!(matches!(result, Err(RestoreError::Call { why: WhyNot::Other(0x2080), .. })), "{result:?}");
    assert!(model.lock().unwrap().clients.is_empty());
}

#[test]
fn the_clients_of_another_sandbox_stay_its_own() {
    let (proxy, model) = host(release(), &CARDS);
    let fixture = guest(&proxy, options());
    populate(&fixture);
    let snapshot = save(&fixture).snapshot;
    let before = model.lock().unwrap().clients.clone();
    let subject = Subject::Client(snapshot.clients[0].handle);
    assert_eq!(restore(&proxy, &snapshot), Err(RestoreError::Call { subject, why: WhyNot::Taken }));
    assert_eq!(model.lock().unwrap().clients, before);
    // A duplicate of what another sandbox has.
    let (other, _) = host(release(), &CARDS);
    let mut foreign = super_snapshot(&other);
    let object = foreign.objects.last_mut().unwrap();
    object.call.argument[12..20].copy_from_slice(&words(&[fixture.client.0, 0x5c00_0001]));
    object.source = None;
    foreign.clients[0].handle = 0xc1d0_7777;
    let error = restore(&proxy, &foreign).unwrap_err();
    assert!(matches!(error, RestoreError::Damaged(_) | RestoreError::Call { .. }), "{error}");
    assert_eq!(model.lock().unwrap().clients, before);
}

/// A snapshot of a client with a duplicate of its own object.
fn super_snapshot(proxy: &std::sync::Arc<nvproxy::Proxy<Script>>) -> Snapshot {
    let fixture = guest(proxy, options());
    let client = fixture.client.0;
    alloc(&fixture, client, 1, DEVICE_0, &[]);
    dup(&fixture, client, client, 2, client, 1);
    save(&fixture).snapshot
}

#[test]
fn a_sandbox_with_fewer_rights_does_not_get_more_by_being_restored() {
    let snapshot = snapshot();
    let (proxy, model) = host(release(), &CARDS);
    let few = Options { capabilities: nvproxy::abi::Capabilities::UTILITY, ..options() };
    let result = proxy.restore(&snapshot, few, &BTreeMap::new()).map(drop);
    assert!(matches!(result, Err(RestoreError::Call { .. })), "{result:?}");
    assert!(model.lock().unwrap().clients.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever objects there are, they come back; what was saved is what is saved then.
    #[test]
    fn any_objects_come_back(steps in prop::collection::vec((0u8..6, any::<u16>(), any::<u16>()), 0..60)) {
        let (proxy, before) = host(release(), &CARDS);
        let mut fixture = guest(&proxy, options());
        let mut clients = vec![(fixture.client.0, vec![])];
        for (step, (kind, first, second)) in (1u32..).zip(steps) {
            let at = usize::from(first) % clients.len();
            let client = clients[at].0;
            fixture.client.0 = client;
            let pick = |objects: &[u32], by: u16| objects.get(usize::from(by) % objects.len().max(1)).copied();
            let parent = pick(&clients[at].1, second).unwrap_or(client);
            let handle = 0x5000_0000 + step;
            match kind {
                0 => {
                    let file = if second % 2 == 0 { CONTROL } else { OTHER_CONTROL };
                    if file == CONTROL {
                        clients.push((root(&fixture, file), vec![]));
                    }
                }
                1 | 2 => clients[at].1.push(alloc(&fixture, parent, if kind == 1 { handle } else { 0 }, VA_SPACE, &[])),
                3 => {
                    let on = pick(&clients[at].1, first).unwrap_or(0);
                    clients[at].1.push(alloc(&fixture, parent, handle, CHANNEL, &[("hVASpace", on)]));
                }
                4 => {
                    let from = usize::from(second) % clients.len();
                    if let Some(source) = pick(&clients[from].1, first) {
                        dup(&fixture, client, client, handle, clients[from].0, source);
                        clients[at].1.push(handle);
                    }
                }
                _ => if let Some(gone) = pick(&clients[at].1, second) {
                    prop_assert_eq!(word(&fixture.done(CONTROL, FREE, &words(&[client, 0, gone, 0])), 12), 0);
                    // The model frees children; what depends on them, the proxy knows, and so does a real driver.
                    let mut objects = before.lock().unwrap().clients[&client].clone();
                    objects.retain(|handle, (class, _)| *handle == client || fixture.knows(*handle, *class));
                    clients[at].1.retain(|handle| objects.contains_key(handle));
                    before.lock().unwrap().clients.insert(client, objects);
                }
            }
        }
        let saved = match proxy.save(&fixture.sandbox) {
            Ok(saved) => saved,
            Err(SaveError::Obstacles(obstacles)) => {
                prop_assert!(obstacles.iter().all(|obstacle| obstacle.why == Why::SourceGone), "{:?}", obstacles);
                return Ok(());
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        let (proxy, after) = host(release(), &CARDS);
        let made = proxy.restore(&saved.snapshot, options(), &BTreeMap::new()).unwrap();
        prop_assert_eq!(after.lock().unwrap().clients.len(), before.lock().unwrap().clients.len());
        prop_assert_eq!(&save(&again(&proxy, &fixture, &saved, made)).snapshot, &saved.snapshot);
    }

    /// Whatever is changed in a snapshot: it is refused and nothing stays, or it is restored.
    #[test]
    fn no_snapshot_does_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u32>(), 0u8..4), 1..6)) {
        let mut value = serde_json::to_value(snapshot()).unwrap();
        for (place, number, kind) in changes {
            let mut count = 0;
            leaves(&mut value, &mut |_| count += 1);
            let (wanted, mut at) = (place.index(count), 0);
            leaves(&mut value, &mut |leaf| {
                if at == wanted && leaf.is_number() {
                    let old = leaf.as_i64().unwrap_or(0) as u32;
                    let new = match kind { 0 => number, 1 => old ^ 1, 2 => 0, _ => old.wrapping_add(1) };
                    *leaf = if old < 256 && kind == 0 { (new % 256).into() } else { new.into() };
                }
                at += 1;
            });
        }
        let Ok(snapshot) = serde_json::from_value::<Snapshot>(value) else { return Ok(()) };
        let (proxy, model) = host(release(), &CARDS);
        if restore(&proxy, &snapshot).is_err() {
            prop_assert!(model.lock().unwrap().clients.is_empty());
        }
    }
}

/// Visits everything in a value that holds nothing else.
fn leaves(value: &mut serde_json::Value, visit: &mut dyn FnMut(&mut serde_json::Value)) {
    match value {
        serde_json::Value::Array(all) => all.iter_mut().for_each(|one| leaves(one, visit)),
        serde_json::Value::Object(all) => all.values_mut().for_each(|one| leaves(one, visit)),
        leaf => visit(leaf),
    }
}
