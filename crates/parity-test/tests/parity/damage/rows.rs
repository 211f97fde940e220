//! Damage to rows, and to what releases change of them.

use super::{Outcome, RELEASES, damage};
use crate::world::World;
use libtest_mimic::Trial;
use nvproxy::abi::{Capabilities, Change, Parameters, Row, Table};
use parity_test::deviations::DEVIATIONS;
use parity_test::{Proxy, changes, numbers, reference};
use std::collections::{BTreeMap, BTreeSet};
use version_tree::{DriverVersion, version};

pub(super) fn trials() -> Vec<Trial> {
    vec![
        damage("an entry's number", |world, outcome| {
            each_row(world, outcome, |proxy, place| {
                proxy.rows[place].1.number ^= 0x8000;
                proxy.rows[place].1.name
            });
        }),
        damage("an entry's name", |world, outcome| {
            each_row(world, outcome, |proxy, place| std::mem::replace(&mut proxy.rows[place].1.name, "NV_NOWHERE"));
        }),
        damage("an entry that is missing", |world, outcome| {
            each_row(world, outcome, |proxy, place| proxy.rows.remove(place).1.name);
        }),
        damage("an entry that the headers do not have", foreign),
        damage("an entry called unpublished", |world, outcome| {
            each_row(world, outcome, |proxy, place| {
                let row = &mut proxy.rows[place].1;
                row.handling.parameters = Parameters::Unpublished;
                row.name
            });
        }),
        damage("a row that is there twice", |world, outcome| {
            for version in RELEASES {
                for place in 0..world.proxy(version).rows.len() {
                    let mut proxy = world.proxy(version).clone();
                    let row = proxy.rows[place];
                    proxy.rows.insert(place, row);
                    outcome.expect(|| format!("{version} {}", row.1.name), row.1.name, &numbers::well_formed(&proxy));
                }
            }
        }),
        damage("a capability", |world, outcome| {
            of_the_record(world, outcome, |row| row.capabilities.toggle(Capabilities::PROFILING));
        }),
        damage("a number of the record", |world, outcome| of_the_record(world, outcome, |row| row.number ^= 0x8000)),
        damage("a removal that is missing", removals),
        damage("a change that changes nothing", twice),
        damage("a change of what is not there", |world, outcome| {
            each_change(world, |parent, version, changes, place| {
                let (table, row) = (changes[place].table(), changes[place].name());
                let change = Change::Remove(table, u32::MAX, row);
                let (_, findings) = changes::apply(parent, version, &[change]);
                outcome.expect(
                    || format!("{version} {row}"),
                    &format!("{version} {} {row}", table.as_str()),
                    &findings,
                );
            });
        }),
    ]
}

/// Damages each row; what does so gives the name that must be found.
fn each_row(world: &World, outcome: &mut Outcome, how: impl Fn(&mut Proxy, usize) -> &'static str) {
    for version in RELEASES {
        let headers = world.catalogue(version, false);
        let (_, findings) = numbers::check(world.proxy(version), &world.wanted.entries, &headers);
        outcome.expect_sound(&version.to_string(), &findings);
        for place in 0..world.proxy(version).rows.len() {
            let mut proxy = world.proxy(version).clone();
            // Nothing is published about it.
            if numbers::is_nameless(&proxy.rows[place].1) {
                continue;
            }
            let name = how(&mut proxy, place);
            let (_, findings) = numbers::check(&proxy, &world.wanted.entries, &headers);
            outcome.expect(|| format!("{version} {name}"), name, &findings);
        }
    }
}

/// Adds every entry of all other releases that a release does not have.
fn foreign(world: &World, outcome: &mut Outcome) {
    let all: BTreeMap<(Table, &str), Row> =
        world.proxies.values().flat_map(|p| &p.rows).map(|(table, row)| ((*table, row.name), *row)).collect();
    for version in RELEASES {
        let headers = world.catalogue(version, false);
        // Of what headers have no name for, they cannot say that it is not there.
        for ((table, name), row) in all.iter().filter(|(_, row)| !numbers::is_nameless(row)) {
            let mut proxy = world.proxy(version).clone();
            if proxy.named(*table, name).next().is_none() {
                proxy.rows.push((*table, *row));
                let (_, findings) = numbers::check(&proxy, &world.wanted.entries, &headers);
                outcome.expect(|| format!("{version} {name}"), name, &findings);
            }
        }
    }
}

/// The record's first release, one whose parent it has wrong, one in the middle and its last.
const OF_THE_RECORD: [DriverVersion; 4] =
    [version!("535.104.05"), version!("555.42.02"), version!("580.65.06"), version!("620.06.00")];

fn of_the_record(world: &World, outcome: &mut Outcome, how: impl Fn(&mut Row)) {
    for version in OF_THE_RECORD {
        let Some(theirs) = world.reference.get(&version) else {
            outcome.expect_sound("the record", &[format!("it lacks {version}")]);
            continue;
        };
        let later = reference::later(&world.reference, version);
        let check = |proxy: &Proxy| reference::check(proxy, theirs, &later, DEVIATIONS, &mut BTreeSet::new()).1;
        outcome.expect_sound(&version.to_string(), &check(world.proxy(version)));
        for place in 0..world.proxy(version).rows.len() {
            let mut proxy = world.proxy(version).clone();
            let (table, row) = &mut proxy.rows[place];
            let name = row.name;
            // What only a later release of the record has cannot be held against it.
            if theirs.contains_key(&(*table, name.to_string())) {
                how(row);
                outcome.expect(|| format!("{version} {name}"), name, &check(&proxy));
            }
        }
    }
}

/// Every change of every release, with what its parent has.
fn each_change(world: &World, mut test: impl FnMut(&Proxy, DriverVersion, &[Change], usize)) {
    for version in nvproxy::abi::changing() {
        let changes: Vec<Change> = nvproxy::abi::changes(version).copied().collect();
        let Some(parent) = world.tree.parent(version) else { continue };
        (0..changes.len()).for_each(|place| test(world.proxy(parent.version), version, &changes, place));
    }
}

/// A removal that is forgotten is seen by the headers, or by the record where there are none.
fn removals(world: &World, outcome: &mut Outcome) {
    let published = parity_test::headers::published(world.tree);
    each_change(world, |parent, version, changes, place| {
        let Change::Remove(table, number, name) = changes[place] else { return };
        let mut left: Vec<Change> = changes.to_vec();
        left.remove(place);
        let (proxy, mut findings) = changes::apply(parent, version, &left);
        if published.contains(&version) {
            let (_, found) = numbers::check(&proxy, &world.wanted.entries, &world.catalogue(version, false));
            findings.extend(found);
        } else if let Some(theirs) = world.reference.get(&version) {
            let later = reference::later(&world.reference, version);
            findings.extend(reference::check(&proxy, theirs, &later, DEVIATIONS, &mut BTreeSet::new()).1);
        }
        // Where the number has another name from here on, that one is not found.
        let next = changes.iter().find_map(|change| match change {
            Change::Add(of, row) if (*of, row.number) == (table, number) => Some(row.name),
            _ => None,
        });
        outcome.expect(|| format!("{version} without removing {name}"), next.unwrap_or(name), &findings);
    });
}

/// A change said twice changes nothing the second time.
fn twice(world: &World, outcome: &mut Outcome) {
    each_change(world, |parent, version, changes, place| {
        let change = changes[place];
        let (_, findings) = changes::apply(parent, version, changes);
        outcome.expect_sound(&version.to_string(), &findings);
        let mut changes = changes.to_vec();
        changes.insert(place, change);
        let (_, findings) = changes::apply(parent, version, &changes);
        let name = format!("{version} {} {}", change.table().as_str(), change.name());
        outcome.expect(|| name.clone(), &name, &findings);
    });
}
