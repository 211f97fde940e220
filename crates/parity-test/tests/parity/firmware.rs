//! Numbers with the firmware's bit: each that headers, method tables or the record have has a row.

use crate::source;
use crate::trial;
use crate::world::World;
use driver_differ::catalogue::Catalogue;
use driver_differ::extract::Wanted;
use libtest_mimic::Trial;
use nvproxy::abi::Table;
use parity_test::firmware::{self, Commands, Found};
use parity_test::{Proxy, headers, measured};
use std::collections::BTreeMap;
use version_tree::DriverVersion;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("numbers_with_the_firmwares_bit_have_rows", |world| match found(world) {
            Ok(found) => {
                world.firmwares(found.values().map(Found::len).sum());
                let checked = found.iter().flat_map(|(version, found)| firmware::check(world.proxy(*version), found));
                checked.chain(found.values().all(Found::is_empty).then(|| "none was found".to_owned())).collect()
            }
            Err(error) => error,
        }),
        trial("lost_rows_of_numbers_with_the_firmwares_bit_are_seen", |world| match found(world) {
            Ok(found) => damaged(world, &found),
            Err(error) => error,
        }),
    ]
}

/// Every such number, by release.
fn found(world: &World) -> Result<BTreeMap<DriverVersion, Found>, Vec<String>> {
    let mut all: BTreeMap<DriverVersion, Found> = BTreeMap::new();
    let catalogue = Catalogue::embedded().map_err(|error| vec![error.to_string()])?;
    for version in headers::published(world.tree) {
        let abis = catalogue.abis(&[version], Wanted::Named(&Commands)).map_err(|e| vec![e.to_string()])?;
        let found = all.entry(version).or_default();
        found.extend(abis.iter().flat_map(|abi| firmware::of_headers(&abi.nonuvm)));
        if let Some(clone) = world.clone_of_the_driver() {
            let methods = source::read(clone, version, source::methods).map_err(|error| vec![error])?;
            for (number, what) in firmware::of_methods(&methods) {
                found.entry(number).or_insert(what);
            }
        }
    }
    let record = measured::parse(measured::CONTROLS, measured::CLASSES).map_err(|error| vec![error])?;
    for (version, release) in &record {
        all.entry(*version).or_default().extend(firmware::of_record(release));
    }
    Ok(all)
}

/// Each row of such a number taken out of its tables.
fn damaged(world: &World, found: &BTreeMap<DriverVersion, Found>) -> Vec<String> {
    let (mut findings, mut times) = (Vec::new(), 0);
    for (version, found) in found {
        let proxy = world.proxy(*version);
        for number in found.keys() {
            let without: Proxy = Proxy {
                rows: proxy
                    .rows
                    .iter()
                    .filter(|(table, row)| *table != Table::Control || row.number != *number)
                    .copied()
                    .collect(),
                ..proxy.clone()
            };
            times += 1;
            if firmware::check(&without, found).is_empty() {
                findings.push(format!("{version}: without {number:#x}: not seen"));
            }
        }
    }
    world.damaged("a lost row of a number with the firmware's bit", times);
    findings
}
