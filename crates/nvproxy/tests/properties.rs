//! What holds for any call whatever, with any memory and any driver: over every entry of every ABI there is.

mod support;

use nix::errno::Errno;
use nvproxy::abi::row::{Direction, PARAMS_SIZE_MAX, Param};
use nvproxy::abi::{Abi, Capabilities, Effect, Parameters, Row, Shape, Table};
use nvproxy::{Lending, Options, Outcome, UvmMode, Value};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use support::*;
use version_tree::{DriverVersion, version};

const PARAMS: u64 = 0x100_0000;
/// Where pointers lead: each to an area of its own, so that no two of them mean the same byte.
const AREAS: u64 = 0x4000_0000;
const AREA: u64 = 0x20_0000;
const RIGHTS: u64 = 0x3000_0000;

fn releases() -> impl Iterator<Item = DriverVersion> {
    std::iter::once(version!("515.43.04")).chain(nvproxy::abi::changing())
}

/// What a call is made of, besides its entry.
#[derive(Debug, Clone)]
struct Chance {
    seed: u64,
    /// From this many accesses on, the guest's memory is gone.
    fails: Option<u64>,
    /// What the driver answers.
    errno: Option<i32>,
    /// Whether fields that matter hold something that may be let through.
    sensible: bool,
    native: bool,
}

fn chance() -> impl Strategy<Value = Chance> {
    let errno = prop::option::weighted(0.2, prop::sample::select(vec![libc_errno::EINVAL, libc_errno::EFAULT]));
    (any::<u64>(), prop::option::weighted(0.3, 0u64..8), errno, prop::bool::weighted(0.8), any::<bool>())
        .prop_map(|(seed, fails, errno, sensible, native)| Chance { seed, fails, errno, sensible, native })
}

/// The numbers that the tests answer with.
mod libc_errno {
    pub(crate) const EINVAL: i32 = 22;
    pub(crate) const EFAULT: i32 = 14;
}

/// A small generator, so that a case is its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.0 ^ self.0 >> 33
    }

    fn below(&mut self, below: u64) -> u64 {
        (self.next() >> 11) % below
    }

    /// Any bytes but one that all markers of the host have.
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = match self.next() as u8 {
                0xed => 0xec,
                other => other,
            };
        }
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize]
    }
}

fn put(bytes: &mut [u8], at: usize, size: usize, value: u64) {
    bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
}

/// Parameters of a shape: random, and what matters either random, too, or such that it may be let through.
fn parameters(fixture: &Fixture, shape: &Shape, chance: &Chance, random: &mut Random) -> Vec<u8> {
    let mut bytes = vec![0; shape.layout.size];
    random.fill(&mut bytes);
    for (index, param) in shape.params.iter().enumerate() {
        let field = param.field();
        let sensible = chance.sensible && random.below(8) != 0;
        match param {
            Param::Zero(_) | Param::GpuIds(..) if sensible => bytes[field.offset..field.offset + field.size].fill(0),
            Param::Client(_) | Param::OwnClient(_) if sensible => {
                for at in (field.offset..field.offset + field.size).step_by(4) {
                    put(&mut bytes, at, 4, u64::from(fixture.client.0));
                }
            }
            Param::Descriptor(_) if sensible => {
                let numbers = [CONTROL, DEVICE, UVM, CAPABILITY, DMA_BUF, OTHER_CONTROL, -1, 0];
                put(&mut bytes, field.offset, field.size, i64::from(random.of(&numbers)) as u64);
            }
            Param::Pointer(pointer) => {
                let count = match random.below(8) {
                    0 => 0,
                    1 => u64::MAX,
                    2 => (pointer.limit / pointer.element.size()) as u64 + 1,
                    3 if pointer.limit <= PARAMS_SIZE_MAX && !pointer.squared => {
                        (pointer.limit / pointer.element.size()) as u64
                    }
                    _ => random.below(40),
                };
                put(&mut bytes, pointer.count.offset, pointer.count.size, count);
                let address = if random.below(8) == 0 { 0 } else { AREAS + AREA * index as u64 };
                put(&mut bytes, field.offset, field.size, address);
                let mut list = vec![0; 4096];
                if pointer.clients && sensible {
                    list = fixture.client.0.to_le_bytes().repeat(1024);
                } else {
                    random.fill(&mut list);
                }
                fixture.memory.put(AREAS + AREA * index as u64, &list);
            }
            _ => {}
        }
    }
    bytes
}

/// One call of an entry; what the driver got of it must be as the entry says.
fn check(
    release: DriverVersion,
    table: Table,
    row: &Row,
    shape: Option<&Shape>,
    chance: &Chance,
    reached: &AtomicU64,
) -> Result<(), TestCaseError> {
    let mut random = Random(chance.seed);
    let options = Options {
        capabilities: Capabilities::all(),
        uvm: if chance.native { UvmMode::Native } else { UvmMode::Shared },
        gpus: (random.below(2) == 0).then(|| vec![0]),
        saveable: random.below(2) == 0,
        ..Options::default()
    };
    let fixture = Fixture::of(proxy(release), options, 0xc1d0_0001);
    let what = format!("{release} {}", row.name);
    let bytes = match shape {
        Some(shape) => parameters(&fixture, shape, chance, &mut random),
        None => {
            let mut bytes = vec![0; [0, 4, 72, 288, 512][random.below(5) as usize]];
            random.fill(&mut bytes);
            bytes
        }
    };
    let gone = Arc::new(AtomicU64::new(0));
    *fixture.memory.lending.lock().unwrap() = Some(match random.below(3) {
        0 => Ok(Lending::Mapped(Box::new(Loan(HOST_BASE + 0x77_0000, gone)))),
        1 => Ok(Lending::Native),
        _ => Err(Errno::ENOSYS),
    });
    // The driver writes anything anywhere, its own addresses and descriptors among it where it found such.
    let (seed, errno) = (random.next(), chance.errno);
    fixture.proxy.driver().answer(move |seen, bytes| {
        let mut random = Random(seed);
        let before = bytes.to_vec();
        for byte in bytes.iter_mut() {
            if random.below(4) == 0 {
                // No byte of a marker, so that markers can only come from where they were put.
                *byte = random.next() as u8 & 0x3f;
            }
        }
        for lent in &seen.lent {
            bytes[lent.at..lent.at + lent.width].copy_from_slice(&before[lent.at..lent.at + lent.width]);
            if random.below(2) == 0 {
                put(bytes, lent.at, lent.width, HOST_BASE >> if lent.width == 4 { 32 } else { 0 });
            }
        }
        errno.map_or(Ok(0), |errno| Err(Errno::from_raw(errno)))
    });
    let mut argument = bytes.clone();
    let mut address = ARGUMENT;
    let (on, request) = match table {
        Table::Frontend => (random.of(&[CONTROL, CONTROL, DEVICE]), request(row.number, bytes.len() as u32)),
        Table::Uvm => (UVM, row.number),
        Table::Control => {
            fixture.memory.put(PARAMS, &bytes);
            let (params, size) = if bytes.is_empty() { (0, 0) } else { (PARAMS as u32, bytes.len() as u32) };
            argument = words(&[fixture.client.0, 5, row.number, 0, params, 0, size, 0]);
            (CONTROL, request(0x2a, 32))
        }
        Table::Alloc => {
            fixture.memory.put(PARAMS, &bytes);
            argument = words(&[fixture.client.0, fixture.client.0, 5, row.number, PARAMS as u32, 0, 0, 0]);
            (CONTROL, request(0x2b, 32))
        }
    };
    if table == Table::Frontend && chance.sensible {
        match row.handling.effect {
            Some(Effect::Alloc) => {
                put(&mut argument, 0, 4, u64::from(fixture.client.0));
                put(&mut argument, 12, 4, u64::from(random.of(&[0x80u32, 0x5, 0x79, 0xc5c0, 0x41])));
                put(&mut argument, 16, 8, PARAMS);
                if argument.len() > 32 {
                    put(&mut argument, 24, 8, if random.below(2) == 0 { 0 } else { RIGHTS });
                }
                fixture.memory.put(PARAMS, &words(&[fixture.client.0, 1, 0x79, 1, DEVICE as u32, 0]));
                fixture.memory.put(RIGHTS, &[1; 16]);
            }
            Some(Effect::Control) => {
                put(&mut argument, 0, 4, u64::from(fixture.client.0));
                put(&mut argument, 12, 4, 0);
                put(&mut argument, 16, 8, PARAMS);
                fixture.memory.put(PARAMS, &[1; 64]);
            }
            Some(Effect::AllocMemory) => {
                put(&mut argument, 0, 4, u64::from(fixture.client.0));
                put(&mut argument, 12, 4, u64::from(random.of(&[0x3eu32, 0x40, 0x71])));
                put(&mut argument, 24, 8, 0x70_0000);
                put(&mut argument, 32, 8, 0xfff);
            }
            Some(Effect::DupObject) => put(&mut argument, 12, 4, u64::from(fixture.client.0)),
            Some(Effect::VidHeapControl) => put(&mut argument, 8, 4, 2),
            Some(Effect::ExportToDmabuf) => put(&mut argument, 0, 4, u64::from(u32::MAX)),
            Some(Effect::SysParams) => put(&mut argument, 0, 8, 0x800_0000),
            _ => {}
        }
        if matches!(
            row.handling.effect,
            Some(
                Effect::Free
                    | Effect::DupObject
                    | Effect::VidHeapControl
                    | Effect::MapMemory
                    | Effect::AllocContextDma2
            )
        ) {
            put(&mut argument, 0, 4, u64::from(fixture.client.0));
        }
    }
    fixture.memory.put(address, &argument);
    if random.below(64) == 0 {
        address = random.next();
    }
    fixture.memory.forget();
    fixture.memory.accesses.store(0, Ordering::Relaxed);
    fixture.memory.fail_after.store(chance.fails.unwrap_or(u64::MAX), Ordering::Relaxed);

    let result = fixture.ioctl(on, request, address);

    let fail = |reason: String| TestCaseError::fail(format!("{what}: {reason}"));
    fixture.memory.holds_nothing_of_the_host().map_err(fail)?;
    fixture.memory.read_once().map_err(fail)?;
    let mut seen = fixture.proxy.driver().take();
    // Where the sandbox has some GPUs only, the proxy asks which they are.
    seen.retain(|seen| match seen.request & 0xff {
        0xc8 => table == Table::Frontend && row.number == 0xc8,
        0x2a if table != Table::Uvm => {
            let command = u32::from_le_bytes(seen.argument()[8..12].try_into().unwrap());
            !matches!(command, 0x201 | 0x205) || table == Table::Control && row.number == command || row.number == 0x2a
        }
        _ => true,
    });
    prop_assert!(seen.len() <= 1, "{what}: {} calls", seen.len());
    if result == Ok(Outcome::Native) {
        prop_assert!(seen.is_empty() && fixture.memory.writes.lock().unwrap().is_empty(), "{what}: native");
    }
    let Some(seen) = seen.first() else { return Ok(()) };
    reached.fetch_add(1, Ordering::Relaxed);
    // Only what is listed, at the size that is listed.
    let size = seen.argument.clone().map_or(0, |argument| argument.len());
    let table_of = if table == Table::Uvm { Table::Uvm } else { Table::Frontend };
    let number = if table == Table::Uvm { seen.request } else { seen.request & 0xff };
    let abi = fixture.proxy.abi();
    let listed = abi.table(table_of).get(number);
    let fits = listed.is_some_and(|row| match row.handling.parameters {
        Parameters::Struct(shapes) => shapes.iter().any(|shape| shape.layout.size == size),
        Parameters::Repeated(layout) => size.is_multiple_of(layout.size),
        Parameters::Empty => size == 0,
        _ => false,
    });
    prop_assert!(fits, "{what}: request {:#x} of {size} bytes", seen.request);
    if table != Table::Uvm {
        prop_assert_eq!(seen.request, request_of(number, size));
    }
    // What the argument leads to is what the class or the command has, and no block is beyond its limit.
    for lent in &seen.lent {
        let Value::Bytes(range) = &lent.value else { continue };
        prop_assert!(range.len() <= PARAMS_SIZE_MAX, "{what}: a block of {} bytes", range.len());
        prop_assert!(range.end <= seen.bytes.len());
        prop_assert!(lent.at + lent.width <= seen.bytes.len());
    }
    if matches!(table, Table::Control | Table::Alloc)
        && let Some(shape) = shape
    {
        let pointer = long(seen.argument(), 16);
        if pointer != 0 {
            prop_assert_eq!(seen.follow(pointer).map(<[u8]>::len), Some(shape.layout.size), "{}", what);
        }
    }
    // No pointer of the guest's own is left for the driver to follow.
    for param in shape.iter().flat_map(|shape| shape.params) {
        let Param::Pointer(pointer) = param else { continue };
        let block = match table {
            Table::Control | Table::Alloc => (long(seen.argument(), 16).wrapping_sub(HOST_BASE)) as usize,
            _ => seen.argument.clone().unwrap().start,
        };
        let got = long(&seen.bytes, block + pointer.field.offset);
        prop_assert!(got == 0 || seen.follow(got).is_some(), "{what}: {} is {got:#x}", pointer.field.path);
        if got != 0 && pointer.direction == Direction::Out {
            prop_assert!(seen.follow(got).unwrap().iter().all(|byte| *byte == 0), "{what}: of another call");
        }
    }
    Ok(())
}

fn request_of(number: u32, size: usize) -> u32 {
    request(number, size as u32)
}

/// Every entry, with every form of its parameters.
fn entries(release: DriverVersion) -> Vec<(Table, Row, Option<&'static Shape>)> {
    let abi = Abi::compose(version_tree::Tree::embedded(), release).unwrap();
    abi.rows()
        .flat_map(|(table, row)| {
            let shapes = row.handling.shapes();
            let forms = if shapes.is_empty() { vec![None] } else { shapes.iter().map(Some).collect() };
            forms.into_iter().map(move |shape| (table, *row, shape)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn what_must_hold_for_any_call_holds() {
    // An entry is the more interesting the more there is to do about it.
    let tried = AtomicU64::new(0);
    let reached: [AtomicU64; 4] = Default::default();
    for release in releases() {
        for (table, row, shape) in entries(release) {
            let reached = &reached[table as usize];
            let plain = shape.is_some_and(|shape| shape.params.is_empty()) && table != Table::Frontend;
            let config = Config { cases: if plain { 1 } else { 12 }, failure_persistence: None, ..Config::default() };
            let mut runner = TestRunner::new(config);
            let result = runner.run(&chance(), |chance| {
                tried.fetch_add(1, Ordering::Relaxed);
                check(release, table, &row, shape, &chance, reached)
            });
            result.unwrap_or_else(|failure| panic!("{release} {}: {failure}", row.name));
        }
    }
    let tried = tried.into_inner();
    assert!(tried > 10_000, "only {tried}");
    // A test of calls that are all refused would test nothing.
    for (table, least) in [(Table::Frontend, 800), (Table::Uvm, 400), (Table::Control, 3000), (Table::Alloc, 1000)] {
        let reached = reached[table as usize].load(Ordering::Relaxed);
        assert!(reached > least, "{table:?}: only {reached} of {tried} reached the driver");
    }
}

/// One call of an entry to a driver that writes nothing; whether it got there.
fn unchanged(release: DriverVersion, table: Table, row: &Row, shape: &Shape, seed: u64) -> Result<bool, TestCaseError> {
    let mut random = Random(seed);
    let options = Options { capabilities: Capabilities::all(), ..Options::default() };
    let fixture = Fixture::of(proxy(release), options, 0xc1d0_0001);
    let chance = Chance { seed, fails: None, errno: None, sensible: true, native: false };
    let mut bytes = parameters(&fixture, shape, &chance, &mut random);
    for param in shape.params {
        if let Param::Wipe { field, count, stride } = param {
            (0..*count).for_each(|index| put(&mut bytes, field.offset + index * stride, field.size, 0));
        }
    }
    let (client, size) = (fixture.client.0, bytes.len() as u32);
    let (on, request, argument) = match table {
        Table::Frontend => {
            put(&mut bytes, 0, 4, u64::from(client));
            (CONTROL, request(row.number, size), bytes.clone())
        }
        Table::Uvm => (UVM, row.number, bytes.clone()),
        Table::Control => {
            let words = words(&[client, 5, row.number, 0, PARAMS as u32, 0, size, 0]);
            (CONTROL, request(0x2a, 32), words)
        }
        Table::Alloc => {
            let words = words(&[client, client, 5, row.number, PARAMS as u32, 0, 0, 0]);
            (CONTROL, request(0x2b, 32), words)
        }
    };
    fixture.memory.put(PARAMS, &bytes);
    fixture.memory.put(ARGUMENT, &argument);
    let result = fixture.ioctl(on, request, ARGUMENT);
    if fixture.proxy.driver().take().is_empty() || !matches!(result, Ok(Outcome::Done(_))) {
        return Ok(false);
    }
    prop_assert_eq!(fixture.memory.get(ARGUMENT, argument.len()), argument, "{} {}", release, row.name);
    prop_assert_eq!(fixture.memory.get(PARAMS, bytes.len()), bytes, "{} {}", release, row.name);
    Ok(true)
}

#[test]
fn what_the_driver_does_not_write_stays_the_guests() {
    let mut reached = 0;
    for release in releases() {
        for (table, row, shape) in entries(release) {
            let Some(shape) = shape.filter(|shape| !shape.params.is_empty()) else { continue };
            // The descriptor of a new file is the proxy's to write.
            if row.handling.effect == Some(Effect::ExportToDmabuf) {
                continue;
            }
            for seed in 0..6 {
                let seed = u64::from(row.number) << 8 | seed;
                let result = unchanged(release, table, &row, shape, seed);
                reached += usize::from(result.unwrap_or_else(|failure| panic!("{failure}")));
            }
        }
    }
    assert!(reached > 3000, "only {reached} reached the driver");
}

#[test]
fn numbers_that_are_not_listed_never_reach_the_driver() {
    let mut runner = TestRunner::new(Config { cases: 3000, failure_persistence: None, ..Config::default() });
    let fixture = Fixture::new(version!("580.95.05"));
    fixture.memory.put(ARGUMENT, &vec![0; 0x4000]);
    let strategy = (prop::sample::select(vec![CONTROL, DEVICE, UVM]), any::<u32>());
    let run = runner.run(&strategy, |(on, request)| {
        let _ = fixture.ioctl(on, request, ARGUMENT);
        let abi = fixture.proxy.abi();
        for seen in fixture.proxy.driver().take() {
            let listed = if on == UVM { abi.uvm().get(seen.request) } else { abi.frontend().get(seen.request & 0xff) };
            prop_assert!(listed.is_some(), "{:#x}", seen.request);
        }
        Ok(())
    });
    run.unwrap();
}
