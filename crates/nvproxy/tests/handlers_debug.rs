//! `NV83DE_CTRL_CMD_DEBUG_READ_MEMORY`: memory that a debugger reads, in pieces where there is much of it.

mod support;

use nix::errno::Errno;
use nvproxy::abi::status::NV_STATUS;
use support::*;
use version_tree::version;

const READ_MEMORY: u32 = 0x83de_0315;
const GT200_DEBUGGER: u32 = 0x83de;
const DEBUGGER: u32 = 0x5000_0001;
const MEMORY: u32 = 0x5000_0002;
const PARAMS: u64 = 0x100_0000;
const BUFFER: u64 = 0x4000_0000;
const MIB: u64 = 1 << 20;

fn fixture() -> Fixture {
    let fixture = Fixture::new(version!("595.45.04"));
    assert_eq!(fixture.alloc(DEBUGGER, fixture.client.0, GT200_DEBUGGER, 0), 0);
    fixture.proxy.driver().take();
    fixture
}

fn params(length: u32, offset: u64, buffer: u64) -> Vec<u8> {
    [words(&[MEMORY, length]), offset.to_le_bytes().to_vec(), buffer.to_le_bytes().to_vec()].concat()
}

fn read(fixture: &Fixture, object: u32, length: u32, offset: u64, buffer: u64) -> Result<u32, Errno> {
    fixture.memory.put(PARAMS, &params(length, offset, buffer));
    fixture.control(object, READ_MEMORY, PARAMS, 24)
}

/// A byte of the memory that is read.
fn content(at: u64) -> u8 {
    (at ^ at >> 8 ^ at >> 16) as u8
}

/// Has the driver read memory of some bytes as NVIDIA's does: a range of it whole, or nothing.
fn memory_of(fixture: &Fixture, size: u64) {
    fixture.proxy.driver().answer(move |seen, bytes| {
        let argument = seen.argument.clone().unwrap();
        let params = (long(seen.argument(), 16) - HOST_BASE) as usize;
        let (length, offset) = (u64::from(word(bytes, params + 4)), long(bytes, params + 8));
        let buffer = long(bytes, params + 16);
        let fits = length > 0 && buffer != 0 && offset.checked_add(length).is_some_and(|end| end <= size);
        let status = if fits { 0 } else { NV_STATUS::NV_ERR_INVALID_ARGUMENT.0 };
        bytes[argument.start + 28..argument.start + 32].copy_from_slice(&status.to_le_bytes());
        if fits {
            assert_eq!(seen.follow(buffer).map(<[u8]>::len), Some(length as usize), "room for what is read");
            let buffer = (buffer - HOST_BASE) as usize;
            for (at, byte) in (offset..).zip(&mut bytes[buffer..buffer + length as usize]) {
                *byte = content(at);
            }
        }
        Ok(0)
    });
}

/// The offset and the length of each command that the driver got.
fn ranges(fixture: &Fixture) -> Vec<(u64, u64)> {
    let range = |seen: Seen| {
        let params = (long(seen.argument(), 16) - HOST_BASE) as usize;
        assert_eq!(word(&seen.bytes, params), MEMORY);
        (long(&seen.bytes, params + 8), u64::from(word(&seen.bytes, params + 4)))
    };
    fixture.proxy.driver().take().into_iter().map(range).collect()
}

#[test]
fn what_fits_is_read_by_one_command() {
    let fixture = fixture();
    memory_of(&fixture, 3 * MIB);
    fixture.memory.put(BUFFER, &vec![0xee; MIB as usize + 16]);
    for length in [1, 4096, MIB as u32] {
        assert_eq!(read(&fixture, DEBUGGER, length, 7, BUFFER), Ok(0));
        assert_eq!(ranges(&fixture), [(7, u64::from(length))]);
        let expected: Vec<u8> = (7..7 + u64::from(length)).map(content).collect();
        assert!(fixture.memory.get(BUFFER, length as usize) == expected, "{length}");
        assert_eq!(fixture.memory.get(BUFFER + u64::from(length), 16), [0xee; 16]);
    }
}

#[test]
fn what_is_longer_is_read_in_pieces_and_the_guest_sees_one_command() {
    let fixture = fixture();
    memory_of(&fixture, 4 * MIB);
    for (length, offset, expected) in [
        (MIB + 1, 0, vec![(MIB, 1), (0, MIB)]),
        (2 * MIB, 5, vec![(MIB + 5, MIB), (5, MIB)]),
        (2 * MIB + 12, 2 * MIB - 12, vec![(4 * MIB - 12, 12), (3 * MIB - 12, MIB), (2 * MIB - 12, MIB)]),
    ] {
        fixture.memory.put(BUFFER, &vec![0xee; length as usize + 16]);
        assert_eq!(read(&fixture, DEBUGGER, length as u32, offset, BUFFER), Ok(0));
        assert_eq!(ranges(&fixture), expected);
        let memory: Vec<u8> = (offset..offset + length).map(content).collect();
        assert!(fixture.memory.get(BUFFER, length as usize) == memory, "{length}");
        assert_eq!(fixture.memory.get(BUFFER + length, 16), [0xee; 16], "nothing behind it is written");
        assert_eq!(fixture.memory.get(PARAMS, 24), params(length as u32, offset, BUFFER), "as the driver leaves them");
    }
    fixture.memory.holds_nothing_of_the_host().unwrap();
}

#[test]
fn a_range_that_the_memory_does_not_have_is_refused_before_anything_is_read() {
    let fixture = fixture();
    memory_of(&fixture, 2 * MIB);
    let invalid = Ok(NV_STATUS::NV_ERR_INVALID_ARGUMENT.0);
    fixture.memory.put(BUFFER, &vec![0xee; 4 * MIB as usize]);
    for (length, offset) in [(2 * MIB + 1, 0), (2 * MIB, 1), (3 * MIB, 0), (MIB + 1, 1 << 40)] {
        assert_eq!(read(&fixture, DEBUGGER, length as u32, offset, BUFFER), invalid);
        assert_eq!(ranges(&fixture).len(), 1, "the last piece");
    }
    // One that ends behind all addresses, and what is beyond the limit, are not asked for.
    for (length, offset) in [(2 * MIB, u64::MAX - MIB), ((1 << 30) + 1, 0), (u64::from(u32::MAX), 0)] {
        assert_eq!(read(&fixture, DEBUGGER, length as u32, offset, BUFFER), invalid);
        assert!(ranges(&fixture).is_empty());
    }
    // The driver judges a null pointer.
    assert_eq!(read(&fixture, DEBUGGER, 2 * MIB as u32, 0, 0), invalid);
    assert_eq!(ranges(&fixture), [(0, 2 * MIB)]);
    assert!(fixture.memory.get(BUFFER, 4 * MIB as usize).iter().all(|byte| *byte == 0xee));
}

#[test]
fn a_piece_that_fails_ends_it_with_its_status() {
    let fixture = fixture();
    fixture.memory.put(BUFFER, &vec![0xee; 3 * MIB as usize]);
    fixture.proxy.driver().answer(|seen, bytes| {
        let params = (long(seen.argument(), 16) - HOST_BASE) as usize;
        let at = seen.argument.clone().unwrap().start + 28;
        let status = if long(bytes, params + 8) == MIB { NV_STATUS::NV_ERR_GPU_IS_LOST.0 } else { 0 };
        bytes[at..at + 4].copy_from_slice(&status.to_le_bytes());
        Ok(0)
    });
    assert_eq!(read(&fixture, DEBUGGER, 3 * MIB as u32, 0, BUFFER), Ok(NV_STATUS::NV_ERR_GPU_IS_LOST.0));
    assert_eq!(ranges(&fixture), [(2 * MIB, MIB), (MIB, MIB)]);
    assert_eq!(fixture.memory.get(BUFFER + MIB - 8, 16), [0xee; 16]);
    fixture.proxy.driver().answer(|_, _| Err(Errno::EIO));
    assert_eq!(read(&fixture, DEBUGGER, 3 * MIB as u32, 0, BUFFER), Err(Errno::EIO));
    assert_eq!(ranges(&fixture).len(), 1);
}

#[test]
fn a_guest_without_room_for_it_is_told_at_the_first_piece() {
    let fixture = fixture();
    memory_of(&fixture, 1 << 30);
    // Nothing is mapped there.
    assert_eq!(read(&fixture, DEBUGGER, 1 << 30, 0, 0x7000_0000_0000), Err(Errno::EFAULT));
    assert_eq!(ranges(&fixture).len(), 1);
    assert_eq!(read(&fixture, DEBUGGER, 1 << 30, 0, u64::MAX - 5), Err(Errno::EFAULT));
    assert!(ranges(&fixture).is_empty());
}

#[test]
fn much_is_read_only_through_an_object_that_the_proxy_knows_to_be_a_debugger() {
    let fixture = fixture();
    fixture.memory.put(BUFFER, &vec![0xee; 2 * MIB as usize]);
    assert_eq!(fixture.alloc(DEBUGGER + 8, fixture.client.0, 0x2080, 0), 0);
    fixture.proxy.driver().take();
    for object in [fixture.client.0, DEBUGGER + 8, DEBUGGER + 9] {
        let status = read(&fixture, object, 2 * MIB as u32, 0, BUFFER);
        assert_eq!(status, Ok(NV_STATUS::NV_ERR_NOT_SUPPORTED.0), "{object:#x}");
        assert!(fixture.proxy.driver().take().is_empty());
    }
    // The driver judges objects that the proxy does not know, where little is asked for.
    assert_eq!(read(&fixture, DEBUGGER + 9, 4096, 0, BUFFER), Ok(0));
    assert_eq!(ranges(&fixture), [(0, 4096)]);
}

#[test]
fn the_class_of_an_object_is_looked_at_before_the_parameters() {
    let fixture = fixture();
    assert_eq!(fixture.alloc(DEBUGGER + 8, fixture.client.0, 0x2080, 0), 0);
    fixture.memory.put(PARAMS, &params(4096, 0, BUFFER));
    fixture.memory.forget();
    assert_eq!(fixture.control(DEBUGGER + 8, READ_MEMORY, PARAMS, 24), Ok(NV_STATUS::NV_ERR_NOT_SUPPORTED.0));
    let reads = fixture.memory.reads.lock().unwrap().clone();
    assert!(reads.iter().all(|range| range.start < PARAMS), "{reads:x?}");
    // A fault that comes later than the class shows that, too.
    assert_eq!(fixture.control(DEBUGGER + 8, READ_MEMORY, 0x7000_0000_0000, 24), Ok(NV_STATUS::NV_ERR_NOT_SUPPORTED.0));
    assert_eq!(fixture.control(DEBUGGER, READ_MEMORY, 0x7000_0000_0000, 24), Err(Errno::EFAULT));
}
