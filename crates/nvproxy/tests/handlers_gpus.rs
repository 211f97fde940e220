//! The GPUs of a host, of which a sandbox sees those that it was given.

mod support;

use nix::errno::Errno;
use nvproxy::abi::row::{Direction, Param};
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Abi, Capabilities, Table};
use nvproxy::{Node, Options, Outcome};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use support::*;
use version_tree::{Tree, version};

const CARD_INFO: u32 = 0xc8;
const ATTACH_GPUS_TO_FD: u32 = 0xd4;
const GET_PROBED_IDS: u32 = 0x214;
const ATTACH_IDS: u32 = 0x215;
const SIZE: usize = 72;
const PARAMS: u64 = 0x100_0000;
const NO_GPU: u32 = u32::MAX;
const ALL: u32 = 0xffff;
const DETACH_IDS: u32 = 0x216;
const GET_ATTACHED_IDS: u32 = 0x201;
const GET_ID_INFO_V2: u32 = 0x205;
const NV01_DEVICE_0: u32 = 0x80;
/// Identities by minor numbers.
const IDS: [u32; 4] = [0x100, 0x4100, 0x8100, 0xc100];

/// A sandbox with the GPUs of these minor numbers.
fn fixture(gpus: Option<Vec<u32>>) -> Fixture {
    let options = Options { capabilities: Capabilities::all(), gpus: gpus.clone(), ..Options::default() };
    // The fixture has a file of GPU 0, so its sandbox has that one.
    Fixture::of(proxy(version!("550.54.15")), options, 0xc1d0_0001)
}

/// The driver tells of its GPUs.
fn tell(fixture: &Fixture) {
    fixture.proxy.driver().answer(|seen, bytes| {
        if seen.request & 0xff == CARD_INFO {
            let argument = &mut bytes[seen.argument.clone().unwrap()];
            argument.fill(0);
            for (minor, card) in argument.chunks_exact_mut(SIZE).enumerate().take(IDS.len()) {
                card.fill(0xb0 + minor as u8);
                card[0] = 1;
                card[16..20].copy_from_slice(&IDS[minor].to_le_bytes());
                card[56..60].copy_from_slice(&(minor as u32).to_le_bytes());
            }
        }
        Ok(0)
    });
}

fn cards(fixture: &Fixture, room: usize) -> Vec<u8> {
    tell(fixture);
    fixture.done(CONTROL, CARD_INFO, &vec![0x55; room * SIZE])
}

/// The identities in an answer, up to the first that is of none.
fn ids(cards: &[u8]) -> Vec<u32> {
    cards.chunks_exact(SIZE).filter(|card| card[0] != 0).map(|card| word(card, 16)).collect()
}

#[test]
fn a_sandbox_with_all_gpus_sees_all() {
    assert_eq!(ids(&cards(&fixture(None), 32)), IDS);
}

#[test]
fn a_sandbox_sees_its_own_gpus_first_and_nothing_of_others() {
    for own in [vec![0], vec![0, 3], vec![0, 2, 1], vec![0, 9]] {
        let seen = cards(&fixture(Some(own.clone())), 32);
        let mut expected: Vec<u32> = own.iter().filter_map(|minor| IDS.get(*minor as usize)).copied().collect();
        expected.sort_unstable();
        assert_eq!(ids(&seen), expected);
        assert!(seen[expected.len() * SIZE..].iter().all(|byte| *byte == 0), "no trace of the others");
        for (card, id) in seen.chunks_exact(SIZE).zip(&expected) {
            let minor = IDS.iter().position(|other| other == id).unwrap();
            assert_eq!(card[20], 0xb0 + minor as u8, "the whole card moved");
        }
    }
}

#[test]
fn a_size_that_is_no_multiple_is_refused() {
    let fixture = fixture(None);
    for size in [1, SIZE - 1, SIZE + 1] {
        assert_eq!(fixture.call(CONTROL, CARD_INFO, &vec![0; size]), Err(Errno::EINVAL));
    }
    assert_eq!(fixture.call(CONTROL, ATTACH_GPUS_TO_FD, &[0; 6]), Err(Errno::EINVAL));
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_failing_answer_tells_nothing() {
    let fixture = fixture(Some(vec![0]));
    fixture.proxy.driver().answer(|seen, bytes| {
        bytes[seen.argument.clone().unwrap()].fill(0);
        Err(Errno::EINVAL)
    });
    assert_eq!(fixture.call(CONTROL, CARD_INFO, &[0x55; SIZE]), Err(Errno::EINVAL));
}

#[test]
fn gpus_are_attached_to_files_only_if_they_are_the_sandboxs() {
    let fixture = fixture(Some(vec![0, 2]));
    cards(&fixture, 32);
    fixture.proxy.driver().take();
    for (ids, reaches) in [
        (vec![IDS[0]], true),
        (vec![IDS[0], IDS[2], 0, 0], true),
        (vec![IDS[1]], false),
        (vec![IDS[0], IDS[3]], false),
        (vec![0x7777], false),
        (vec![], true),
    ] {
        let result = fixture.call(CONTROL, ATTACH_GPUS_TO_FD, &words(&ids));
        assert_eq!(result, if reaches { Ok(Outcome::Done(0)) } else { Err(Errno::EINVAL) }, "{ids:x?}");
        assert_eq!(fixture.proxy.driver().take().len(), usize::from(reaches), "{ids:x?}");
    }
}

#[test]
fn commands_that_name_gpus_take_only_the_sandboxs() {
    let fixture = fixture(Some(vec![0, 2]));
    cards(&fixture, 32);
    fixture.proxy.driver().take();
    let rows: Vec<_> = fixture.proxy.abi().control().iter().copied().collect();
    let mut tried = 0;
    for row in &rows {
        let [shape] = row.handling.shapes() else { continue };
        for param in shape.params {
            let Param::GpuIds(field, Direction::In) = param else { continue };
            for at in (field.offset..field.offset + field.size).step_by(4) {
                // The first of a list may mean all.
                let all = matches!(row.number, ATTACH_IDS | DETACH_IDS) && at == field.offset;
                for (id, allowed) in
                    [(IDS[0], true), (IDS[2], true), (0, true), (NO_GPU, true), (IDS[1], false), (ALL, all)]
                {
                    let mut params = vec![0; shape.layout.size];
                    params[at..at + 4].copy_from_slice(&id.to_le_bytes());
                    fixture.memory.put(PARAMS, &params);
                    let status = fixture.control(fixture.client.0, row.number, PARAMS, params.len() as u32).unwrap();
                    let expected = if allowed { 0 } else { NV_STATUS::NV_ERR_INVALID_ARGUMENT.0 };
                    assert_eq!(status, expected, "{} {id:#x}", row.name);
                    let own =
                        |seen: &Seen| word(seen.argument(), 8) != GET_ATTACHED_IDS || row.number == GET_ATTACHED_IDS;
                    let count = fixture.proxy.driver().take().iter().filter(|seen| own(seen)).count();
                    assert_eq!(count, usize::from(allowed), "{} {id:#x}", row.name);
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 300, "only {tried}");
    assert!(rows.iter().any(|row| row.number == ATTACH_IDS));
}

#[test]
fn probed_gpus_are_the_sandboxs_from_the_lists_beginning() {
    for (own, expected) in [(None, vec![IDS[3], IDS[1], IDS[0]]), (Some(vec![0, 1]), vec![IDS[1], IDS[0]])] {
        let fixture = fixture(own);
        cards(&fixture, 32);
        fixture.proxy.driver().answer(|seen, bytes| {
            let at = (long(seen.argument(), 16) - HOST_BASE) as usize;
            let params = &mut bytes[at..at + 256];
            params.fill(0xff);
            params[..12].copy_from_slice(&words(&[IDS[3], IDS[1], IDS[0]]));
            params[128..132].copy_from_slice(&words(&[IDS[3]]));
            Ok(0)
        });
        fixture.memory.put(PARAMS, &[0; 256]);
        assert_eq!(fixture.control(fixture.client.0, GET_PROBED_IDS, PARAMS, 256), Ok(0));
        let mut want = expected.clone();
        want.resize(32, NO_GPU);
        assert_eq!(fixture.memory.get(PARAMS, 128), words(&want));
        // Of the excluded one, only who has all is told.
        assert_eq!(fixture.memory.get_u32(PARAMS + 128) == NO_GPU, expected.len() == 2);
    }
}

#[test]
fn every_list_of_gpus_that_the_driver_gives_is_cut() {
    let mut tried = 0;
    for release in [version!("515.43.04"), version!("550.54.15"), version!("580.65.06")] {
        let abi = Abi::compose(Tree::embedded(), release).unwrap();
        for (table, row) in abi.rows() {
            let lists = row.handling.shapes().iter().flat_map(|shape| shape.params);
            tried += lists.filter(|param| matches!(param, Param::GpuIds(_, Direction::Out))).count();
            assert!(
                table == Table::Control
                    || row
                        .handling
                        .shapes()
                        .iter()
                        .all(|shape| { !shape.params.iter().any(|param| matches!(param, Param::GpuIds(..))) })
            );
        }
    }
    assert_eq!(tried, 3 * 3, "GET_ATTACHED_IDS, and two lists of GET_PROBED_IDS");
}

#[test]
fn the_gpus_that_are_known_are_known_to_all_sandboxes() {
    let first = fixture(None);
    cards(&first, 32);
    let options = Options { capabilities: Capabilities::all(), gpus: Some(vec![0, 1]), ..Options::default() };
    let second = Fixture::of(Arc::clone(&first.proxy), options, 0xc1d0_0002);
    // Room for fewer than there are must not make the others unknown.
    cards(&second, 1);
    second.proxy.driver().take();
    assert_eq!(second.call(CONTROL, ATTACH_GPUS_TO_FD, &words(&[IDS[1]])), Ok(Outcome::Done(0)));
    assert_eq!(second.call(CONTROL, ATTACH_GPUS_TO_FD, &words(&[IDS[2]])), Err(Errno::EINVAL));
}

#[test]
fn where_in_the_hosts_memory_a_gpu_is_is_not_told() {
    for own in [None, Some(vec![0, 2])] {
        let cards = cards(&fixture(own), 32);
        for card in cards.chunks_exact(SIZE).filter(|card| card[0] != 0) {
            assert_eq!((long(card, 24), long(card, 40)), (0, 0), "the addresses of its registers and memory");
            assert_ne!((long(card, 32), long(card, 48)), (0, 0), "their sizes are no secret");
        }
    }
}

/// A driver of [`IDS`]: those that are attached have device instances, the last minor number first.
fn attached(fixture: &Fixture, minors: &'static [usize]) {
    fixture.proxy.driver().answer(|seen, bytes| {
        let argument = seen.argument.clone().unwrap();
        if seen.request & 0xff == CARD_INFO {
            bytes[argument.clone()].fill(0);
            for (minor, card) in bytes[argument].chunks_exact_mut(SIZE).enumerate().take(IDS.len()) {
                card[0] = 1;
                card[16..20].copy_from_slice(&IDS[minor].to_le_bytes());
                card[56..60].copy_from_slice(&(minor as u32).to_le_bytes());
            }
        } else if seen.request & 0xff == 0x2a {
            let params = (long(seen.argument(), 16) - HOST_BASE) as usize;
            match word(seen.argument(), 8) {
                GET_ATTACHED_IDS => {
                    bytes[params..params + 128].fill(0xff);
                    for (index, minor) in minors.iter().enumerate() {
                        bytes[params + index * 4..][..4].copy_from_slice(&IDS[*minor].to_le_bytes());
                    }
                }
                GET_ID_INFO_V2 => {
                    let found = minors.iter().rev().position(|minor| IDS[*minor] == word(bytes, params));
                    match found {
                        Some(instance) => bytes[params + 8..][..4].copy_from_slice(&(instance as u32).to_le_bytes()),
                        None => bytes[argument.start + 28..][..4].copy_from_slice(&0x1fu32.to_le_bytes()),
                    }
                }
                _ => {}
            }
        }
        Ok(0)
    });
}

/// What the driver got of the guest's own command, the last of the calls.
fn given(fixture: &Fixture) -> Vec<u32> {
    let seen = fixture.proxy.driver().take().pop().unwrap();
    let params = seen.follow(long(seen.argument(), 16)).unwrap();
    params[..128].chunks_exact(4).map(|id| word(id, 0)).take_while(|id| *id != NO_GPU).collect()
}

#[test]
fn all_gpus_means_all_of_the_sandbox() {
    for (own, attach, detach) in [
        (None, vec![ALL], vec![ALL]),
        (Some(vec![0, 2]), vec![IDS[0], IDS[2]], vec![IDS[2]]),
        (Some(vec![0]), vec![IDS[0]], vec![]),
        (Some(vec![0, 7]), vec![IDS[0]], vec![]),
    ] {
        let fixture = fixture(own);
        attached(&fixture, &[1, 2]);
        for (command, size, expected) in [(ATTACH_IDS, 132, &attach), (DETACH_IDS, 128, &detach)] {
            let mut params = vec![0xff; size];
            params[..4].copy_from_slice(&words(&[ALL]));
            fixture.memory.put(PARAMS, &params);
            assert_eq!(fixture.control(fixture.client.0, command, PARAMS, size as u32), Ok(0));
            assert_eq!(given(&fixture), *expected, "{command:#x}");
            assert_eq!(fixture.memory.get(PARAMS, size), params, "the guest's own words come back");
        }
    }
}

#[test]
fn all_gpus_are_meant_only_by_the_first_of_a_list() {
    let fixture = fixture(Some(vec![0]));
    attached(&fixture, &[0]);
    cards(&fixture, 32);
    fixture.proxy.driver().take();
    let mut params = vec![0xff; 128];
    params[..8].copy_from_slice(&words(&[IDS[0], ALL]));
    fixture.memory.put(PARAMS, &params);
    let status = fixture.control(fixture.client.0, DETACH_IDS, PARAMS, 128).unwrap();
    assert_eq!(status, NV_STATUS::NV_ERR_INVALID_ARGUMENT.0);
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_device_is_one_of_the_sandboxs_gpus() {
    // Instances count from the last that is attached: 2 is instance 0, 1 is 1.
    for (own, allowed) in [(None, [true; 3]), (Some(vec![0, 2]), [true, false, false]), (Some(vec![0]), [false; 3])] {
        let fixture = fixture(own);
        attached(&fixture, &[1, 2]);
        for (instance, allowed) in (0u32..).zip(allowed) {
            let mut params = vec![0; 56];
            params[..4].copy_from_slice(&instance.to_le_bytes());
            fixture.memory.put(PARAMS, &params);
            let expected = if allowed { 0 } else { NV_STATUS::NV_ERR_INVALID_ARGUMENT.0 };
            assert_eq!(fixture.alloc(0x80 + instance, fixture.client.0, NV01_DEVICE_0, PARAMS), expected);
            let reached = fixture.proxy.driver().take().iter().any(|seen| seen.request & 0xff == 0x2b);
            assert_eq!(reached, allowed, "instance {instance}");
        }
        // Without parameters, older drivers take the first.
        let expected = if allowed[0] { 0 } else { NV_STATUS::NV_ERR_INVALID_ARGUMENT.0 };
        assert_eq!(fixture.alloc(0x90, fixture.client.0, NV01_DEVICE_0, 0), expected);
    }
}

#[test]
fn where_the_driver_does_not_tell_instances_no_device_is_the_sandboxs() {
    let fixture = fixture(Some(vec![0]));
    tell(&fixture);
    fixture.proxy.driver().answer(|_, _| Err(Errno::EIO));
    fixture.memory.put(PARAMS, &[0; 56]);
    let status = fixture.alloc(0x80, fixture.client.0, NV01_DEVICE_0, PARAMS);
    assert_eq!(status, NV_STATUS::NV_ERR_INVALID_ARGUMENT.0);
}

#[test]
fn an_instance_that_becomes_another_gpus_meanwhile_makes_no_device() {
    let fixture = fixture(Some(vec![0]));
    let moved = Arc::new(AtomicBool::new(false));
    let has_moved = moved.clone();
    fixture.proxy.driver().answer(move |seen, bytes| {
        let argument = seen.argument.clone().unwrap();
        match (seen.request & 0xff, word(seen.argument(), 8)) {
            (CARD_INFO, _) => {
                let card = &mut bytes[argument][..SIZE];
                card.fill(0);
                card[0] = 1;
                card[16..20].copy_from_slice(&IDS[0].to_le_bytes());
            }
            // The instance is GPU 0's when the proxy asks first, and another's when the driver has made the device.
            (0x2a, GET_ID_INFO_V2) => {
                let params = (long(seen.argument(), 16) - HOST_BASE) as usize;
                bytes[params + 8] = u8::from(has_moved.load(Ordering::Relaxed));
            }
            (0x2b, _) => has_moved.store(true, Ordering::Relaxed),
            _ => {}
        }
        Ok(0)
    });
    fixture.memory.put(PARAMS, &[0; 56]);
    let refused = NV_STATUS::NV_ERR_INVALID_ARGUMENT.0;
    assert_eq!(fixture.alloc(0x80, fixture.client.0, NV01_DEVICE_0, PARAMS), refused);
    let last = fixture.proxy.driver().take().pop().unwrap();
    assert_eq!(last.request & 0xff, 0x29, "what was made is freed");
    assert_eq!((word(last.argument(), 0), word(last.argument(), 8)), (fixture.client.0, 0x80));
    assert!(!fixture.knows(0x80, NV01_DEVICE_0));
}

#[test]
fn a_gpu_that_came_in_the_place_of_another_is_not_it() {
    let fixture = fixture(Some(vec![0]));
    let now = Arc::new(AtomicU32::new(IDS[0]));
    let id = now.clone();
    fixture.proxy.driver().answer(move |seen, bytes| {
        if seen.request & 0xff == CARD_INFO {
            let argument = &mut bytes[seen.argument.clone().unwrap()];
            argument.fill(0);
            for (minor, card) in argument.chunks_exact_mut(SIZE).enumerate().take(2) {
                let id = if minor == 0 { id.load(Ordering::Relaxed) } else { IDS[2] };
                card[0] = 1;
                card[16..20].copy_from_slice(&id.to_le_bytes());
                card[56..60].copy_from_slice(&(minor as u32).to_le_bytes());
            }
        }
        Ok(0)
    });
    for (real, other) in [(IDS[0], IDS[1]), (IDS[1], IDS[0])] {
        now.store(real, Ordering::Relaxed);
        assert_eq!(ids(&fixture.done(CONTROL, CARD_INFO, &[0; 32 * SIZE])), [real]);
        assert_eq!(fixture.call(CONTROL, ATTACH_GPUS_TO_FD, &words(&[real])), Ok(Outcome::Done(0)));
        assert_eq!(fixture.call(CONTROL, ATTACH_GPUS_TO_FD, &words(&[other])), Err(Errno::EINVAL));
    }
}

#[test]
fn files_that_are_only_to_be_opened_are_named() {
    let proxy = proxy(version!("550.54.15"));
    let (capability, channel) = (Node::Capability(7), Node::ImexChannel(3));
    for named in [vec![], vec![capability], vec![channel], vec![capability, channel]] {
        let sandbox = proxy.sandbox(Options { open_only: named.clone(), ..Options::default() });
        for node in [capability, channel, Node::Capability(3), Node::ImexChannel(7)] {
            let opened = proxy.open(&sandbox, node).map(|_| ());
            assert_eq!(opened, if named.contains(&node) { Ok(()) } else { Err(Errno::ENODEV) }, "{node} of {named:?}");
        }
    }
}
