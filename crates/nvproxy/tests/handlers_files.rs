//! `NV_ESC_REGISTER_FD`, dma-bufs, `NV_ESC_IOCTL_XFER_CMD`, and what else concerns files and the host.

mod support;

use nix::errno::Errno;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Abi, Capabilities};
use nvproxy::{EventKeys, Node, Options, Outcome, Refusal};
use std::sync::atomic::Ordering;
use support::*;
use version_tree::{DriverVersion, Tree, version};

const REGISTER_FD: u32 = 0xc9;
const ALLOC_OS_EVENT: u32 = 0xce;
const FREE_OS_EVENT: u32 = 0xcf;
const SYS_PARAMS: u32 = 0xd6;
const NUMA_INFO: u32 = 0xd7;
const EXPORT: u32 = 0xd9;
const XFER: u32 = 0xd3;
const INNER: u64 = 0x30_0000;

fn fixture() -> Fixture {
    Fixture::new(version!("550.54.15"))
}

/// Whether the fixture's client can be used through a file.
fn usable(fixture: &Fixture, file: i32) -> bool {
    fixture.proxy.driver().take();
    fixture.done(file, 0x29, &words(&[fixture.client.0, 0, 0x1234, 0]));
    !fixture.proxy.driver().take().is_empty()
}

#[test]
fn a_client_of_the_control_file_is_used_through_the_device_file_once_it_is_registered() {
    let fixture = fixture();
    assert!(usable(&fixture, CONTROL));
    assert!(!usable(&fixture, DEVICE));
    assert_eq!(fixture.done(DEVICE, REGISTER_FD, &words(&[CONTROL as u32])), words(&[CONTROL as u32]));
    let seen = fixture.proxy.driver().one();
    assert_eq!(seen.argument(), fixture.file(CONTROL).host.number.to_le_bytes());
    assert_eq!(seen.file, fixture.file(DEVICE).host);
    assert!(usable(&fixture, DEVICE));
    assert!(!usable(&fixture, OTHER_CONTROL));
}

#[test]
fn a_registration_that_the_driver_refuses_ties_nothing() {
    let fixture = fixture();
    fixture.proxy.driver().answer(|_, _| Err(Errno::EINVAL));
    assert_eq!(fixture.call(DEVICE, REGISTER_FD, &words(&[CONTROL as u32])), Err(Errno::EINVAL));
    fixture.proxy.driver().answer(|_, _| Ok(0));
    assert!(!usable(&fixture, DEVICE));
}

#[test]
fn the_first_registration_counts() {
    let fixture = fixture();
    for control in [CONTROL, OTHER_CONTROL] {
        fixture.done(DEVICE, REGISTER_FD, &words(&[control as u32]));
    }
    assert!(usable(&fixture, DEVICE));
}

#[test]
fn files_are_registered_neither_with_themselves_nor_with_registered_ones() {
    let fixture = fixture();
    assert_eq!(fixture.call(CONTROL, REGISTER_FD, &words(&[CONTROL as u32])), Err(Errno::EINVAL));
    fixture.done(OTHER_CONTROL, REGISTER_FD, &words(&[CONTROL as u32]));
    fixture.proxy.driver().take();
    assert_eq!(fixture.call(DEVICE, REGISTER_FD, &words(&[OTHER_CONTROL as u32])), Err(Errno::EINVAL));
    assert_eq!(fixture.call(CONTROL, REGISTER_FD, &words(&[OTHER_CONTROL as u32])), Err(Errno::EINVAL));
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn events_are_known_by_the_key_that_the_runtime_chose() {
    for (keys, host) in [(EventKeys::Host, true), (EventKeys::Guest, false)] {
        let options = Options { events: keys, ..Options::default() };
        let fixture = Fixture::of(proxy(version!("550.54.15")), options, 0xc1d0_0001);
        fixture.done(DEVICE, REGISTER_FD, &words(&[CONTROL as u32]));
        fixture.proxy.driver().take();
        for number in [ALLOC_OS_EVENT, FREE_OS_EVENT] {
            let parameters = words(&[fixture.client.0, 0, DEVICE as u32, 0]);
            assert_eq!(fixture.done(DEVICE, number, &parameters), parameters);
            let expected = if host { fixture.file(DEVICE).host.number } else { DEVICE };
            assert_eq!(word(fixture.proxy.driver().one().argument(), 8), expected as u32);
        }
        fixture.memory.holds_nothing_of_the_host().unwrap();
    }
}

#[test]
fn an_event_of_a_descriptor_that_is_none_is_an_invalid_argument() {
    let fixture = fixture();
    fixture.done(DEVICE, REGISTER_FD, &words(&[CONTROL as u32]));
    fixture.proxy.driver().take();
    for fd in [99u32, UVM as u32, u32::MAX] {
        let back = fixture.done(DEVICE, ALLOC_OS_EVENT, &words(&[fixture.client.0, 0, fd, 0]));
        assert_eq!(word(&back, 12), NV_STATUS::NV_ERR_INVALID_ARGUMENT.0);
    }
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn only_the_hosts_own_block_size_is_let_through() {
    let fixture = fixture();
    for size in [0u32, 0x400_0000, 0x800_0001, u32::MAX] {
        assert_eq!(fixture.call(CONTROL, SYS_PARAMS, &words(&[size, 0])), Err(Errno::EBUSY));
    }
    assert_eq!(fixture.call(CONTROL, SYS_PARAMS, &words(&[0x800_0000, 1])), Err(Errno::EBUSY));
    assert!(fixture.proxy.driver().take().is_empty());
    assert_eq!(fixture.call(CONTROL, SYS_PARAMS, &words(&[0x800_0000, 0])), Ok(Outcome::Done(0)));
    assert_eq!(fixture.proxy.driver().one().argument(), words(&[0x800_0000, 0]));
}

#[test]
fn without_a_block_size_none_is_let_through() {
    let abi = Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap();
    let proxy = std::sync::Arc::new(nvproxy::Proxy::new(Script::default(), abi));
    let fixture = Fixture::of(proxy, Options::default(), 1);
    assert_eq!(fixture.call(CONTROL, SYS_PARAMS, &words(&[0x800_0000, 0])), Err(Errno::EBUSY));
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn numa_info_is_refused_at_any_size() {
    let fixture = fixture();
    for size in [0usize, 8, 560, 4096] {
        assert_eq!(fixture.call(DEVICE, NUMA_INFO, &vec![0; size]), Err(Errno::EINVAL));
    }
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn what_is_not_listed_is_einval_and_stays_here() {
    let fixture = fixture();
    fixture.memory.put(ARGUMENT, &vec![0; 0x4000]);
    for number in (0..=0xff).filter(|number| fixture.proxy.abi().frontend().get(*number).is_none()) {
        for size in [0u32, 4, 16, 32, 0x3fff] {
            assert_eq!(fixture.ioctl(CONTROL, request(number, size), ARGUMENT), Err(Errno::EINVAL), "{number:#x}");
        }
    }
    for node in [CAPABILITY, DMA_BUF] {
        assert_eq!(fixture.ioctl(node, request(0x2a, 32), ARGUMENT), Err(Errno::ENOTTY));
    }
    assert!(fixture.proxy.driver().take().is_empty());
    // Once per number, whatever the size, wherever it was asked for.
    assert!(fixture.proxy.counters().unknown().iter().any(|(_, number, count)| *number == 0x5f && *count == 5));
}

#[test]
fn the_direction_and_the_type_of_a_request_do_not_matter() {
    let fixture = fixture();
    fixture.memory.put(ARGUMENT, &words(&[fixture.client.0, 0, 0x1234, 0]));
    for request in [0x0010_0029, 0x8010_0029, 0x4010_ff29, 0xc010_4629u32] {
        assert_eq!(fixture.ioctl(CONTROL, request, ARGUMENT), Ok(Outcome::Done(0)));
        assert_eq!(fixture.proxy.driver().one().request, 0xc010_4629);
    }
}

#[test]
fn a_wrapped_ioctl_is_done_as_a_direct_one() {
    let fixture = fixture();
    let inner = words(&[fixture.client.0, 0, 0x1234, 0]);
    fixture.memory.put(INNER, &inner);
    let outer = words(&[0x29, 16, INNER as u32, 0]);
    assert_eq!(fixture.done(CONTROL, XFER, &outer), outer);
    let seen = fixture.proxy.driver().one();
    assert_eq!((seen.request, seen.argument()), (request(0x29, 16), &inner[..]));
    fixture.memory.read_once().unwrap();
}

#[test]
fn a_wrapped_ioctl_is_refused_as_a_direct_one() {
    let fixture = fixture();
    fixture.memory.put(INNER, &words(&[0xdead, 0, 0x1234, 0]));
    fixture.done(CONTROL, XFER, &words(&[0x29, 16, INNER as u32, 0]));
    assert_eq!(fixture.memory.get_u32(INNER + 12), NV_STATUS::NV_ERR_INVALID_CLIENT.0);
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_wrapper_is_refused_for_what_could_not_be_issued_directly() {
    let fixture = fixture();
    fixture.memory.put(INNER, &vec![0; 0x8000]);
    for (number, size) in [
        (XFER, 16),
        (0x129, 16),
        (0x4629, 16),
        (0xc010_4629, 16),
        (u32::MAX, 16),
        (0x29, 15),
        (0x29, 0),
        (0xc8, 0x4000),
        (0xd4, 0x4000),
        (0xd4, u32::MAX),
        (0x5f, 16),
    ] {
        let result = fixture.call(CONTROL, XFER, &words(&[number, size, INNER as u32, 0]));
        assert_eq!(result, Err(Errno::EINVAL), "{number:#x} {size}");
    }
    for size in [0, 15, 17, 32] {
        assert_eq!(fixture.call(CONTROL, XFER, &vec![0x29; size]), Err(Errno::EINVAL));
    }
    assert_eq!(fixture.call(CONTROL, XFER, &words(&[0x29, 16, 0x66_0000, 0])), Err(Errno::EFAULT));
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_large_array_goes_wrapped() {
    let fixture = fixture();
    let size = 0x3ffc;
    fixture.memory.put(INNER, &vec![0; size]);
    fixture.done(CONTROL, XFER, &words(&[0xd4, size as u32, INNER as u32, 0]));
    assert_eq!(fixture.proxy.driver().one().argument().len(), size);
}

/// Parameters of `NV_ESC_EXPORT_TO_DMABUF_FD`.
fn export(fixture: &Fixture, client: u32, fd: i32) -> Vec<u8> {
    let size = fixture.proxy.abi().frontend().get(EXPORT).unwrap().handling.shapes()[0].layout.size;
    let mut bytes = words(&[fd as u32, client, 1, 1, 0, 0]);
    bytes.resize(size, 0);
    bytes
}

/// The driver opens a dma-buf.
fn opens(fixture: &Fixture) {
    fixture.proxy.driver().answer(|seen, bytes| {
        let at = seen.argument.clone().unwrap().start;
        bytes[at..at + 4].copy_from_slice(&(HOST_FD + 0x777).to_le_bytes());
        Ok(0)
    });
}

fn exporters() -> [DriverVersion; 4] {
    [version!("515.43.04"), version!("550.54.15"), version!("570.86.15"), version!("580.65.06")]
}

#[test]
fn a_new_dma_buf_gets_a_descriptor_of_the_guests() {
    for release in exporters() {
        let fixture = Fixture::new(release);
        opens(&fixture);
        let back = fixture.done(CONTROL, EXPORT, &export(&fixture, fixture.client.0, -1));
        assert_eq!(word(&back, 0), 77);
        let seen = fixture.proxy.driver().one();
        assert_eq!(word(seen.argument(), 0) as i32, -1);
        let file = fixture.file(77);
        assert_eq!((file.file.node(), file.host.number), (Node::DmaBuf, HOST_FD + 0x777));
        fixture.memory.holds_nothing_of_the_host().unwrap();
        // And more is added to it.
        fixture.proxy.driver().answer(|_, _| Ok(0));
        let append = export(&fixture, fixture.client.0, 77);
        assert_eq!(fixture.done(CONTROL, EXPORT, &append), append);
        assert_eq!(word(fixture.proxy.driver().one().argument(), 0) as i32, HOST_FD + 0x777);
        fixture.memory.holds_nothing_of_the_host().unwrap();
    }
}

#[test]
fn a_dma_buf_is_not_added_to_by_any_other_descriptor() {
    let fixture = fixture();
    for fd in [CONTROL, DEVICE, UVM, CAPABILITY, 99, -2, i32::MIN] {
        let back = fixture.done(CONTROL, EXPORT, &export(&fixture, fixture.client.0, fd));
        assert_eq!(word(&back, 2592), NV_STATUS::NV_ERR_INVALID_ARGUMENT.0, "{fd}");
        assert_eq!(word(&back, 0) as i32, fd);
    }
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_guest_without_room_for_a_descriptor_is_told() {
    let fixture = fixture();
    opens(&fixture);
    *fixture.files.full.lock().unwrap() = true;
    let result = fixture.call(CONTROL, EXPORT, &export(&fixture, fixture.client.0, -1));
    assert_eq!(result, Err(Errno::EMFILE));
    fixture.memory.holds_nothing_of_the_host().unwrap();
}

#[test]
fn a_descriptor_that_the_guest_cannot_be_told_of_is_taken_back() {
    let fixture = fixture();
    opens(&fixture);
    fixture.memory.put(ARGUMENT, &export(&fixture, fixture.client.0, -1));
    fixture.memory.accesses.store(0, Ordering::Relaxed);
    fixture.memory.fail_after.store(1, Ordering::Relaxed);
    let result = fixture.ioctl(CONTROL, request(EXPORT, 2600), ARGUMENT);
    assert_eq!(result, Err(Errno::EFAULT));
    assert_eq!(fixture.proxy.driver().take().len(), 1);
    assert!(!fixture.files.open.lock().unwrap().contains_key(&77));
}

#[test]
fn a_dma_buf_that_the_driver_does_not_open_is_none() {
    for (status, errno) in [(0x33u32, None), (0, Some(Errno::EINVAL))] {
        let fixture = fixture();
        fixture.proxy.driver().answer(move |seen, bytes| {
            let at = seen.argument.clone().unwrap().start + 2592;
            bytes[at..at + 4].copy_from_slice(&status.to_le_bytes());
            errno.map_or(Ok(0), Err)
        });
        let result = fixture.call(CONTROL, EXPORT, &export(&fixture, fixture.client.0, -1));
        assert_eq!(result, errno.map_or(Ok(Outcome::Done(0)), Err));
        let back = fixture.memory.get(ARGUMENT, 2600);
        assert_eq!((word(&back, 0) as i32, word(&back, 2592)), (-1, status));
        assert!(!fixture.files.open.lock().unwrap().contains_key(&77));
    }
}

#[test]
fn exporting_needs_its_capability() {
    let options = Options { capabilities: Capabilities::all() - Capabilities::RDMA, ..Options::default() };
    let fixture = Fixture::of(proxy(version!("550.54.15")), options, 1);
    assert_eq!(fixture.call(CONTROL, EXPORT, &export(&fixture, 1, -1)), Err(Errno::EINVAL));
    assert!(fixture.proxy.driver().take().is_empty());
    let refused = fixture.proxy.counters().iter(fixture.proxy.abi()).find(|(_, row, _)| row.number == EXPORT).unwrap();
    assert_eq!(refused.2.refusals()[Refusal::Capability(Capabilities::RDMA).kind()], 1);
}
