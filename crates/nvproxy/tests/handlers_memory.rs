//! The older calls that make memory objects, and `NV_ESC_RM_MAP_MEMORY`.

mod support;

use nix::errno::Errno;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::{EventKeys, Lending, Mapping, MemoryType, Node, Options, Outcome};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use support::*;
use version_tree::{DriverVersion, version};

const ALLOC_MEMORY: u32 = 0x27;
const VID_HEAP_CONTROL: u32 = 0x4a;
const MAP_MEMORY: u32 = 0x4e;
const ALLOC_CONTEXT_DMA2: u32 = 0x54;
const OBJECT: u32 = 0x5000_0001;
/// `NVOS02_FLAGS_MAPPING_NO_MAP`
const NO_MAP: u32 = 1 << 30;
/// `NVOS02_FLAGS_ALLOC_NONE`
const NONE: u32 = 1 << 16;
const READ_ONLY: u32 = 1 << 21;
const NO_FD: u32 = u32::MAX;

fn fixture() -> Fixture {
    Fixture::new(version!("550.54.15"))
}

/// Parameters of `NV_ESC_RM_ALLOC_MEMORY`.
fn memory(fixture: &Fixture, class: u32, flags: u32, address: u32, limit: u32, fd: u32) -> Vec<u8> {
    words(&[fixture.client.0, fixture.client.0, OBJECT, class, flags, 0, address, 0, limit, 0, 0, 0, fd, 0])
}

/// Parameters of `NV_ESC_RM_MAP_MEMORY`.
fn map(fixture: &Fixture, length: u32, flags: u32, fd: i32) -> Vec<u8> {
    words(&[fixture.client.0, 1, 2, 0, 0, 0, length, 0, 0, 0, 0, flags, fd as u32, 0])
}

fn mapping(fixture: &Fixture, fd: i32) -> Option<Mapping> {
    fixture.file(fd).file.mapping()
}

#[test]
fn system_memory_prepares_its_file_once() {
    for (fd, memory_type) in [(OTHER_CONTROL, MemoryType::WriteCombined), (DEVICE, MemoryType::Uncached)] {
        let fixture = fixture();
        let parameters = memory(&fixture, 0x3e, 0, 0, 0x1fff, fd as u32);
        let back = fixture.done(CONTROL, ALLOC_MEMORY, &parameters);
        assert_eq!(back, parameters, "the guest's own descriptor");
        let seen = fixture.proxy.driver().one();
        assert_eq!(word(seen.argument(), 48), fixture.file(fd).host.number as u32);
        assert_eq!(mapping(&fixture, fd), Some(Mapping { length: 0x2000, memory: memory_type }));
        assert!(fixture.knows(OBJECT, 0x3e));
        assert_eq!(fixture.call(CONTROL, ALLOC_MEMORY, &parameters), Err(Errno::EINVAL), "a second time");
        assert!(fixture.proxy.driver().take().is_empty());
        fixture.memory.holds_nothing_of_the_host().unwrap();
    }
}

#[test]
fn system_memory_that_is_not_mapped_needs_no_file_and_prepares_none() {
    for flags in [NO_MAP, NONE] {
        let fixture = fixture();
        for fd in [NO_FD, OTHER_CONTROL as u32] {
            let parameters = memory(&fixture, 0x3e, flags, 0, 0x1fff, fd);
            assert_eq!(fixture.done(CONTROL, ALLOC_MEMORY, &parameters), parameters);
            fixture.proxy.driver().one();
        }
        assert_eq!(mapping(&fixture, OTHER_CONTROL), None);
    }
    let fixture = fixture();
    let back = fixture.done(CONTROL, ALLOC_MEMORY, &memory(&fixture, 0x3e, 0, 0, 0x1fff, NO_FD));
    assert_eq!(word(&back, 40), NV_STATUS::NV_ERR_INVALID_ARGUMENT.0);
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn system_memory_that_the_driver_refuses_prepares_nothing() {
    let fixture = fixture();
    fail(&fixture.proxy, 40, NV_STATUS::NV_ERR_NO_MEMORY.0);
    let back = fixture.done(CONTROL, ALLOC_MEMORY, &memory(&fixture, 0x3e, 0, 0, 0x1fff, DEVICE as u32));
    assert_eq!((word(&back, 40), word(&back, 48)), (NV_STATUS::NV_ERR_NO_MEMORY.0, DEVICE as u32));
    assert_eq!(mapping(&fixture, DEVICE), None);
    fixture.proxy.driver().answer(|_, _| Ok(0));
    assert!(!fixture.knows(OBJECT, 0x3e));
}

#[test]
fn memory_of_a_gpu_comes_without_a_file_whatever_the_guest_says() {
    for class in [0x40, 0x3f] {
        for fd in [DEVICE, CONTROL, 99, -1, i32::MIN] {
            let fixture = fixture();
            let parameters = memory(&fixture, class, 0, 0x1000, 0xfff, fd as u32);
            assert_eq!(fixture.done(CONTROL, ALLOC_MEMORY, &parameters), parameters);
            assert_eq!(word(fixture.proxy.driver().one().argument(), 48), NO_FD);
            assert_eq!(mapping(&fixture, DEVICE), None);
            assert!(class == 0x3f || fixture.knows(OBJECT, class));
        }
    }
}

#[test]
fn memory_of_the_guests_is_mapped_for_the_driver() {
    for (flags, writable) in [(0, true), (READ_ONLY, false)] {
        let fixture = fixture();
        let gone = Arc::new(AtomicU64::new(0));
        let loan = Loan(HOST_BASE + 0x5000, gone.clone());
        *fixture.memory.lending.lock().unwrap() = Some(Ok(Lending::Mapped(Box::new(loan))));
        // One byte more than a page: two pages.
        let parameters = memory(&fixture, 0x71, flags, 0x70_0000, 0x1000, 99);
        assert_eq!(fixture.done(CONTROL, ALLOC_MEMORY, &parameters), parameters);
        assert_eq!(*fixture.memory.lent.lock().unwrap(), [(0x70_0000, 0x2000, writable)]);
        let seen = fixture.proxy.driver().one();
        assert_eq!((long(seen.argument(), 24), word(seen.argument(), 48)), (HOST_BASE + 0x5000, NO_FD));
        fixture.memory.holds_nothing_of_the_host().unwrap();
        assert_eq!(gone.load(Ordering::SeqCst), 0);
        assert_eq!(fixture.free(OBJECT), 0);
        assert_eq!(gone.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn memory_of_the_guests_is_given_back_if_the_driver_refuses() {
    for answer in [Ok(0), Err(Errno::ENOMEM), Err(Errno::EFAULT)] {
        let fixture = fixture();
        let gone = Arc::new(AtomicU64::new(0));
        let loan = Loan(HOST_BASE, gone.clone());
        *fixture.memory.lending.lock().unwrap() = Some(Ok(Lending::Mapped(Box::new(loan))));
        fixture.proxy.driver().answer(move |seen, bytes| {
            bytes[seen.argument.clone().unwrap().start + 40] = 0x51;
            answer
        });
        let result = fixture.call(CONTROL, ALLOC_MEMORY, &memory(&fixture, 0x71, 0, 0x70_0000, 0xfff, NO_FD));
        assert_eq!(result, answer.map(Outcome::Done));
        assert_eq!(gone.load(Ordering::SeqCst), 1);
        assert_eq!(long(&fixture.memory.get(ARGUMENT, 56), 24), 0x70_0000);
        fixture.memory.holds_nothing_of_the_host().unwrap();
    }
}

#[test]
fn a_guest_that_can_makes_the_object_itself() {
    let fixture = fixture();
    *fixture.memory.lending.lock().unwrap() = Some(Ok(Lending::Native));
    let parameters = memory(&fixture, 0x71, 0, 0x70_0000, 0xfff, NO_FD);
    assert_eq!(fixture.call(CONTROL, ALLOC_MEMORY, &parameters), Ok(Outcome::Native));
    assert!(fixture.proxy.driver().take().is_empty());
    assert!(fixture.memory.writes.lock().unwrap().is_empty(), "its parameters are as they were");
    // The object is known: what depends on it goes with it.
    assert_eq!(fixture.alloc(OBJECT + 1, OBJECT, 0x2080, 0), 0);
    assert_eq!(fixture.free(OBJECT), 0);
    assert!(!fixture.knows(OBJECT + 1, 0x2080));
}

/// The driver refuses a handle that is taken, and the guest's own call is not seen to fail.
#[test]
fn a_guest_that_makes_an_object_itself_takes_no_known_handle() {
    let fixture = fixture();
    // An object that passes commands on to the firmware, and what it hangs on.
    const DEVICE_OBJECT: u32 = OBJECT + 2;
    const FORWARDER: u32 = OBJECT + 3;
    assert_eq!(fixture.alloc(DEVICE_OBJECT, fixture.client.0, 0x2080, 0), 0);
    assert_eq!(fixture.alloc(FORWARDER, DEVICE_OBJECT, 0x2081, 0), 0);
    fixture.proxy.driver().take();
    for taken in [FORWARDER, DEVICE_OBJECT, fixture.client.0] {
        *fixture.memory.lending.lock().unwrap() = Some(Ok(Lending::Native));
        let mut parameters = memory(&fixture, 0x71, 0, 0x70_0000, 0xfff, NO_FD);
        parameters[8..12].copy_from_slice(&taken.to_le_bytes());
        let back = fixture.done(CONTROL, ALLOC_MEMORY, &parameters);
        assert_eq!(word(&back, 40), NV_STATUS::NV_ERR_INSERT_DUPLICATE_NAME.0, "{taken:#x}");
        assert!(fixture.proxy.driver().take().is_empty());
        assert!(fixture.knows(FORWARDER, 0x2081), "{taken:#x}");
    }
}

#[test]
fn what_the_runtime_answers_is_the_guests_answer() {
    for errno in [Errno::ENOSYS, Errno::EFAULT, Errno::EPERM] {
        let fixture = fixture();
        *fixture.memory.lending.lock().unwrap() = Some(Err(errno));
        let parameters = memory(&fixture, 0x71, 0, 0x70_0000, 0xfff, NO_FD);
        assert_eq!(fixture.call(CONTROL, ALLOC_MEMORY, &parameters), Err(errno));
        assert!(fixture.proxy.driver().take().is_empty());
    }
}

#[test]
fn memory_that_cannot_be_is_not_lent() {
    let fixture = fixture();
    let mut huge = memory(&fixture, 0x71, 0, 0x70_0000, 0, NO_FD);
    huge[32..40].fill(0xff);
    let mut past_the_end = memory(&fixture, 0x71, 0, 0, 0x1fff, NO_FD);
    past_the_end[24..32].copy_from_slice(&(u64::MAX - 0xfff).to_le_bytes());
    let unaligned = memory(&fixture, 0x71, 0, 0x70_0001, 0xfff, NO_FD);
    let mut foreign = memory(&fixture, 0x71, 0, 0x70_0000, 0xfff, NO_FD);
    foreign[..4].copy_from_slice(&0xdead_u32.to_le_bytes());
    for parameters in [huge, past_the_end, unaligned, foreign] {
        assert_ne!(word(&fixture.done(CONTROL, ALLOC_MEMORY, &parameters), 40), 0);
        assert!(fixture.memory.lent.lock().unwrap().is_empty());
        assert!(fixture.proxy.driver().take().is_empty());
    }
}

#[test]
fn other_classes_of_memory_are_refused() {
    let fixture = fixture();
    for class in [0u32, 0x5, 0x3d, 0x41, 0x70, 0x72, 0x80, 0x2080, 0xffff_ffff] {
        let back = fixture.done(CONTROL, ALLOC_MEMORY, &memory(&fixture, class, NO_MAP, 0, 0xfff, NO_FD));
        assert_eq!(word(&back, 40), NV_STATUS::NV_ERR_NOT_SUPPORTED.0, "{class:#x}");
    }
    assert!(fixture.proxy.driver().take().is_empty());
}

/// Parameters of `NV_ESC_RM_VID_HEAP_CONTROL`; `set` are numbers of 32 bits by their offsets.
fn vid_heap(fixture: &Fixture, function: u32, set: &[(usize, u32)]) -> Vec<u8> {
    let mut bytes = words(&[fixture.client.0, fixture.client.0, function]);
    bytes.resize(184, 0);
    for (at, value) in set {
        bytes[*at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    bytes
}

/// What is looked at of the parameters, at every form there is.
fn offsets(release: DriverVersion) -> [usize; 5] {
    let fixture = Fixture::new(release);
    let layout = fixture.proxy.abi().frontend().get(VID_HEAP_CONTROL).unwrap().handling.shapes()[0].layout;
    assert_eq!(layout.size, 184);
    let at = |name: &str| {
        let mut found = None;
        layout.walk(&mut |path, offset, _| {
            if path == name {
                found = Some(offset);
            }
        });
        found.unwrap_or_else(|| panic!("{release}: {name}"))
    };
    ["hMemory", "flags", "attr", "attr2", "address"].map(|name| at(&format!("data.AllocSize.{name}")))
}

#[test]
fn video_memory_is_of_the_class_that_the_attributes_say() {
    let releases = [version!("515.43.04"), version!("530.30.02"), version!("550.40.07"), version!("575.51.02")];
    for release in releases {
        let [memory, flags, attr, _, address] = offsets(release);
        for (set, class) in [
            (vec![], 0x40),
            // NVOS32_ATTR_LOCATION_PCI
            (vec![(attr, 1 << 25)], 0x3e),
            (vec![(flags, 0x0008_0000)], 0x50a0),
        ] {
            let fixture = Fixture::new(release);
            let mut set = set;
            set.extend([(memory, OBJECT), (address, 0x1234), (12, 0x90f1)]);
            let parameters = vid_heap(&fixture, 2, &set);
            assert_eq!(fixture.done(CONTROL, VID_HEAP_CONTROL, &parameters), parameters, "{release}");
            assert_eq!(fixture.proxy.driver().one().argument(), parameters, "{release}: a key, passed as it is");
            assert!(fixture.knows(OBJECT, class), "{release} {class:#x}");
        }
    }
}

#[test]
fn virtual_memory_goes_with_its_address_space() {
    let fixture = fixture();
    let [memory, flags, ..] = offsets(version!("550.54.15"));
    assert_eq!(fixture.alloc(7, fixture.client.0, 0x90f1, 0), 0);
    let parameters = vid_heap(&fixture, 2, &[(memory, OBJECT), (flags, 0x0008_0000), (12, 7)]);
    fixture.done(CONTROL, VID_HEAP_CONTROL, &parameters);
    assert!(fixture.knows(OBJECT, 0x50a0));
    assert_eq!(fixture.free(7), 0);
    assert!(!fixture.knows(OBJECT, 0x50a0));
}

#[test]
fn other_functions_of_the_heap_are_refused() {
    let fixture = fixture();
    for function in (0..64).filter(|function| *function != 2).chain([u32::MAX, 0x0001_0002]) {
        let back = fixture.done(CONTROL, VID_HEAP_CONTROL, &vid_heap(&fixture, function, &[]));
        assert_eq!(word(&back, 20), NV_STATUS::NV_ERR_NOT_SUPPORTED.0, "{function}");
    }
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_context_dma_goes_with_its_memory() {
    let fixture = fixture();
    assert_eq!(fixture.alloc(7, fixture.client.0, 0x80, 0), 0);
    assert_eq!(fixture.alloc(8, 7, 0x40, 0), 0);
    fixture.proxy.driver().take();
    let parameters = words(&[fixture.client.0, 0, OBJECT, 0x2, 0, 0, 8, 0, 0, 0, 0xfff, 0, 0, 0]);
    assert_eq!(fixture.done(CONTROL, ALLOC_CONTEXT_DMA2, &parameters), parameters);
    assert_eq!(fixture.proxy.driver().one().argument(), parameters);
    assert!(fixture.knows(OBJECT, 0x2));
    assert_eq!(fixture.free(8), 0);
    assert!(!fixture.knows(OBJECT, 0x2));
}

#[test]
fn a_context_dma_goes_with_its_memorys_parent() {
    let fixture = fixture();
    assert_eq!(fixture.alloc(7, fixture.client.0, 0x80, 0), 0);
    assert_eq!(fixture.alloc(8, 7, 0x40, 0), 0);
    fixture.done(CONTROL, ALLOC_CONTEXT_DMA2, &words(&[fixture.client.0, 0, OBJECT, 2, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]));
    assert_eq!(fixture.free(7), 0);
    assert!(!fixture.knows(OBJECT, 0x2));
}

#[test]
fn a_mapping_prepares_its_file_once() {
    let fixture = fixture();
    // The driver tells another caching type than was asked for, and a cookie.
    fixture.proxy.driver().answer(|seen, bytes| {
        let start = seen.argument.clone().unwrap().start;
        bytes[start + 32..start + 40].copy_from_slice(&0x1_2345_6000u64.to_le_bytes());
        bytes[start + 44..start + 48].copy_from_slice(&(5u32 << 23).to_le_bytes());
        Ok(0)
    });
    let parameters = map(&fixture, 0x3000, 6 << 23, OTHER_CONTROL);
    let back = fixture.done(CONTROL, MAP_MEMORY, &parameters);
    let seen = fixture.proxy.driver().one();
    assert_eq!(word(seen.argument(), 48), fixture.file(OTHER_CONTROL).host.number as u32);
    assert_eq!(long(&back, 32), 0x1_2345_6000);
    assert_eq!(word(&back, 48), OTHER_CONTROL as u32);
    let expected = Mapping { length: 0x3000, memory: MemoryType::WriteBack };
    assert_eq!(mapping(&fixture, OTHER_CONTROL), Some(expected));
    assert_eq!(fixture.call(CONTROL, MAP_MEMORY, &parameters), Err(Errno::EINVAL));
    let system = memory(&fixture, 0x3e, 0, 0, 0xfff, OTHER_CONTROL as u32);
    assert_eq!(fixture.call(CONTROL, ALLOC_MEMORY, &system), Err(Errno::EINVAL));
    assert!(fixture.proxy.driver().take().is_empty());
    assert_eq!(mapping(&fixture, OTHER_CONTROL), Some(expected), "as before");
}

#[test]
fn the_memory_type_follows_node_and_caching_type() {
    use MemoryType::{Uncached, WriteBack, WriteCombined};
    let control = [WriteBack, Uncached, WriteCombined, Uncached, Uncached, WriteBack, WriteCombined, Uncached];
    for (caching, of_control) in control.into_iter().enumerate() {
        for (fd, expected) in [(OTHER_CONTROL, of_control), (DEVICE, Uncached)] {
            let fixture = fixture();
            fixture.done(CONTROL, MAP_MEMORY, &map(&fixture, 0x1000, (caching as u32) << 23, fd));
            assert_eq!(mapping(&fixture, fd).unwrap().memory, expected, "{caching} {fd}");
        }
    }
}

#[test]
fn a_mapping_that_the_driver_refuses_prepares_nothing() {
    let fixture = fixture();
    fail(&fixture.proxy, 40, NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE.0);
    let back = fixture.done(CONTROL, MAP_MEMORY, &map(&fixture, 0x1000, 0, DEVICE));
    assert_eq!(word(&back, 40), NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE.0);
    assert_eq!(mapping(&fixture, DEVICE), None);
    fixture.proxy.driver().answer(|_, _| Err(Errno::EINVAL));
    assert_eq!(fixture.call(CONTROL, MAP_MEMORY, &map(&fixture, 0x1000, 0, DEVICE)), Err(Errno::EINVAL));
    assert_eq!(mapping(&fixture, DEVICE), None);
    fixture.proxy.driver().answer(|_, _| Ok(0));
    assert_eq!(word(&fixture.done(CONTROL, MAP_MEMORY, &map(&fixture, 0x1000, 0, DEVICE)), 40), 0);
    assert!(mapping(&fixture, DEVICE).is_some());
}

#[test]
fn memory_of_a_gpu_that_the_sandbox_was_not_given_cannot_be_opened() {
    let proxy = proxy(version!("550.54.15"));
    let sandbox = proxy.sandbox(Options { gpus: Some(vec![1]), events: EventKeys::Host, ..Options::default() });
    assert_eq!(proxy.open(&sandbox, Node::Device(0)).err(), Some(Errno::ENODEV));
    assert!(proxy.open(&sandbox, Node::Device(1)).is_ok());
}
