//! Damage to what is said about fields: by rows, by the reviewed lists, by the catalogue.

use super::{Outcome, RELEASES, damage, leak};
use crate::world::World;
use driver_differ::model::Domain;
use libtest_mimic::Trial;
use nvproxy::abi::reflect::FieldRef;
use nvproxy::abi::row::{Direction, PARAMS_SIZE_MAX, Pointer};
use nvproxy::abi::{Layout, Param, Parameters, Row, Shape, Table, Type};
use parity_test::deviations::{DEVIATIONS, Deviation, Differs};
use parity_test::methods::{self, Methods};
use parity_test::pointers::{self, Copied, Copies};
use parity_test::proxy::ELEMENTS;
use parity_test::reviewed::{Is, REVIEWED, Reviewed};
use parity_test::{Proxy, forms, headers, indirect, params, reference};
use std::collections::BTreeSet;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        each_reference("a parameter's offset", |field| field.offset += 4),
        each_reference("a parameter's size", |field| field.size += 1),
        each_reference("a parameter's path", |field| field.path = leak(format!("{}X", field.path))),
        each_reference("a parameter's struct", |field| field.record = leak(format!("{}X", field.record))),
        damage("a command's struct", a_commands_struct),
        each_copy("a pointer's direction", |copy| {
            copy.direction = if copy.direction == Direction::In { Direction::Out } else { Direction::In };
        }),
        each_copy("a pointer's count", |copy| copy.count = Some("another".into())),
        each_copy("a pointer's element", |copy| copy.element = Some("NV0000_ALLOC_PARAMETERS".into())),
        each_copy("a pointer's limit", |copy| copy.limited = !copy.limited),
        each_copy("a pointer that the driver does not follow", |copy| copy.field += "X"),
        damage("a pointer or descriptor made simple", made_simple),
        damage("a field of simple parameters that becomes a pointer", becomes_a_pointer),
        damage("an item of a reviewed list that nothing needs", |_, outcome| {
            let why = "nobody knows";
            let item = Reviewed { record: "NOWHERE", field: "fd", is: Is::Plain, why };
            let mut used: BTreeSet<usize> = (0..REVIEWED.len()).collect();
            outcome.expect(|| "reviewed".into(), "NOWHERE.fd", &indirect::stale(&with(REVIEWED, item), &used));
            let item = Deviation { name: "NOWHERE", differs: Differs::Extra, at: &[], why };
            used = (0..DEVIATIONS.len()).collect();
            outcome.expect(|| "deviations".into(), "NOWHERE", &reference::stale(&with(DEVIATIONS, item), &used));
        }),
        damage("a field that was not reviewed", unreviewed),
        damage("two forms of a struct that are the same", same_forms),
        damage("a form named after another release", misnamed_forms),
        damage("the catalogue", the_catalogue),
    ]
}

/// The driver copies otherwise than a row says, in one point.
fn each_copy(name: &'static str, how: impl Fn(&mut Copied) + Send + 'static) -> Trial {
    damage(name, move |world, outcome| {
        for version in RELEASES {
            let proxy = world.proxy(version);
            let headers = world.catalogue(version, false).nonuvm;
            let sound = copies(proxy, &headers);
            let check = |copies: &Copies| pointers::check(proxy, &pointers::numbered(copies, &headers), &headers);
            let (compared, found) = check(&sound);
            assert_eq!((compared, found), (sound.values().map(Vec::len).sum(), vec![]), "{version}");
            for (row, copied) in &sound {
                for at in 0..copied.len() {
                    let mut damaged = sound.clone();
                    damaged.get_mut(row).into_iter().filter_map(|copied| copied.get_mut(at)).for_each(&how);
                    outcome.expect(|| version.to_string(), row, &check(&damaged).1);
                }
            }
        }
    })
}

/// What a driver copies that does as the rows say.
fn copies(proxy: &Proxy, headers: &Domain) -> Copies {
    let copied = |pointer: &Pointer| Copied {
        field: pointer.field.path.into(),
        count: (!pointer.squared).then(|| pointer.count.path.into()),
        element: match pointer.element.record() {
            Some(record) => {
                let names = ELEMENTS.iter().filter(|(layout, _)| *layout == record).flat_map(|(_, names)| *names);
                let known = |name: &&str| headers.records.contains_key(*name) || headers.aliases.contains_key(*name);
                names.copied().find(known).map(Into::into)
            }
            None => (pointer.element.size() == 4).then(|| "NvU32".into()),
        },
        direction: pointer.direction,
        limited: pointer.limit <= PARAMS_SIZE_MAX,
    };
    let controls = proxy.rows.iter().filter(|(table, _)| *table == Table::Control);
    let all = controls.map(|(_, row)| (row.name.to_string(), pointers::pointers(row).map(copied).collect::<Vec<_>>()));
    all.filter(|(_, copied)| !copied.is_empty()).collect()
}

/// The driver takes something else than a row says.
fn a_commands_struct(world: &World, outcome: &mut Outcome) {
    for version in RELEASES {
        let proxy = world.proxy(version);
        let headers = world.catalogue(version, false).nonuvm;
        let controls = || proxy.rows.iter().filter(|(table, _)| *table == Table::Control).map(|(_, row)| row);
        let takes = |row: &Row| match row.handling.parameters {
            Parameters::Opaque(name) => Some(name),
            _ => row.handling.shapes().first().map(|shape| shape.name),
        };
        let sound: Methods = controls().map(|row| (row.number, takes(row).map(Into::into))).collect();
        let (compared, found) = methods::check(proxy, &sound, &headers);
        assert_eq!((compared, found), (controls().count(), vec![]), "{version}");
        let proved = |row: &&Row| !matches!(row.handling.parameters, Parameters::Refused | Parameters::Unpublished);
        for row in controls().filter(proved) {
            for other in [None, Some("NV0000_ALLOC_PARAMETERS".to_string())] {
                if other.as_deref() == takes(row) {
                    continue;
                }
                let mut methods = sound.clone();
                methods.insert(row.number, other);
                outcome.expect(|| version.to_string(), row.name, &methods::check(proxy, &methods, &headers).1);
            }
        }
    }
}

fn with<T: Copy>(list: &[T], item: T) -> Vec<T> {
    list.iter().copied().chain([item]).collect()
}

/// Every shape of every row of a release, with the row's place.
fn shapes(proxy: &Proxy) -> Vec<(usize, usize, Shape)> {
    let rows = proxy.rows.iter().enumerate();
    rows.flat_map(|(place, (_, row))| row.handling.shapes().iter().enumerate().map(move |(at, s)| (place, at, *s)))
        .collect()
}

/// The release with another shape in that place.
fn replaced(proxy: &Proxy, place: usize, at: usize, shape: Shape) -> Proxy {
    let mut proxy = proxy.clone();
    let handling = &mut proxy.rows[place].1.handling;
    let mut shapes = handling.shapes().to_vec();
    shapes[at] = shape;
    handling.parameters = Parameters::Struct(leak(shapes));
    proxy
}

fn each_reference(name: &'static str, how: impl Fn(&mut FieldRef) + Send + 'static) -> Trial {
    damage(name, move |world, outcome| {
        for version in RELEASES {
            for (_, _, shape) in shapes(world.proxy(version)) {
                outcome.expect_sound(shape.layout.rust_name, &params::of_shape(&shape));
                for place in 0..shape.params.len() {
                    for field in 0..references(&mut shape.params[place].clone()).len() {
                        let mut list = shape.params.to_vec();
                        let mut fields = references(&mut list[place]);
                        how(fields[field]);
                        let name = format!("{}.{}", fields[field].record, fields[field].path);
                        let damaged = Shape { params: leak(list), ..shape };
                        outcome.expect(|| format!("{version} {name}"), &name, &params::of_shape(&damaged));
                    }
                }
            }
        }
    })
}

/// The fields that a parameter speaks of.
fn references(param: &mut Param) -> Vec<&mut FieldRef> {
    match param {
        Param::Pointer(pointer) => vec![&mut pointer.field, &mut pointer.count],
        Param::Descriptor(descriptor) => vec![&mut descriptor.field],
        Param::Null(field)
        | Param::Zero(field)
        | Param::Key(field)
        | Param::Client(field)
        | Param::OwnClient(field)
        | Param::GpuIds(field, _)
        | Param::GpuUuid(field)
        | Param::Special(field)
        | Param::Fixed { field, .. }
        | Param::Dependency { field, .. }
        | Param::Wipe { field, .. } => vec![field],
    }
}

fn made_simple(world: &World, outcome: &mut Outcome) {
    for version in RELEASES {
        let sound = world.proxy(version);
        outcome.expect_sound(&version.to_string(), &indirect::check(sound, REVIEWED, &mut BTreeSet::new()));
        for (place, at, shape) in shapes(sound) {
            for (index, param) in shape.params.iter().enumerate() {
                let indirect = match param {
                    // Their names tell no more than any number.
                    Param::Dependency { .. } | Param::GpuIds(..) | Param::GpuUuid(_) => false,
                    // Flags that must be zero are no pointer.
                    Param::Zero(field) => field.size == 8,
                    _ => true,
                };
                if !indirect {
                    continue;
                }
                let mut list = shape.params.to_vec();
                list.remove(index);
                let damaged = replaced(sound, place, at, Shape { params: leak(list), ..shape });
                let findings = indirect::check(&damaged, REVIEWED, &mut BTreeSet::new());
                let name = format!("{}.{}", shape.layout.name, param.field().path);
                outcome.expect(|| format!("{version} {name}"), &name, &findings);
            }
        }
    }
}

fn becomes_a_pointer(world: &World, outcome: &mut Outcome) {
    for version in RELEASES {
        let sound = world.proxy(version);
        for (place, at, shape) in shapes(sound) {
            let eight = |field: &&nvproxy::abi::Field| field.ty == Type::Unsigned(8) && !field.is_padding();
            let Some(field) = shape.layout.fields.iter().position(|field| eight(&field)) else { continue };
            let mut fields = shape.layout.fields.to_vec();
            fields[field].ty = Type::Pointer;
            let name = format!("{}.{}", shape.layout.name, fields[field].c_name());
            let layout = leak(Layout { fields: leak(fields), ..*shape.layout });
            let provided = |param: &Param| name.ends_with(&format!(".{}", param.field().path));
            let reviewed = |item: &Reviewed| name == format!("{}.{}", item.record, item.field);
            if shape.params.iter().any(provided) || REVIEWED.iter().any(reviewed) {
                continue;
            }
            let damaged = replaced(sound, place, at, Shape { layout, ..shape });
            let findings = indirect::check(&damaged, REVIEWED, &mut BTreeSet::new());
            outcome.expect(|| format!("{version} {name}"), &name, &findings);
        }
    }
}

/// Without an item of the list, some release has a finding; those that are descriptors must be provided for anyhow.
fn unreviewed(world: &World, outcome: &mut Outcome) {
    for (index, item) in REVIEWED.iter().enumerate().filter(|(_, item)| item.is == Is::Plain) {
        let mut list = REVIEWED.to_vec();
        list.remove(index);
        let newest = world.proxy(RELEASES[2]);
        outcome.expect(|| item.field.into(), item.field, &indirect::check(newest, &list, &mut BTreeSet::new()));
    }
}

fn same_forms(world: &World, outcome: &mut Outcome) {
    let (sound, _) = forms::collect(&[world.proxy(RELEASES[2]).clone()]);
    for form in sound.values() {
        let name = format!("{}_V595_45_04", form.layout.rust_name);
        let rust_name: &'static str = leak(name.clone());
        let layout = leak(Layout { rust_name, ..*form.layout });
        let twice = [(form.layout.rust_name, form.clone()), (rust_name, forms::Form { layout, ..form.clone() })];
        outcome.expect(|| name.clone(), "is the same as", &forms::check(world.tree, &twice.into()));
    }
}

fn misnamed_forms(world: &World, outcome: &mut Outcome) {
    let proxies: Vec<Proxy> = world.proxies.values().cloned().collect();
    let (sound, _) = forms::collect(&proxies);
    for form in sound.values() {
        for suffix in ["_V570_86_16", "_V1", "_old"] {
            let rust_name: &'static str = leak(format!("{}{suffix}", form.layout.name.replace("::", "__")));
            let layout = leak(Layout { rust_name, ..*form.layout });
            let one = [(rust_name, forms::Form { layout, ..form.clone() })];
            outcome.expect(|| rust_name.into(), rust_name, &forms::check(world.tree, &one.into()));
        }
    }
}

fn the_catalogue(world: &World, outcome: &mut Outcome) {
    let sound = world.catalogue(RELEASES[0], false);
    outcome.expect_sound("the catalogue", &headers::differences(&sound, &sound).1);
    let mut expect = |name: &str, damaged: &driver_differ::model::Abi| {
        outcome.expect(|| name.into(), name, &headers::differences(damaged, &sound).1);
        outcome.expect(|| name.into(), name, &headers::differences(&sound, damaged).1);
    };
    for name in sound.nonuvm.constants.keys() {
        let mut damaged = sound.clone();
        damaged.nonuvm.constants.entry(name.clone()).and_modify(|value| *value += 1);
        expect(name, &damaged);
        damaged.nonuvm.constants.remove(name);
        expect(name, &damaged);
    }
    for name in sound.uvm.records.keys() {
        let mut damaged = sound.clone();
        damaged.uvm.records.entry(name.clone()).and_modify(|record| record.size += 1);
        expect(name, &damaged);
    }
    for name in sound.nonuvm.aliases.keys() {
        let mut damaged = sound.clone();
        damaged.nonuvm.aliases.entry(name.clone()).and_modify(|alias| alias.ty.push('*'));
        expect(name, &damaged);
    }
}
