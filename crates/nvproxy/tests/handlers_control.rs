//! `NV_ESC_RM_CONTROL`: which commands get to the driver, and with what.

mod support;

use nix::errno::Errno;
use nvproxy::Options;
use nvproxy::abi::row::PARAMS_SIZE_MAX;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Abi, Capabilities, Parameters};
use support::*;
use version_tree::{Tree, version};

const PARAMS: u64 = 0x100_0000;
const OBJECT: u32 = 0x5000_0001;
/// `NV0000_CTRL_CMD_SYSTEM_GET_FEATURES`-like: 8 bytes, passed as they are.
const BUS_GET_PCI_INFO: u32 = 0x2080_1801;
const NV20_SUBDEVICE_0: u32 = 0x2080;
const NV2081_BINAPI: u32 = 0x2081;
/// `NV503C_CTRL_CMD_REGISTER_VA_SPACE`, whose object needs the address space from then on.
const REGISTER_VA_SPACE: u32 = 0x503c_0102;

fn fixture() -> Fixture {
    Fixture::new(version!("550.54.15"))
}

fn with(capabilities: Capabilities) -> Fixture {
    Fixture::of(proxy(version!("550.54.15")), Options { capabilities, ..Options::default() }, 0xc1d0_0001)
}

fn size(fixture: &Fixture, command: u32) -> u32 {
    fixture.proxy.abi().control().get(command).unwrap().handling.shapes()[0].layout.size as u32
}

#[test]
fn an_unknown_command_is_not_supported() {
    let fixture = fixture();
    fixture.memory.put(PARAMS, &[1; 64]);
    for command in [0u32, 0x2080_7fff, 0xffff_0000, 0x0001_0001] {
        assert_eq!(fixture.control(OBJECT, command, PARAMS, 8), Ok(NV_STATUS::NV_ERR_NOT_SUPPORTED.0), "{command:#x}");
    }
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_command_without_the_capability_for_it_is_not_supported() {
    let every = Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap();
    let mut tried = 0;
    for capability in Capabilities::all().iter() {
        // Without the one there would be no clients.
        let capability = capability | Capabilities::UTILITY;
        let fixture = with(capability);
        fixture.memory.put(PARAMS, &[0; 0x4000]);
        for row in every.control().iter().filter(|row| !row.capabilities.intersects(capability)) {
            let size = row.handling.shapes().first().map_or(0, |shape| shape.layout.size as u32);
            let address = if size == 0 { 0 } else { PARAMS };
            let status = fixture.control(OBJECT, row.number, address, size);
            assert_eq!(status, Ok(NV_STATUS::NV_ERR_NOT_SUPPORTED.0), "{}", row.name);
            tried += 1;
        }
        assert!(fixture.proxy.driver().take().is_empty(), "{capability:?}");
    }
    assert!(tried > 500, "only {tried}");
}

#[test]
fn parameters_of_another_size_are_refused() {
    let fixture = fixture();
    fixture.memory.put(PARAMS, &[1; 0x1000]);
    let right = size(&fixture, BUS_GET_PCI_INFO);
    for wrong in [1, right - 1, right + 1, 0x1000, u32::MAX] {
        let status = fixture.control(OBJECT, BUS_GET_PCI_INFO, PARAMS, wrong);
        assert_eq!(status, Ok(NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT.0), "{wrong}");
    }
    let reads = fixture.memory.reads.lock().unwrap().clone();
    assert!(reads.iter().all(|range| range.start != PARAMS), "not even read");
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn parameters_of_an_unknown_size_are_bounded() {
    let fixture = fixture();
    let command = fixture
        .proxy
        .abi()
        .control()
        .iter()
        .find(|row| matches!(row.handling.parameters, Parameters::Opaque(_) | Parameters::Unpublished))
        .map(|row| row.number)
        .expect("a command without published parameters");
    let limit = PARAMS_SIZE_MAX as u32;
    assert_eq!(fixture.control(OBJECT, command, PARAMS, limit + 1), Ok(NV_STATUS::NV_ERR_INVALID_ARGUMENT.0));
    assert!(fixture.proxy.driver().take().is_empty());
    fixture.memory.put(PARAMS, &vec![5; PARAMS_SIZE_MAX]);
    assert_eq!(fixture.control(OBJECT, command, PARAMS, limit), Ok(0));
    let seen = fixture.proxy.driver().one();
    assert_eq!(seen.follow(long(seen.argument(), 16)).map(<[u8]>::len), Some(PARAMS_SIZE_MAX));
}

#[test]
fn a_pointer_without_a_size_and_a_size_without_a_pointer_are_refused() {
    let fixture = fixture();
    fixture.memory.put(PARAMS, &[1; 64]);
    let right = size(&fixture, BUS_GET_PCI_INFO);
    assert_eq!(fixture.control(OBJECT, BUS_GET_PCI_INFO, 0, right), Ok(NV_STATUS::NV_ERR_INVALID_ARGUMENT.0));
    let empty = fixture.proxy.abi().control().iter().find(|row| row.handling.parameters == Parameters::Empty);
    let empty = empty.expect("a command without parameters").number;
    assert_eq!(fixture.control(OBJECT, empty, PARAMS, 0), Ok(NV_STATUS::NV_ERR_INVALID_ARGUMENT.0));
    assert!(fixture.proxy.driver().take().is_empty());
    assert_eq!(fixture.control(OBJECT, empty, 0, 0), Ok(0));
    assert_eq!(long(fixture.proxy.driver().one().argument(), 16), 0);
}

#[test]
fn flags_are_refused() {
    let fixture = fixture();
    fixture.memory.put(PARAMS, &[1; 64]);
    let right = size(&fixture, BUS_GET_PCI_INFO);
    for flags in [1, 2, 4, 0x8000_0000, u32::MAX] {
        let status = fixture.control_flags(OBJECT, BUS_GET_PCI_INFO, PARAMS, right, flags);
        assert_eq!(status, Ok(NV_STATUS::NV_ERR_INVALID_ARGUMENT.0), "{flags:#x}");
    }
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_status_of_the_drivers_is_the_guests() {
    let fixture = fixture();
    let right = size(&fixture, BUS_GET_PCI_INFO);
    fixture.memory.put(PARAMS, &vec![1; right as usize]);
    fail(&fixture.proxy, 28, NV_STATUS::NV_ERR_GPU_IS_LOST.0);
    assert_eq!(fixture.control(OBJECT, BUS_GET_PCI_INFO, PARAMS, right), Ok(NV_STATUS::NV_ERR_GPU_IS_LOST.0));
    assert_eq!(long(&fixture.memory.get(ARGUMENT, 32), 16), PARAMS);
    fixture.proxy.driver().answer(|_, _| Err(Errno::EINTR));
    assert_eq!(fixture.control(OBJECT, BUS_GET_PCI_INFO, PARAMS, right), Err(Errno::EINTR));
    assert_eq!(long(&fixture.memory.get(ARGUMENT, 32), 16), PARAMS);
    fixture.memory.holds_nothing_of_the_host().unwrap();
}

#[test]
fn commands_of_the_firmware_go_to_objects_of_their_class_only() {
    let fixture = fixture();
    fixture.memory.put(PARAMS, &[9; 48]);
    assert_eq!(fixture.alloc(OBJECT, fixture.client.0, NV20_SUBDEVICE_0, 0), 0);
    assert_eq!(fixture.alloc(OBJECT + 1, fixture.client.0, NV2081_BINAPI, 0), 0);
    fixture.proxy.driver().take();
    let legacy = NV20_SUBDEVICE_0 << 16 | 0x8123;
    // Any command of this class is the firmware's, with the bit or without.
    let binapi = NV2081_BINAPI << 16 | 0x0123;
    for (object, command, reaches) in [
        (OBJECT, legacy, true),
        (OBJECT + 1, legacy, false),
        (OBJECT + 9, legacy, false),
        (fixture.client.0, legacy, false),
        (OBJECT + 1, binapi, true),
        (OBJECT + 1, binapi | 0x8000, true),
        (OBJECT, binapi, false),
        (OBJECT, binapi | 0x8000, false),
    ] {
        let status = fixture.control(object, command, PARAMS, 48);
        let seen = fixture.proxy.driver().take();
        assert_eq!(seen.len(), usize::from(reaches), "{object:#x} {command:#x}");
        match seen.first() {
            Some(seen) => assert_eq!(seen.follow(long(seen.argument(), 16)), Some(&[9u8; 48][..])),
            None => assert_eq!(status, Ok(NV_STATUS::NV_ERR_NOT_SUPPORTED.0)),
        }
    }
    // Nor, once the object is gone, to whatever has its handle then.
    assert_eq!(fixture.free(OBJECT), 0);
    fixture.proxy.driver().take();
    assert_eq!(fixture.control(OBJECT, legacy, PARAMS, 48), Ok(NV_STATUS::NV_ERR_NOT_SUPPORTED.0));
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn commands_of_the_firmware_need_the_capability_for_their_class() {
    let fixture = with(Capabilities::DEFAULT);
    // The class of a profiler, and one that there is not.
    for class in [0x90ccu32, 0x1234] {
        let status = fixture.control(OBJECT, class << 16 | 0x8001, 0, 0);
        assert_eq!(status, Ok(NV_STATUS::NV_ERR_NOT_SUPPORTED.0), "{class:#x}");
    }
    assert!(fixture.proxy.driver().take().is_empty());
    // The same with the capability, to see that it is what was missing.
    let fixture = with(Capabilities::all());
    assert_eq!(fixture.alloc(OBJECT, fixture.client.0, 0x90cc, 0), 0);
    assert!(fixture.knows(OBJECT, 0x90cc));
}

#[test]
fn the_firmware_gets_no_more_than_the_limit() {
    let fixture = fixture();
    assert_eq!(fixture.alloc(OBJECT, fixture.client.0, NV20_SUBDEVICE_0, 0), 0);
    fixture.proxy.driver().take();
    let size = PARAMS_SIZE_MAX as u32 + 1;
    assert_ne!(fixture.control(OBJECT, NV20_SUBDEVICE_0 << 16 | 0x8001, PARAMS, size), Ok(0));
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn registering_an_address_space_makes_the_object_go_with_it() {
    let fixture = fixture();
    let (p2p, space) = (OBJECT, OBJECT + 1);
    for (status, goes) in [(NV_STATUS::NV_ERR_INVALID_STATE.0, false), (0, true)] {
        assert_eq!(fixture.alloc(p2p, fixture.client.0, 0x503c, 0), 0);
        assert_eq!(fixture.alloc(space, fixture.client.0, 0x90f1, 0), 0);
        let size = size(&fixture, REGISTER_VA_SPACE);
        let mut params = vec![0; size as usize];
        params[..4].copy_from_slice(&space.to_le_bytes());
        fixture.memory.put(PARAMS, &params);
        if status != 0 {
            fail(&fixture.proxy, 28, status);
        }
        assert_eq!(fixture.control(p2p, REGISTER_VA_SPACE, PARAMS, size), Ok(status));
        fixture.proxy.driver().answer(|_, _| Ok(0));
        assert_eq!(fixture.free(space), 0);
        assert_eq!(fixture.knows(p2p, 0x503c), !goes);
    }
}

/// Asks for the build's version with a count and so many pointers, of a driver that does as NVIDIA's does (compare
/// src/nvidia/interface/deprecated/rmapi_deprecated_control.c): it says how long the longest string is if a pointer is
/// null, and else writes what fits, and never more. The count afterwards, and what the driver was told.
fn build_version(fixture: &Fixture, count: u32, pointers: usize) -> (u32, u32) {
    const LONGEST: u32 = 22;
    let mut params = words(&[count, 0x7777_7777]);
    for index in 0..3 {
        let address = if index < pointers { PARAMS + 0x1000 * (index as u64 + 1) } else { 0 };
        params.extend(address.to_le_bytes());
        fixture.memory.put(PARAMS + 0x1000 * (index as u64 + 1), &[9; 1024]);
    }
    params.extend([0; 8]);
    fixture.memory.put(PARAMS, &params);
    fixture.proxy.driver().answer(|seen, bytes| {
        let params = (long(seen.argument(), 16) - HOST_BASE) as usize;
        let pointers: [u64; 3] = std::array::from_fn(|index| long(bytes, params + 8 + 8 * index));
        if pointers.contains(&0) {
            bytes[params..params + 4].copy_from_slice(&LONGEST.to_le_bytes());
        }
        Ok(0)
    });
    assert_eq!(fixture.control(fixture.client.0, 0x101, PARAMS, params.len() as u32), Ok(0));
    let seen = fixture.proxy.driver().one();
    let block = (long(seen.argument(), 16) - HOST_BASE) as usize;
    assert_eq!(fixture.memory.get(PARAMS + 4, 4), [0x77; 4], "what no field is, stays");
    (fixture.memory.get_u32(PARAMS), word(&seen.bytes, block))
}

#[test]
fn a_count_that_is_cut_down_comes_back_as_the_driver_leaves_it() {
    let fixture = fixture();
    for (count, pointers, after, told) in [
        (1000, 3, 1000, 256),
        (u32::MAX, 3, u32::MAX, 256),
        (256, 3, 256, 256),
        (100, 3, 100, 100),
        // Who leaves one out asks how long they are.
        (1000, 2, 22, 256),
        (1000, 1, 22, 256),
        (1000, 0, 22, 1000),
    ] {
        assert_eq!(build_version(&fixture, count, pointers), (after, told), "{count} for {pointers}");
    }
}
