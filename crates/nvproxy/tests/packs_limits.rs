//! What a release pack cannot do, whatever it says: show the firmware a number that this build knows, change what this
//! build has proved or measured, bring back what was removed, or have the driver read beyond a call's bytes.

mod support;

use nvproxy::abi::{Abi, Capabilities, Parameters, Row, Table};
use nvproxy::pack::{Entry, Pack, Place};
use nvproxy::{Options, Proxy};
use std::sync::Arc;
use support::*;
use version_tree::{DriverVersion, Tree, version};

const PROVED: DriverVersion = version!("595.45.04");
const MEASURED: DriverVersion = version!("610.57.04");
/// In no tree.
const NEW: DriverVersion = version!("999.01.02");
const OLDEST: DriverVersion = version!("515.43.04");
const PARAMS: u64 = 0x100_0000;

fn compiled(release: DriverVersion) -> Abi {
    Abi::compose(Tree::embedded(), release).unwrap()
}

fn apply(pack: &Pack) -> Abi {
    Pack::parse(&pack.to_text()).unwrap().apply(Tree::embedded()).unwrap()
}

fn fixture(abi: Abi) -> Fixture {
    let options = Options { capabilities: Capabilities::all(), ..Options::default() };
    Fixture::of(Arc::new(Proxy::new(Script::default(), abi)), options, 0xc1d0_0001)
}

fn of_name(abi: &Abi, table: Table, name: &str) -> Row {
    *abi.table(table).iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{name}"))
}

fn entry<'p>(pack: &'p mut Pack, table: Table, name: &str) -> &'p mut Entry {
    pack.tables[table as usize].get_mut(name).unwrap_or_else(|| panic!("{name}"))
}

/// An entry that is like the row of a release.
fn like(release: DriverVersion, table: Table, name: &str) -> Entry {
    Entry { like: Some(release), ..Entry::of(table, &of_name(&compiled(release), table, name)) }
}

/// Why an entry is left out.
fn why(abi: &Abi, name: &str) -> String {
    assert!(abi.rows().all(|(_, row)| row.name != name), "{name} is let through");
    abi.left_out().iter().find(|left| left.name == name).unwrap_or_else(|| panic!("{name}")).why.clone()
}

/// Rows that this build refuses: commands of the resource manager's own under numbers that mean the firmware.
const REFUSED: [(&str, u32); 2] = [
    ("UNKNOWN_CONTROL_COMMAND_2080A083", 0x2080_a083),
    ("NV2080_CTRL_CMD_INTERNAL_GCX_ENTRY_PREREQUISITE", 0x2080_a7d7),
];

fn reaches(abi: &Abi, number: u32) -> bool {
    const SUBDEVICE: u32 = 0x5000_0002;
    let fixture = fixture(abi.clone());
    assert_eq!(fixture.alloc(SUBDEVICE, fixture.client.0, 0x2080, 0), 0);
    fixture.proxy.driver().take();
    fixture.memory.put(PARAMS, &[0; 8]);
    fixture.control(SUBDEVICE, number, PARAMS, 8).unwrap();
    !fixture.proxy.driver().take().is_empty()
}

#[test]
fn no_pack_shows_the_firmware_a_number_that_any_release_has() {
    for (name, number) in REFUSED {
        let mut packs = vec![Pack::unchanged(NEW, &compiled(OLDEST))];
        for another in [0x1234, 0x35, 0x2080_8abc] {
            let mut renumbered = Pack::unchanged(NEW, &compiled(PROVED));
            entry(&mut renumbered, Table::Control, name).number = another;
            packs.push(renumbered);
            let mut left_out = Pack::unchanged(NEW, &compiled(PROVED));
            *entry(&mut left_out, Table::Control, name) = Entry::left_out(another, "for a test");
            packs.push(left_out);
        }
        for pack in &packs {
            assert!(!reaches(&apply(pack), number), "{name}");
        }
    }
    // One that no release has does go there.
    assert!(reaches(&apply(&Pack::unchanged(NEW, &compiled(OLDEST))), 0x2080_8abc));
}

#[test]
fn what_a_pack_leaves_out_is_named_by_the_number_that_this_build_has() {
    let (name, number) = REFUSED[0];
    let mut pack = Pack::unchanged(NEW, &compiled(PROVED));
    entry(&mut pack, Table::Control, name).number = 0x35;
    let abi = apply(&pack);
    let left: Vec<_> = abi.left_out().iter().filter(|left| left.name == name).collect();
    assert_eq!(left.iter().map(|left| left.number).collect::<Vec<_>>(), [number]);
    assert_eq!(left[0].why, "this build knows it as 0x2080a083, the pack says 0x35");
    // Another number that means the firmware stays out, too.
    entry(&mut pack, Table::Control, name).number = 0x2080_8abc;
    let abi = apply(&pack);
    assert!(!reaches(&abi, 0x2080_8abc) && !reaches(&abi, number));
}

/// Samples that got pointers at 570.86.15.
const SAMPLES: &str = "NV2080_CTRL_CMD_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2";

#[test]
fn a_pack_of_a_proved_release_only_takes_away() {
    let own = compiled(PROVED);
    let mut pack = Pack::unchanged(PROVED, &own);
    *entry(&mut pack, Table::Control, SAMPLES) = like(version!("565.57.01"), Table::Control, SAMPLES);
    entry(&mut pack, Table::Control, "NV2080_CTRL_CMD_GPU_GET_INFO_V2").forms[0].size += 8;
    let list = entry(&mut pack, Table::Control, "NV2080_CTRL_CMD_GR_GET_INFO");
    list.forms[0].fields.insert("grInfoListSize".into(), Place { offset: 4, size: 4 });
    entry(&mut pack, Table::Uvm, "UVM_MIGRATE").forms[0].size = 8;
    let abi = apply(&pack);
    for name in [SAMPLES, "NV2080_CTRL_CMD_GPU_GET_INFO_V2", "NV2080_CTRL_CMD_GR_GET_INFO", "UVM_MIGRATE"] {
        assert_eq!(why(&abi, name), "differs from what this build has proved", "{name}");
    }
    assert_eq!(abi.left_out().len(), 4);
    // Whatever release the rest is like, or the pack is based on.
    let mut some = 0;
    for based_on in std::iter::once(OLDEST).chain(nvproxy::abi::changing()) {
        let mut pack = Pack::unchanged(PROVED, &compiled(based_on));
        for release in [OLDEST, version!("525.53"), version!("570.86.15"), version!("620.06.00")] {
            for (table, row) in compiled(release).rows() {
                let entries = &mut pack.tables[table as usize];
                if entries.values().all(|known| known.number != row.number) {
                    entries.insert(row.name.to_owned(), Entry { like: Some(release), ..Entry::of(table, row) });
                }
            }
        }
        let abi = pack.apply(Tree::embedded()).unwrap();
        for (table, row) in abi.rows() {
            assert_eq!(own.table(table).get(row.number), Some(row), "based on {based_on}");
        }
        some += abi.rows().count();
    }
    assert!(some > 10_000, "{some}");
}

#[test]
fn sizes_that_were_measured_stay_what_they_are() {
    let own = compiled(MEASURED);
    let unchanged = Pack::unchanged(MEASURED, &own);
    let plain = "NV2080_CTRL_CMD_GPU_GET_INFO_V2";
    assert!(apply(&unchanged).rows().any(|(_, row)| row.name == plain));
    let mut pack = unchanged;
    entry(&mut pack, Table::Control, plain).forms[0].size += 8;
    assert_eq!(why(&apply(&pack), plain), "its size differs from what was measured at 610.57.04");
    // What nobody measured may have another size.
    let mut pack = Pack::unchanged(MEASURED, &own);
    entry(&mut pack, Table::Uvm, "UVM_FREE").forms[0].size += 8;
    assert_eq!(of_name(&apply(&pack), Table::Uvm, "UVM_FREE").handling.shapes()[0].layout.size, 24);
}

#[test]
fn an_entry_is_like_none_that_translates_less() {
    let mut pack = Pack::unchanged(NEW, &compiled(PROVED));
    *entry(&mut pack, Table::Control, SAMPLES) = like(version!("565.57.01"), Table::Control, SAMPLES);
    assert_eq!(why(&apply(&pack), SAMPLES), "at 595.45.04 more of its fields are translated");
    // Nor at a release that this build knows more of than the pack's ancestor.
    let pack = Pack::unchanged(version!("620.06.00"), &compiled(version!("565.57.01")));
    assert_eq!(why(&apply(&pack), SAMPLES), "at 620.06.00 more of its fields are translated");
}

#[test]
fn an_entry_that_was_removed_does_not_come_back() {
    let (old, new) = (compiled(OLDEST), compiled(PROVED));
    let gone: Vec<_> = old.rows().filter(|(table, row)| new.table(*table).iter().all(|n| n.name != row.name)).collect();
    assert!(!gone.is_empty());
    let mut pack = Pack::unchanged(NEW, &new);
    for (table, row) in &gone {
        let entries = &mut pack.tables[*table as usize];
        if entries.values().all(|known| known.number != row.number) {
            entries.insert(row.name.to_owned(), like(OLDEST, *table, row.name));
        }
    }
    let abi = apply(&pack);
    for (table, row) in &gone {
        assert!(abi.table(*table).iter().all(|known| known.name != row.name), "{}", row.name);
    }
    assert!(abi.left_out().iter().any(|left| left.why == "it was removed before 595.45.04"), "{:?}", abi.left_out());
}

#[test]
fn an_entry_is_like_none_that_others_may_use() {
    // gVisor moved it from graphics to video.
    let mapper = "NV_MEMORY_MAPPER";
    let mut pack = Pack::unchanged(NEW, &compiled(PROVED));
    *entry(&mut pack, Table::Alloc, mapper) = like(version!("525.53"), Table::Alloc, mapper);
    assert!(why(&apply(&pack), mapper).contains("other capabilities"));
    // It is not at 515, but the newest row decides.
    let mut pack = Pack::unchanged(NEW, &compiled(OLDEST));
    pack.tables[Table::Alloc as usize].insert(mapper.to_owned(), like(version!("525.53"), Table::Alloc, mapper));
    assert_eq!(why(&apply(&pack), mapper), "at 525.53 it needs other capabilities than at newer releases");
    *entry(&mut pack, Table::Alloc, mapper) = like(PROVED, Table::Alloc, mapper);
    assert!(apply(&pack).alloc().iter().any(|row| row.name == mapper));
}

/// Bytes that the driver finds behind parameters that come without a size.
const ROOM: usize = 16 << 10;

/// A pack can say that such parameters are smaller than they are. What the driver then reads beyond them is zeros.
#[test]
fn the_driver_finds_zeros_behind_parameters_that_are_larger_than_a_pack_says() {
    let mut pack = Pack::unchanged(NEW, &compiled(PROVED));
    entry(&mut pack, Table::Uvm, "UVM_FREE").forms[0].size = 20;
    let form = &mut entry(&mut pack, Table::Uvm, "UVM_FREE").forms[0];
    form.fields.insert("rmStatus".into(), Place { offset: 16, size: 4 });
    let (relaid, own) = (apply(&pack), compiled(PROVED));
    assert_eq!(of_name(&relaid, Table::Uvm, "UVM_FREE").handling.shapes()[0].layout.size, 20);
    for (abi, room) in [(own.clone(), 0), (relaid, ROOM), (apply(&Pack::unchanged(PROVED, &own)), 0)] {
        let size = of_name(&abi, Table::Uvm, "UVM_FREE").handling.shapes()[0].layout.size;
        let fixture = fixture(abi);
        fixture.memory.put(ARGUMENT, &[0x77; 4096]);
        fixture.proxy.driver().answer(move |seen, bytes| {
            let start = seen.argument.clone().unwrap().start;
            bytes[start + size - 4..start + size].fill(0);
            Ok(0)
        });
        let number = of_name(fixture.proxy.abi(), Table::Uvm, "UVM_FREE").number;
        fixture.ioctl(UVM, number, ARGUMENT).unwrap();
        let seen = fixture.proxy.driver().one();
        let end = seen.argument.clone().unwrap().end;
        assert_eq!(seen.argument().len(), size);
        // Calls are aligned.
        assert_eq!((seen.bytes.len() - end) / 16 * 16, room);
        assert!(seen.bytes[end..].iter().all(|byte| *byte == 0));
    }
    // Of a class, the driver is not told a size that only a pack says.
    let class = own
        .alloc()
        .iter()
        .find(|row| row.handling.is_plain() && matches!(row.handling.parameters, Parameters::Struct([_])));
    let class = *class.unwrap();
    let at = own.frontend().iter().find(|row| row.name == "NV_ESC_RM_ALLOC").unwrap();
    let shape = at.handling.shapes().iter().find(|shape| shape.name == "NVOS64_PARAMETERS").unwrap();
    let offset = |name: &str| shape.layout.field(name).unwrap().offset;
    for (abi, told) in [(own.clone(), true), (apply(&pack), false)] {
        let fixture = fixture(abi);
        let mut call = vec![0; shape.layout.size];
        call[..16].copy_from_slice(&words(&[fixture.client.0, fixture.client.0, 0x6000_0001, class.number]));
        call[offset("pAllocParms")..][..8].copy_from_slice(&PARAMS.to_le_bytes());
        fixture.memory.put(PARAMS, &[0x77; 4096]);
        fixture.call(CONTROL, 0x2b, &call).unwrap();
        let seen = fixture.proxy.driver().one();
        let size = class.handling.shapes()[0].layout.size;
        assert_eq!(word(seen.argument(), offset("paramsSize")) as usize, if told { size } else { 0 });
        let params = seen.follow(long(seen.argument(), offset("pAllocParms"))).unwrap();
        assert_eq!(params, vec![0x77; size]);
    }
}
