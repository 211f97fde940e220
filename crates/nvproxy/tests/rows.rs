//! Every row of every release that differs from its parent: what its parameters say is what reaches the driver, and what
//! comes back.

mod support;

use nix::errno::Errno;
use nvproxy::abi::row::{Absent, Direction, File};
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Abi, Effect, Param, Parameters, Row, Shape, Table};
use nvproxy::{Outcome, Value};
use support::*;
use version_tree::{DriverVersion, Tree, version};

/// Every ABI there is: the oldest release, and those that change something.
fn releases() -> impl Iterator<Item = DriverVersion> {
    std::iter::once(version!("515.43.04")).chain(nvproxy::abi::changing())
}

const LISTS: u64 = 0x200_0000;
const PARAMS: u64 = 0x100_0000;

/// Parameters that the row accepts, as the guest has them, and what the driver is to find in their place.
struct Case {
    guest: Vec<u8>,
    lists: Vec<(usize, Direction, u64, Vec<u8>)>,
    driver: Vec<u8>,
    /// What the guest finds zero afterwards, whatever it and the driver wrote.
    wiped: Vec<std::ops::Range<usize>>,
}

/// The guest's descriptor for a kind of file, and its number on the host.
fn descriptor(fixture: &Fixture, file: File) -> (i32, i32) {
    let number = match file {
        File::Control | File::Frontend | File::ClientFile => CONTROL,
        File::Device | File::Event => DEVICE,
        File::Uvm => UVM,
        File::DmaBuf => DMA_BUF,
        File::Capability => CAPABILITY,
    };
    (number, fixture.file(number).host.number)
}

fn case(fixture: &Fixture, shape: &Shape) -> Case {
    // Values that are neither zero nor alike, so that a field that is moved or lost is seen.
    let mut guest: Vec<u8> = (0..shape.layout.size).map(|at| (at % 113) as u8 + 1).collect();
    let mut driver = guest.clone();
    let mut lists = Vec::new();
    let mut wiped = Vec::new();
    let put = |bytes: &mut Vec<u8>, at: usize, size: usize, value: u64| {
        bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
    };
    for param in shape.params {
        let field = param.field();
        match param {
            Param::Zero(_) | Param::Special(_) => {
                put_all(&mut guest, field.offset, field.size, 0);
                put_all(&mut driver, field.offset, field.size, 0);
            }
            Param::Null(_) => put(&mut driver, field.offset, field.size, 0),
            Param::Fixed { value, .. } => put(&mut driver, field.offset, field.size, *value as u64),
            Param::Key(_) | Param::Dependency { .. } => {}
            Param::GpuIds(..) | Param::GpuUuid(_) => {}
            Param::Wipe { count, stride, .. } => {
                for at in (0..*count).map(|index| field.offset + index * stride) {
                    put(&mut driver, at, field.size, 0);
                    wiped.push(at..at + field.size);
                }
            }
            Param::Client(_) | Param::OwnClient(_) => {
                for at in (field.offset..field.offset + field.size).step_by(4) {
                    put(&mut guest, at, 4, u64::from(fixture.client.0));
                    put(&mut driver, at, 4, u64::from(fixture.client.0));
                }
            }
            Param::Descriptor(descriptor_of) => {
                let (number, host) = descriptor(fixture, descriptor_of.file);
                put(&mut guest, field.offset, field.size, number as u64);
                put(&mut driver, field.offset, field.size, i64::from(host) as u64);
            }
            Param::Pointer(pointer) => {
                let count = 3u64;
                put(&mut guest, pointer.count.offset, pointer.count.size, count);
                put(&mut driver, pointer.count.offset, pointer.count.size, count);
                let elements = if pointer.squared { count * count } else { count };
                let len = elements as usize * pointer.element.size();
                let address = LISTS + 0x10000 * lists.len() as u64;
                let bytes = if pointer.clients {
                    fixture.client.0.to_le_bytes().repeat(3)
                } else {
                    (0..len).map(|at| (at % 101) as u8 + 7).collect()
                };
                put(&mut guest, field.offset, field.size, address);
                lists.push((field.offset, pointer.direction, address, bytes));
            }
        }
    }
    Case { guest, lists, driver, wiped }
}

fn put_all(bytes: &mut [u8], at: usize, size: usize, value: u8) {
    bytes[at..at + size].fill(value);
}

/// Holds what the driver got against the case: the bytes of the struct from `start` on.
fn reached(case: &Case, seen: &Seen, start: usize, what: &str) {
    let got = &seen.bytes[start..start + case.guest.len()];
    let mut want = case.driver.clone();
    for (offset, direction, address, bytes) in &case.lists {
        let pointer = u64::from_le_bytes(got[*offset..offset + 8].try_into().unwrap());
        assert_ne!(pointer, *address, "{what}: the driver got the guest's pointer");
        let target = seen.follow(pointer).unwrap_or_else(|| panic!("{what}: {pointer:#x} leads nowhere"));
        match direction {
            Direction::Out => assert_eq!(target, vec![0; bytes.len()], "{what}: what is to be written is not zeros"),
            Direction::In | Direction::InOut => assert_eq!(target, bytes, "{what}: other bytes than the guest's"),
        }
        want[*offset..offset + 8].copy_from_slice(&pointer.to_le_bytes());
    }
    assert_eq!(got, want, "{what}");
}

/// The driver inverts what it may write behind pointers.
fn invert(seen: &Seen, bytes: &mut [u8], case_lists: &[usize]) {
    for lent in &seen.lent {
        if let Value::Bytes(range) = &lent.value
            && case_lists.contains(&lent.at)
        {
            bytes[range.clone()].iter_mut().for_each(|byte| *byte ^= 0xff);
        }
    }
}

/// Holds what the guest has afterwards against the case.
fn came_back(fixture: &Fixture, case: &Case, address: u64, status: Option<usize>, what: &str) {
    let mut want = case.guest.clone();
    if let Some(at) = status {
        want[at..at + 4].fill(0);
    }
    for range in &case.wiped {
        want[range.clone()].fill(0);
    }
    assert_eq!(fixture.memory.get(address, want.len()), want, "{what}: the guest's parameters");
    for (_, direction, address, bytes) in &case.lists {
        let got = fixture.memory.get(*address, bytes.len());
        match direction {
            Direction::In => assert_eq!(got, *bytes, "{what}"),
            Direction::Out => assert_eq!(got, vec![0xff; bytes.len()], "{what}"),
            Direction::InOut => {
                assert_eq!(got, bytes.iter().map(|byte| byte ^ 0xff).collect::<Vec<_>>(), "{what}");
            }
        }
    }
    fixture.memory.read_once().unwrap_or_else(|twice| panic!("{what}: {twice}"));
    fixture.memory.holds_nothing_of_the_host().unwrap_or_else(|leak| panic!("{what}: {leak}"));
}

fn status_of(shape: &Shape) -> Option<usize> {
    let mut found = None;
    shape.layout.walk(&mut |path, offset, _| {
        if matches!(path, "status" | "Status" | "rmStatus" | "params.status") {
            found = Some(offset);
        }
    });
    found
}

fn put_lists(fixture: &Fixture, case: &Case) {
    for (_, _, address, bytes) in &case.lists {
        fixture.memory.put(*address, bytes);
    }
}

/// The effects that are nothing but their parameters, as far as a plain call goes.
fn is_plain(row: &Row) -> bool {
    matches!(
        row.handling.effect,
        None | Some(Effect::RegisterFd | Effect::ExportToDmabuf | Effect::UvmMmInitialize | Effect::OsEvent)
    )
}

#[test]
fn every_escape_and_uvm_call_reaches_the_driver_translated() {
    let mut tried = 0;
    for release in releases() {
        for table in [Table::Frontend, Table::Uvm] {
            let abi = Abi::compose(Tree::embedded(), release).unwrap();
            let rows: Vec<Row> = abi.table(table).iter().copied().collect();
            for row in rows.iter().filter(|row| is_plain(row)) {
                let [shape] = row.handling.shapes() else { continue };
                let what = format!("{release} {}", row.name);
                let fixture = Fixture::new(release);
                let mut case = case(&fixture, shape);
                fixture.memory.put(ARGUMENT, &case.guest);
                put_lists(&fixture, &case);
                let status = status_of(shape);
                // Where the size is not proved, UVM finds a mark in place of the status that it is to write.
                let is_proved = abi.evidence(table, row.number).unwrap().enforces_size();
                let is_marked = !is_proved && !shape.params.is_empty();
                if let (Table::Uvm, true, Some(at)) = (table, is_marked, status) {
                    case.driver[at..at + 4].copy_from_slice(&0x5aa5_a55a_u32.to_le_bytes());
                }
                fixture.proxy.driver().answer(move |seen, bytes| {
                    let start = seen.argument.clone().unwrap().start;
                    let lists: Vec<usize> = seen.lent.iter().map(|lent| lent.at).collect();
                    invert(seen, bytes, &lists);
                    if let Some(at) = status {
                        bytes[start + at..start + at + 4].fill(0);
                    }
                    Ok(0)
                });
                let (on, request) = match table {
                    Table::Uvm => (UVM, row.number),
                    // The file that the client was made on.
                    _ if shape.params.iter().any(|param| matches!(param, Param::OwnClient(_))) => {
                        (CONTROL, request(row.number, shape.layout.size as u32))
                    }
                    _ => (OTHER_CONTROL, request(row.number, shape.layout.size as u32)),
                };
                assert_eq!(fixture.ioctl(on, request, ARGUMENT), Ok(Outcome::Done(0)), "{what}");
                let seen = fixture.proxy.driver().one();
                assert_eq!(seen.request, request, "{what}");
                assert_eq!(seen.argument().len(), shape.layout.size, "{what}");
                reached(&case, &seen, seen.argument.clone().unwrap().start, &what);
                came_back(&fixture, &case, ARGUMENT, status, &what);
                tried += 1;
            }
        }
    }
    assert!(tried > 26 * 35, "only {tried}");
}

#[test]
fn every_control_command_reaches_the_driver_translated() {
    let mut tried = 0;
    for release in releases() {
        let fixture = Fixture::new(release);
        let rows: Vec<Row> = fixture.proxy.abi().control().iter().copied().collect();
        for row in &rows {
            let what = format!("{release} {}", row.name);
            fixture.proxy.driver().answer(|_, _| Ok(0));
            let object = fixture.receiver(row.number);
            let shape = match row.handling.parameters {
                Parameters::Struct([shape]) => shape,
                Parameters::Empty => {
                    assert_eq!(fixture.control(object, row.number, 0, 0), Ok(0), "{what}");
                    let seen = fixture.proxy.driver().one();
                    assert_eq!(seen.argument()[16..28], [0; 12], "{what}");
                    tried += 1;
                    continue;
                }
                _ => continue,
            };
            let case = case(&fixture, shape);
            fixture.memory.put(PARAMS, &case.guest);
            put_lists(&fixture, &case);
            fixture.memory.forget();
            let lists = case.lists.len();
            let wiped = case.wiped.clone();
            fixture.proxy.driver().answer(move |seen, bytes| {
                if let Some(Value::Bytes(params)) = seen.lent.iter().map(|lent| &lent.value).next_back() {
                    wiped.iter().for_each(|range| bytes[params.start..][range.clone()].fill(0xee));
                }
                // All but the pointer to the parameters themselves.
                let argument = seen.argument.clone().unwrap();
                let nested: Vec<usize> =
                    seen.lent.iter().map(|lent| lent.at).filter(|at| !argument.contains(at)).collect();
                assert!(nested.len() >= lists);
                invert(seen, bytes, &nested);
                Ok(0)
            });
            let status = fixture.control(object, row.number, PARAMS, shape.layout.size as u32);
            assert_eq!(status, Ok(0), "{what}");
            let seen = fixture.proxy.driver().one();
            let pointer = u64::from_le_bytes(seen.argument()[16..24].try_into().unwrap());
            assert_eq!(seen.follow(pointer).map(<[u8]>::len), Some(shape.layout.size), "{what}");
            reached(&case, &seen, (pointer - HOST_BASE) as usize, &what);
            came_back(&fixture, &case, PARAMS, None, &what);
            tried += 1;
        }
    }
    assert!(tried > 26 * 180, "only {tried}");
}

#[test]
fn every_class_reaches_the_driver_translated() {
    let mut tried = 0;
    for release in releases() {
        let fixture = Fixture::new(release);
        let rows: Vec<Row> = fixture.proxy.abi().alloc().iter().copied().collect();
        for row in rows.iter().filter(|row| row.handling.effect != Some(Effect::RootClient)) {
            let what = format!("{release} {}", row.name);
            fixture.proxy.driver().answer(|_, _| Ok(0));
            let Parameters::Struct([shape]) = row.handling.parameters else {
                // What the guest says of parameters that the class does not have is not passed on.
                assert_eq!(fixture.alloc(0x6000_0000 + row.number, fixture.client.0, row.number, PARAMS), 0, "{what}");
                assert_eq!(fixture.proxy.driver().one().argument()[16..24], [0; 8], "{what}");
                tried += 1;
                continue;
            };
            let case = case(&fixture, shape);
            fixture.memory.put(PARAMS, &case.guest);
            fixture.memory.forget();
            assert_eq!(fixture.alloc(0x6000_0000 + row.number, fixture.client.0, row.number, PARAMS), 0, "{what}");
            let seen = fixture.proxy.driver().one();
            let pointer = u64::from_le_bytes(seen.argument()[16..24].try_into().unwrap());
            reached(&case, &seen, (pointer - HOST_BASE) as usize, &what);
            came_back(&fixture, &case, PARAMS, None, &what);
            tried += 1;
        }
    }
    assert!(tried > 26 * 60, "only {tried}");
}

#[test]
fn the_driver_gets_a_fixed_value_and_the_guest_keeps_its_own() {
    const MEMACCT_GET_LIMITS: u32 = 0x3d0e;
    const CGROUP_OF_THE_CALLER: i32 = -1;
    const SIZE: usize = 1032;
    let fixture = Fixture::new(version!("610.43.02"));
    for guests in [-1i32, 0, 7, i32::MIN] {
        for status in [0, NV_STATUS::NV_ERR_INVALID_ARGUMENT.0] {
            let mut params = vec![0x11; SIZE];
            params[..4].copy_from_slice(&guests.to_le_bytes());
            fixture.memory.put(PARAMS, &params);
            fixture.proxy.driver().answer(move |seen, bytes| {
                let argument = seen.argument.clone().unwrap();
                let to_params = seen.lent.iter().find(|lent| argument.contains(&lent.at)).unwrap();
                let Value::Bytes(range) = &to_params.value else { panic!("no parameters") };
                bytes[range.clone()][4..].fill(0xee);
                bytes[argument.start + 28..][..4].copy_from_slice(&status.to_le_bytes());
                Ok(0)
            });
            assert_eq!(fixture.control(fixture.client.0, MEMACCT_GET_LIMITS, PARAMS, SIZE as u32), Ok(status));
            let seen = fixture.proxy.driver().one();
            let pointer = u64::from_le_bytes(seen.argument()[16..24].try_into().unwrap());
            let got = seen.follow(pointer).unwrap();
            assert_eq!(got.len(), SIZE);
            assert_eq!(got[..4], CGROUP_OF_THE_CALLER.to_le_bytes(), "the driver got {guests}");
            assert_eq!(got[4..], params[4..], "the bytes that follow");
            let after = fixture.memory.get(PARAMS, SIZE);
            assert_eq!(after[..4], guests.to_le_bytes(), "status {status:#x}");
            assert_eq!(after[4..], vec![0xee; SIZE - 4], "status {status:#x}: what the driver wrote");
        }
    }
    // No other size has the field where the row says.
    for size in [SIZE as u32 - 4, SIZE as u32 + 4, 4] {
        assert_ne!(fixture.control(fixture.client.0, MEMACCT_GET_LIMITS, PARAMS, size), Ok(0), "{size}");
    }
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_descriptor_of_another_kind_is_refused() {
    let mut tried = 0;
    for release in releases() {
        let fixture = Fixture::new(release);
        let rows: Vec<(Table, Row)> = fixture.proxy.abi().rows().map(|(table, row)| (table, *row)).collect();
        for (table, row) in &rows {
            for shape in row.handling.shapes() {
                for param in shape.params {
                    let Param::Descriptor(descriptor) = param else { continue };
                    for wrong in [CONTROL, DEVICE, UVM, CAPABILITY, DMA_BUF, 99, i32::MAX] {
                        let fits = match descriptor.file {
                            File::Control => wrong == CONTROL,
                            // The proxy does not look at it.
                            File::ClientFile => true,
                            File::Device => wrong == DEVICE,
                            File::Frontend | File::Event => matches!(wrong, CONTROL | DEVICE),
                            File::Uvm => wrong == UVM,
                            File::DmaBuf => wrong == DMA_BUF,
                            File::Capability => wrong == CAPABILITY,
                        };
                        if fits {
                            continue;
                        }
                        let mut case = case(&fixture, shape);
                        let field = &descriptor.field;
                        case.guest[field.offset..field.offset + field.size]
                            .copy_from_slice(&u64::from(wrong as u32).to_le_bytes()[..field.size]);
                        put_lists(&fixture, &case);
                        let address = match table {
                            Table::Frontend | Table::Uvm => ARGUMENT,
                            Table::Control | Table::Alloc => PARAMS,
                        };
                        fixture.memory.put(address, &case.guest);
                        let size = shape.layout.size as u32;
                        match table {
                            Table::Frontend => drop(fixture.ioctl(CONTROL, request(row.number, size), ARGUMENT)),
                            Table::Uvm => drop(fixture.ioctl(UVM, row.number, ARGUMENT)),
                            Table::Control => drop(fixture.control(1, row.number, PARAMS, size)),
                            Table::Alloc => drop(fixture.alloc(0x6000_0001, fixture.client.0, row.number, PARAMS)),
                        }
                        assert!(
                            fixture.proxy.driver().take().is_empty(),
                            "{release} {}: descriptor {wrong} reached the driver",
                            row.name
                        );
                        tried += 1;
                    }
                    if descriptor.field.size == 8 {
                        assert_ne!(descriptor.absent, Absent::Negative);
                    }
                }
            }
        }
    }
    assert!(tried > 26 * 50, "only {tried}");
}

#[test]
fn an_address_that_is_not_there_is_efault_at_every_access() {
    for release in [version!("515.43.04"), version!("580.95.05"), version!("595.45.04")] {
        let fixture = Fixture::new(release);
        let rows: Vec<Row> = fixture.proxy.abi().control().iter().copied().collect();
        for row in &rows {
            let [shape] = row.handling.shapes() else { continue };
            let case = case(&fixture, shape);
            let object = fixture.receiver(row.number);
            for access in 0.. {
                fixture.memory.put(PARAMS, &case.guest);
                put_lists(&fixture, &case);
                fixture.memory.forget();
                fixture.memory.accesses.store(0, std::sync::atomic::Ordering::Relaxed);
                fixture.memory.fail_after.store(access, std::sync::atomic::Ordering::Relaxed);
                let result = fixture.control(object, row.number, PARAMS, shape.layout.size as u32);
                fixture.memory.fail_after.store(u64::MAX, std::sync::atomic::Ordering::Relaxed);
                fixture.memory.holds_nothing_of_the_host().unwrap();
                if result.is_ok() {
                    assert!(access >= 4, "{}: read and written twice each", row.name);
                    break;
                }
                assert_eq!(result, Err(Errno::EFAULT), "{release} {}", row.name);
            }
            fixture.proxy.driver().take();
        }
    }
}
