//! Damage to rows that were measured, and to the record of that.

use super::{Outcome, damage, leak};
use crate::world::World;
use libtest_mimic::Trial;
use nvproxy::abi::{Layout, Param, Parameters, Shape, Table};
use parity_test::Proxy;
use parity_test::measured::{self, CLASSES, CONTROLS, EXCEPTIONS, Measured};
use std::collections::BTreeSet;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        damage("a measured row's size", |world, outcome| each_shape(world, outcome, size)),
        damage("a measured row's pointer or descriptor", |world, outcome| each_shape(world, outcome, without)),
        damage("a measured row's number", |world, outcome| {
            each_row(world, outcome, |proxy, place| {
                proxy.rows[place].1.number ^= 0x100;
                true
            });
        }),
        damage("a measured row's name", |world, outcome| {
            each_row(world, outcome, |proxy, place| {
                let named = proxy.rows[place].1.handling.name() != "unpublished";
                if named {
                    proxy.rows[place].1.name = leak(format!("{}_X", proxy.rows[place].1.name));
                }
                named
            });
        }),
        damage("a measured row that takes nothing", |world, outcome| {
            each_row(world, outcome, |proxy, place| {
                let parameters = &mut proxy.rows[place].1.handling.parameters;
                let some = matches!(parameters, Parameters::Struct(_));
                if some {
                    *parameters = Parameters::Empty;
                }
                some
            });
        }),
        damage("a level of the record", levels),
        damage("a line of the record", the_text),
        damage("an exception of the record", exceptions),
    ]
}

/// Every release of the record, which must be sound.
fn each_release(world: &World, outcome: &mut Outcome, mut test: impl FnMut(&mut Outcome, &Proxy, &Measured)) {
    let record = measured::parse(CONTROLS, CLASSES).unwrap_or_else(|error| panic!("{error}"));
    for (version, release) in &record {
        let proxy = world.proxy(*version);
        outcome.expect_sound(&version.to_string(), &findings(proxy, release));
        test(outcome, proxy, release);
    }
}

fn findings(proxy: &Proxy, release: &Measured) -> Vec<String> {
    measured::check(proxy, release, EXCEPTIONS, &mut BTreeSet::new()).1
}

/// Damages every row that the record has; what does so says whether it did.
fn each_row(world: &World, outcome: &mut Outcome, how: impl Fn(&mut Proxy, usize) -> bool) {
    each_release(world, outcome, |outcome, proxy, release| {
        for (place, (table, row)) in proxy.rows.iter().enumerate() {
            let known = match table {
                Table::Control => release.controls.get(&row.number).is_some_and(|one| one.name.is_some()),
                Table::Alloc => release.classes.contains_key(&row.number),
                Table::Frontend | Table::Uvm => false,
            };
            let mut damaged = proxy.clone();
            if known && how(&mut damaged, place) {
                outcome.expect(|| format!("{} {}", proxy.version, row.name), row.name, &findings(&damaged, release));
            }
        }
    });
}

/// Damages every control command's struct, in each of the ways given.
fn each_shape(world: &World, outcome: &mut Outcome, how: fn(&Shape) -> Vec<Shape>) {
    each_release(world, outcome, |outcome, proxy, release| {
        for (place, (table, row)) in proxy.rows.iter().enumerate() {
            let Parameters::Struct([shape]) = row.handling.parameters else { continue };
            if *table != Table::Control || !release.controls.contains_key(&row.number) {
                continue;
            }
            for shape in how(shape) {
                let mut damaged = proxy.clone();
                damaged.rows[place].1.handling.parameters = Parameters::Struct(leak([shape]));
                outcome.expect(|| format!("{} {}", proxy.version, row.name), row.name, &findings(&damaged, release));
            }
        }
    });
}

fn size(shape: &Shape) -> Vec<Shape> {
    let of = |size| Shape { layout: leak(Layout { size, ..*shape.layout }), ..*shape };
    vec![of(shape.layout.size + 1), of(shape.layout.size - 1)]
}

fn without(shape: &Shape) -> Vec<Shape> {
    let seen = |param: &Param| {
        matches!(param, Param::Pointer(_) | Param::Null(_) | Param::Descriptor(_) | Param::Fixed { .. })
    };
    let without = |place: usize| {
        let mut params = shape.params.to_vec();
        params.remove(place);
        Shape { params: leak(params), ..*shape }
    };
    (0..shape.params.len()).filter(|place| seen(&shape.params[*place])).map(without).collect()
}

/// A command that ordinary clients may not call any more.
fn levels(world: &World, outcome: &mut Outcome) {
    each_release(world, outcome, |outcome, proxy, release| {
        // What is refused does not reach the driver.
        let rows = proxy.rows.iter().filter(|(_, row)| row.handling.parameters != Parameters::Refused);
        for (table, row) in rows {
            for level in [measured::Access::Admin, measured::Access::Kernel, measured::Access::Internal] {
                let mut damaged = release.clone();
                let access = match table {
                    Table::Control => damaged.controls.get_mut(&row.number).map(|one| &mut one.access),
                    Table::Alloc => damaged.classes.get_mut(&row.number).map(|one| &mut one.access),
                    Table::Frontend | Table::Uvm => None,
                };
                let Some(access) = access.filter(|access| **access != level) else { continue };
                *access = level;
                outcome.expect(|| format!("{} {}", proxy.version, row.name), row.name, &findings(proxy, &damaged));
            }
        }
    });
}

/// Any line that is missing, doubled, cut short or in another place is an error.
fn the_text(_: &World, outcome: &mut Outcome) {
    for (of_controls, text) in [(true, CONTROLS), (false, CLASSES)] {
        let lines: Vec<&str> = text.lines().collect();
        for place in 0..lines.len() {
            let (mut missing, mut twice, mut short) = (lines.clone(), lines.clone(), lines.clone());
            missing.remove(place);
            twice.insert(place, lines[place]);
            short[place] = lines[place].rsplit_once('\t').map_or("", |(before, _)| before);
            for damaged in [missing, twice, short].map(|lines| lines.join("\n")) {
                let read =
                    if of_controls { measured::parse(&damaged, CLASSES) } else { measured::parse(CONTROLS, &damaged) };
                let what = if of_controls { "commands" } else { "classes" };
                outcome.expect(|| lines[place].to_string(), what, &read.err().into_iter().collect::<Vec<_>>());
            }
        }
    }
}

/// Without an exception some release has a finding, and one that nothing needs is said.
fn exceptions(world: &World, outcome: &mut Outcome) {
    let record = measured::parse(CONTROLS, CLASSES).unwrap_or_else(|error| panic!("{error}"));
    for (index, exception) in EXCEPTIONS.iter().enumerate() {
        let mut list = EXCEPTIONS.to_vec();
        list.remove(index);
        let mut found = Vec::new();
        for (version, release) in &record {
            found.extend(measured::check(world.proxy(*version), release, &list, &mut BTreeSet::new()).1);
        }
        outcome.expect(|| exception.name.into(), exception.name, &found);
        let unused = measured::stale(EXCEPTIONS, &(0..EXCEPTIONS.len()).filter(|other| *other != index).collect());
        outcome.expect(|| exception.name.into(), exception.name, &unused);
    }
}
