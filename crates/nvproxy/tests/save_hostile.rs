//! Snapshots that no saving gave: however large, they are refused in proportion to their size.

mod support;

use nvproxy::save::{
    Damage, FORMAT, HostGpu, RestoreError, SavedCall, SavedClient, SavedEvent, SavedFile, SavedObject,
};
use nvproxy::save::{SavedMapping, Snapshot};
use nvproxy::{Node, Options, Proxy};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::*;
use version_tree::version;

const NV_ESC_RM_ALLOC: u32 = 0x2b;

fn gpu(minor: u32) -> HostGpu {
    HostGpu { minor, id: minor + 1, vendor: 0, device: 0, instance: None, uuid: None }
}

fn file() -> SavedFile {
    SavedFile { node: Node::Control, control: None, attached: Vec::new(), events: Vec::new(), mapping: None }
}

fn call() -> SavedCall {
    let (argument, params, rights, descriptors) = (vec![0; 32], Vec::new(), Vec::new(), Vec::new());
    SavedCall { file: 0, escape: NV_ESC_RM_ALLOC, argument, params, rights, descriptors }
}

fn object(client: u32, handle: u32) -> SavedObject {
    let dependencies = Vec::new();
    SavedObject { client, handle, parent: client, class: 0x80, dependencies, source: None, call: call() }
}

/// A file and a client with an object.
fn small() -> Snapshot {
    Snapshot {
        format: FORMAT,
        driver: "550.54.15".to_owned(),
        gpus: vec![gpu(0)],
        files: vec![file()],
        clients: vec![SavedClient { handle: 1, call: call() }],
        objects: vec![object(1, 2)],
    }
}

fn host() -> Arc<Proxy<Script>> {
    proxy(version!("550.54.15"))
}

fn refused(proxy: &Proxy<Script>, snapshot: &Snapshot) -> RestoreError {
    let options = Options { saveable: true, ..Options::default() };
    let error = proxy.restore(snapshot, options, &BTreeMap::new()).expect_err("no snapshot that saving gave");
    assert!(proxy.driver().take().is_empty() || !matches!(error, RestoreError::Damaged(_)), "the driver was asked");
    error
}

/// Applies a change to a snapshot that is refused for nothing else.
fn damage(change: impl FnOnce(&mut Snapshot)) -> Option<Damage> {
    let mut snapshot = small();
    change(&mut snapshot);
    match refused(&host(), &snapshot) {
        RestoreError::Damaged(damage) => Some(damage),
        _ => None,
    }
}

#[test]
fn every_list_has_a_limit() {
    assert_eq!(damage(|_| ()), None);
    let event = || SavedEvent { argument: vec![0; 24], descriptor: (0, 0) };
    assert_eq!(damage(|it| it.gpus = (0..32).map(gpu).collect()), None);
    assert_eq!(damage(|it| it.gpus = (0..33).map(gpu).collect()), Some(Damage::TooMany("GPUs")));
    assert_eq!(damage(|it| it.files = vec![file(); (1 << 16) + 1]), Some(Damage::TooMany("files")));
    assert_eq!(
        damage(|it| it.clients = vec![SavedClient { handle: 1, call: call() }; (1 << 16) + 1]),
        Some(Damage::TooMany("clients"))
    );
    assert_eq!(damage(|it| it.objects = vec![object(1, 2); (1 << 20) + 1]), Some(Damage::TooMany("objects")));
    assert_eq!(damage(|it| it.files[0].attached = vec![1; 4095]), None);
    assert_eq!(damage(|it| it.files[0].attached = vec![1; 4096]), Some(Damage::TooMany("GPUs attached to a file")));
    assert_eq!(
        damage(|it| it.files[0].events = vec![event(); (1 << 16) + 1]),
        Some(Damage::TooMany("events of a file"))
    );
    let long = Some(Damage::TooMany("bytes in an ioctl's parameters"));
    let mapping = || SavedMapping { file: 0, descriptor: 3, argument: vec![0; 1 << 14], address: None };
    assert_eq!(damage(|it| it.files[0].events = vec![SavedEvent { argument: vec![0; 1 << 14], ..event() }]), long);
    assert_eq!(damage(|it| it.files[0].mapping = Some(mapping())), long);
    assert_eq!(damage(|it| it.clients[0].call.argument = vec![0; 1 << 14]), long);
    assert_eq!(damage(|it| it.objects[0].call.argument = vec![0; 1 << 14]), long);
    assert_eq!(
        damage(|it| it.objects[0].call.params = vec![0; (1 << 20) + 1]),
        Some(Damage::TooMany("bytes in a class's parameters"))
    );
    assert_eq!(
        damage(|it| it.objects[0].call.rights = vec![0; (1 << 20) + 1]),
        Some(Damage::TooMany("bytes of rights"))
    );
    assert_eq!(
        damage(|it| it.objects[0].call.descriptors = vec![(0, 0); 17]),
        Some(Damage::TooMany("descriptors in a call"))
    );
    assert_eq!(
        damage(|it| it.objects[0].dependencies = vec![1; (1 << 20) + 1]),
        Some(Damage::TooMany("dependencies of an object"))
    );
}

/// A snapshot of about as many of everything, with a fault at the very end.
fn large(count: u32) -> Snapshot {
    let mut snapshot = small();
    snapshot.gpus = (0..32).map(gpu).collect();
    let files = (0..count).map(|index| SavedFile {
        node: if index % 2 == 0 { Node::Control } else { Node::Device(index % 32) },
        control: (index % 2 == 1).then(|| index - 1),
        attached: (0..64).map(|at| at % 33).collect(),
        events: vec![SavedEvent { argument: vec![0; 24], descriptor: (5, index) }],
        mapping: None,
    });
    snapshot.files = files.collect();
    snapshot.clients = (1..=count).map(|handle| SavedClient { handle, call: call() }).collect();
    let last = count * 2;
    let objects = (0..last).map(|index| {
        let before = (index >= 8).then(|| 0x1000_0000 + index - 8);
        SavedObject { parent: before.unwrap_or(1), dependencies: vec![1; 16], ..object(1, 0x1000_0000 + index) }
    });
    snapshot.objects = objects.chain([object(1, 1)]).collect();
    snapshot
}

#[test]
fn a_snapshot_is_checked_in_proportion_to_its_size() {
    let proxy = host();
    let time = |count: u32| {
        let snapshot = large(count);
        let once = || {
            let began = Instant::now();
            assert!(matches!(refused(&proxy, &snapshot), RestoreError::Damaged(Damage::Twice(_))));
            began.elapsed()
        };
        (0..5).map(|_| once()).min().unwrap_or_default()
    };
    let (few, many) = (time(2000), time(32_000));
    println!("{few:?} for 2,000 of everything, {many:?} for 32,000");
    // 16 times as much, and caches that do not hold it; a square would be 256 times.
    assert!(many < few.max(Duration::from_micros(200)) * 80, "{few:?}, {many:?}");
}

#[test]
fn what_fails_late_is_undone_in_proportion_to_its_size() {
    // Up to nearly what a sandbox may have. Every client gets the handle that it asks for, and the object fails.
    let time = |count: u32| {
        let mut snapshot = small();
        snapshot.gpus.clear();
        snapshot.files = vec![file(); count as usize];
        snapshot.clients = (1..=count).map(|handle| SavedClient { handle, call: call() }).collect();
        let once = || {
            let proxy = host();
            proxy.driver().answer(|seen, bytes| {
                let argument = seen.argument.clone().unwrap();
                if seen.request & 0xff == NV_ESC_RM_ALLOC && word(bytes, argument.start + 12) == 0x80 {
                    bytes[argument.start + 28] = 1;
                }
                Ok(0)
            });
            let began = Instant::now();
            let options = Options { saveable: true, ..Options::default() };
            let error = proxy.restore(&snapshot, options, &BTreeMap::new()).expect_err("the object fails");
            let took = began.elapsed();
            assert!(matches!(error, RestoreError::Call { .. }), "{error}");
            let freed = proxy.driver().take().iter().filter(|seen| seen.request & 0xff == 0x29).count();
            assert_eq!(freed, count as usize);
            took
        };
        (0..3).map(|_| once()).min().unwrap_or_default()
    };
    let (few, many) = (time(1000), time(16_000));
    println!("{few:?} for 1,000 files and clients, {many:?} for 16,000");
    assert!(many < few.max(Duration::from_micros(200)) * 80, "{few:?}, {many:?}");
}
