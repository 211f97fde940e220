//! What is inferred from another release is not enforced as if it were proved.

mod support;

use nix::errno::Errno;
use nvproxy::abi::numbers::NV_ESC_SYS_PARAMS;
use nvproxy::abi::row::PARAMS_SIZE_MAX;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Abi, Capabilities, Evidence, Parameters, Row, Table};
use nvproxy::pack::Pack;
use nvproxy::{Asked, Observer, Options, Outcome, Proxy, Refusal, Refused};
use std::sync::{Arc, Mutex};
use support::*;
use version_tree::{DriverVersion, Standing, Tree, version};

/// Nothing that is known follows it.
const INFERRED: DriverVersion = version!("620.06.00");
const MEASURED: DriverVersion = version!("610.57.04");
const PROVED: DriverVersion = version!("595.45.04");
const PARAMS: u64 = 0x100_0000;

/// What was refused, and why.
#[derive(Default)]
struct Ears(Mutex<Vec<Refusal>>);

impl Observer for Ears {
    fn refused(&self, _: &Asked<'_>, refused: &Refused) {
        self.0.lock().unwrap().push(refused.why);
    }

    fn native(&self, _: &Asked<'_>) {}
}

impl Ears {
    fn one(&self) -> Refusal {
        let mut heard = std::mem::take(&mut *self.0.lock().unwrap());
        assert_eq!(heard.len(), 1, "{heard:?}");
        heard.remove(0)
    }
}

fn watched(release: DriverVersion) -> (Fixture, Arc<Ears>) {
    let ears = Arc::new(Ears::default());
    let abi = Abi::compose(Tree::embedded(), release).unwrap();
    let proxy = Proxy::new(Script::default(), abi).with_observer(ears.clone());
    let options = Options { capabilities: Capabilities::all(), ..Options::default() };
    (Fixture::of(Arc::new(proxy), options, 0xc1d0_0001), ears)
}

/// The rows of a table with one struct, by whether anything in it needs translation.
fn rows(fixture: &Fixture, table: Table, plain: bool) -> Vec<(Row, usize)> {
    let abi = fixture.proxy.abi();
    let one = |row: &Row| match row.handling.parameters {
        Parameters::Struct([shape]) if row.handling.is_plain() == plain => Some((*row, shape.layout.size)),
        _ => None,
    };
    abi.table(table).iter().filter_map(one).collect()
}

/// Sends a control command with parameters of that many bytes; the status.
fn send(fixture: &Fixture, row: &Row, size: usize) -> u32 {
    fixture.memory.put(PARAMS, &vec![0; size]);
    fixture.control(0x5000_0001, row.number, PARAMS, size as u32).unwrap()
}

#[test]
fn a_command_that_is_passed_as_it_is_takes_any_size_where_the_size_is_inferred() {
    let (fixture, ears) = watched(INFERRED);
    // Numbers that mean the firmware are only for objects that the proxy knows.
    let mut rows = rows(&fixture, Table::Control, true);
    rows.retain(|(row, _)| row.number & 0x8000 == 0);
    for (row, size) in &rows {
        assert_eq!(fixture.proxy.abi().evidence(Table::Control, row.number), Some(Evidence::Inferred));
        for size in [1, size / 2 + 1, size + 1, size + 4096] {
            let text: Vec<u8> = (0..size).map(|at| at as u8 | 1).collect();
            fixture.memory.put(PARAMS, &text);
            fixture.proxy.driver().answer(|seen, bytes| {
                let params = (word(seen.argument(), 16) as u64 | (word(seen.argument(), 20) as u64) << 32) - HOST_BASE;
                bytes[params as usize..].iter_mut().for_each(|byte| *byte ^= 0xff);
                Ok(0)
            });
            assert_eq!(fixture.control(0x5000_0001, row.number, PARAMS, size as u32), Ok(0), "{} {size}", row.name);
            let seen = fixture.proxy.driver().one();
            let pointer = long(seen.argument(), 16);
            assert_eq!(seen.follow(pointer), Some(&text[..]), "{}", row.name);
            let back: Vec<u8> = text.iter().map(|byte| byte ^ 0xff).collect();
            assert_eq!(fixture.memory.get(PARAMS, size), back, "{}", row.name);
        }
    }
    assert!(rows.len() > 100, "{}", rows.len());
    fixture.proxy.driver().answer(|_, _| Ok(0));
    // But none that no release's driver takes.
    assert_ne!(send(&fixture, &rows[0].0, PARAMS_SIZE_MAX + 1), 0);
    assert!(fixture.proxy.driver().take().is_empty());
    let _ = ears.one();
}

#[test]
fn a_command_with_translation_needs_the_size_that_its_offsets_are_for() {
    let (fixture, ears) = watched(INFERRED);
    let rows = rows(&fixture, Table::Control, false);
    for (row, known) in &rows {
        for given in [known - 1, known + 8] {
            assert_eq!(send(&fixture, row, given), NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT.0, "{}", row.name);
            assert!(fixture.proxy.driver().take().is_empty(), "{}", row.name);
            let why = ears.one();
            assert_eq!(why, Refusal::InferredSize { release: INFERRED, given, known: *known }, "{}", row.name);
            let words = why.to_string();
            for part in [&given.to_string(), &known.to_string(), "620.06.00", "`gpu-tools learn 620.06.00`"] {
                assert!(words.contains(part), "{words}");
            }
        }
    }
    assert!(rows.len() > 10, "{}", rows.len());
}

/// Nothing else contradicts the size there.
#[test]
fn where_a_record_or_headers_have_the_size_no_other_passes() {
    for release in [MEASURED, PROVED] {
        let (fixture, ears) = watched(release);
        let mut tried = 0;
        for (row, known) in
            rows(&fixture, Table::Control, true).into_iter().chain(rows(&fixture, Table::Control, false))
        {
            if !fixture.proxy.abi().evidence(Table::Control, row.number).unwrap().is_of_release() {
                continue;
            }
            for given in [known - 1, known + 1] {
                assert_eq!(send(&fixture, &row, given), NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT.0, "{}", row.name);
                assert_eq!(ears.one(), Refusal::Size { given, known }, "{release} {}", row.name);
            }
            tried += 1;
        }
        assert!(fixture.proxy.driver().take().is_empty());
        assert!(tried > 150, "{release}: {tried}");
    }
}

#[test]
fn where_neighbours_on_both_sides_agree_no_other_size_passes() {
    let tree = Tree::embedded();
    let mut tried = 0;
    for release in tree.iter().filter(|release| release.standing() == Standing::Inferred) {
        let (fixture, ears) = watched(release.version);
        for (row, known) in rows(&fixture, Table::Control, true) {
            if fixture.proxy.abi().evidence(Table::Control, row.number) != Some(Evidence::Between) {
                continue;
            }
            assert_eq!(send(&fixture, &row, known + 8), NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT.0, "{}", row.name);
            assert_eq!(ears.one(), Refusal::Size { given: known + 8, known });
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn an_ioctl_on_a_frontend_file_follows_the_same_rule() {
    let (fixture, ears) = watched(INFERRED);
    let all = rows(&fixture, Table::Frontend, true);
    assert!(all.iter().any(|(row, _)| row.number == 0xd2), "NV_ESC_CHECK_VERSION_STR");
    for (row, size) in all.iter().filter(|(row, _)| row.handling.effect.is_none()) {
        assert_eq!(fixture.call(OTHER_CONTROL, row.number, &vec![7; size + 16]), Ok(Outcome::Done(0)), "{}", row.name);
        assert_eq!(fixture.proxy.driver().one().argument(), &vec![7; size + 16], "{}", row.name);
    }
    // With effects the proxy reads their fields.
    assert_eq!(fixture.call(CONTROL, NV_ESC_SYS_PARAMS, &[0; 24]), Err(Errno::EINVAL));
    assert!(matches!(ears.one(), Refusal::InferredSize { given: 24, known: 8, .. }));
    let (fixture, ears) = watched(PROVED);
    for (row, known) in rows(&fixture, Table::Frontend, true) {
        let _ = fixture.call(CONTROL, row.number, &vec![7; known + 16]);
        assert_eq!(ears.one(), Refusal::Size { given: known + 16, known }, "{}", row.name);
    }
}

/// The driver copies as much as its own release has, so there must be room behind what the proxy expects.
#[test]
fn what_a_struct_without_a_size_has_grown_by_is_passed_on_if_nothing_needs_translation() {
    let (fixture, _) = watched(INFERRED);
    let rows = rows(&fixture, Table::Uvm, true);
    for (row, size) in rows.iter().filter(|(row, _)| row.handling.effect.is_none()) {
        let guest: Vec<u8> = (0..size + 64).map(|at| at as u8).collect();
        fixture.memory.put(ARGUMENT, &vec![0; 16384]);
        fixture.memory.put(ARGUMENT, &guest);
        let known = *size;
        fixture.proxy.driver().answer(move |seen, bytes| {
            let start = seen.argument.clone().unwrap().start;
            // It reads what the guest wrote, and writes behind.
            assert_eq!(bytes[start + known + 8], (known + 8) as u8);
            bytes[start + known + 16] = 0xee;
            Ok(0)
        });
        assert_eq!(fixture.ioctl(UVM, row.number, ARGUMENT), Ok(Outcome::Done(0)), "{}", row.name);
        let back = fixture.memory.get(ARGUMENT, size + 64);
        assert_eq!(back[size + 16], 0xee, "{}", row.name);
        assert_eq!(back[size + 17..], guest[size + 17..], "{}: the rest is as it was", row.name);
    }
    assert!(rows.len() > 5, "{}", rows.len());
}

#[test]
fn behind_fields_that_need_translation_the_driver_finds_zeros() {
    let (fixture, _) = watched(INFERRED);
    let row = *fixture.proxy.abi().uvm().iter().find(|row| row.name == "UVM_REGISTER_GPU").unwrap();
    let size = row.handling.shapes()[0].layout.size;
    assert!(!row.handling.is_plain());
    fixture.memory.put(ARGUMENT, &vec![0x77; size + 64]);
    // No control file, no client.
    fixture.memory.put(ARGUMENT, &vec![0xff; size]);
    let known = size;
    fixture.proxy.driver().answer(move |seen, bytes| {
        let start = seen.argument.clone().unwrap().start;
        assert_eq!(bytes[start + known..start + known + 64], [0; 64]);
        bytes[start + known] = 0xee;
        Ok(0)
    });
    let _ = fixture.ioctl(UVM, row.number, ARGUMENT);
    assert_eq!(fixture.memory.get(ARGUMENT + size as u64, 64), [0x77; 64], "nothing comes back");
}

/// A struct that grew has its status elsewhere. What the guest would read in the place that is known is its own zero.
#[test]
fn a_status_that_the_driver_leaves_elsewhere_is_no_success() {
    let of = |release| Abi::compose(Tree::embedded(), release).unwrap();
    let pack = Pack::unchanged(version!("999.01.02"), &of(PROVED)).apply(Tree::embedded()).unwrap();
    for (abi, name, is_lost) in [
        (of(INFERRED), "UVM_REGISTER_GPU", true),
        // All that the driver writes goes to the guest.
        (of(INFERRED), "UVM_FREE", false),
        (pack.clone(), "UVM_REGISTER_GPU", true),
        (pack, "UVM_FREE", true),
        (of(PROVED), "UVM_REGISTER_GPU", false),
    ] {
        let ears = Arc::new(Ears::default());
        let proxy = Proxy::new(Script::default(), abi).with_observer(ears.clone());
        let release = proxy.abi().version();
        let fixture = Fixture::of(Arc::new(proxy), Options::default(), 0xc1d0_0001);
        let row = *fixture.proxy.abi().uvm().iter().find(|row| row.name == name).unwrap();
        let layout = row.handling.shapes()[0].layout;
        let at = layout.field("rmStatus").unwrap().offset;
        let mut guest = vec![0; layout.size];
        if let Some(descriptor) = layout.field("rmCtrlFd") {
            guest[descriptor.offset..][..4].copy_from_slice(&(-1i32).to_le_bytes());
        }
        for (moved, lost) in [(0, false), (8, is_lost)] {
            fixture.memory.put(ARGUMENT, &vec![0; layout.size + 64]);
            fixture.memory.put(ARGUMENT, &guest);
            fixture.proxy.driver().answer(move |seen, bytes| {
                let at = seen.argument.clone().unwrap().start + at + moved;
                if bytes.len() >= at + 4 {
                    bytes[at..at + 4].copy_from_slice(&0x56u32.to_le_bytes());
                }
                Ok(0)
            });
            let answer = fixture.ioctl(UVM, row.number, ARGUMENT);
            if lost {
                assert_eq!(answer, Err(Errno::EIO), "{release} {name}");
                assert_eq!(ears.one(), Refusal::StatusLost { release });
                assert_eq!(fixture.memory.get(ARGUMENT, layout.size), guest, "{release} {name}: nothing comes back");
            } else {
                assert_eq!(answer, Ok(Outcome::Done(0)), "{release} {name}");
                let status = fixture.memory.get_u32(ARGUMENT + at as u64);
                assert_eq!(status, if moved == 0 { 0x56 } else { 0 }, "{release} {name}");
            }
        }
    }
}

#[test]
fn a_class_of_inferred_size_is_made_by_the_drivers_own_size() {
    for (release, own) in [(INFERRED, true), (PROVED, false)] {
        let (fixture, _) = watched(release);
        for (row, size) in
            rows(&fixture, Table::Alloc, true).into_iter().filter(|(row, _)| row.handling.effect.is_none())
        {
            fixture.memory.put(PARAMS, &vec![0; 32 << 10]);
            fixture.memory.put(PARAMS, &vec![1; size + 8]);
            fixture.proxy.driver().take();
            assert_eq!(fixture.alloc(0x6000_0001, fixture.client.0, row.number, PARAMS), 0, "{release} {}", row.name);
            let seen = fixture.proxy.driver().one();
            let layout = fixture.proxy.abi().frontend().get(0x2b).unwrap().handling.shapes()[0].layout;
            let at = layout.field("paramsSize").unwrap().offset;
            // With 0 the driver goes by the size that its own release has.
            assert_eq!(word(seen.argument(), at), if own { 0 } else { size as u32 }, "{release} {}", row.name);
            let block = (long(seen.argument(), 16) - HOST_BASE) as usize;
            let behind = &seen.bytes[block + size..];
            if own {
                assert_eq!(behind[..8], [1; 8], "{release} {}: what the guest has there", row.name);
            }
        }
    }
}

#[test]
fn only_what_is_proved_or_measured_passes_if_that_is_asked_for() {
    let abi = Abi::compose(Tree::embedded(), MEASURED).unwrap();
    let ears = Arc::new(Ears::default());
    let proxy = Proxy::new(Script::default(), abi).with_observer(ears.clone()).with_only_proved();
    let sandbox = proxy.sandbox(Options::default());
    let file = proxy.open(&sandbox, nvproxy::Node::Control).unwrap();
    let (memory, files) = (Memory::new(), Files::default());
    memory.put(ARGUMENT, &[0; 64]);
    let guest = nvproxy::Guest { memory: &memory, files: &files };
    // No ioctl of this release was compared with anything.
    assert_eq!(proxy.ioctl(&file, request(0x2b, 32), ARGUMENT, &guest), Err(Errno::EINVAL));
    let why = ears.one();
    assert_eq!(why, Refusal::Unproved { release: MEASURED });
    assert!(why.to_string().contains("`gpu-tools learn 610.57.04`"), "{why}");
    assert!(proxy.driver().take().is_empty());
    // At a proved release all is as before.
    let abi = Abi::compose(Tree::embedded(), PROVED).unwrap();
    let strict = Proxy::new(Script::default(), abi).with_only_proved();
    let _ = Fixture::of(Arc::new(strict), Options::default(), 0xc1d0_0001);
}

/// The risk that ARCHITECTURE.md speaks of: what is passed as bytes at an inferred release may need translation.
#[test]
fn from_one_published_release_to_the_next_sizes_change_more_often_than_pointers_come_in() {
    let tree = Tree::embedded();
    let (mut steps, mut resized, mut gained) = (0, 0, Vec::new());
    for release in tree.iter().filter(|release| release.standing() == Standing::Proved) {
        let Some(parent) = release.parent else { continue };
        let [before, after] = [parent, release.version].map(|version| Abi::compose(tree, version).unwrap());
        let mut pairs = Vec::new();
        for (table, row) in after.rows() {
            pairs.extend(before.table(table).iter().find(|old| old.name == row.name).map(|old| (*old, *row)));
        }
        let sizes = |row: &Row| row.handling.shapes().iter().map(|shape| shape.layout.size).collect::<Vec<_>>();
        steps += 1;
        resized += usize::from(pairs.iter().any(|(old, row)| sizes(old) != sizes(row)));
        let translated = pairs.iter().filter(|(old, row)| old.handling.is_plain() && !row.handling.is_plain());
        gained.extend(translated.map(|(_, row)| (release.version, row.name)));
    }
    // Its samples got pointers of the driver's own (`pOsPidInfo`).
    let one = (version!("570.86.15"), "NV2080_CTRL_CMD_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2");
    assert_eq!((steps, resized, gained.as_slice()), (192, 20, &[one][..]));
}
