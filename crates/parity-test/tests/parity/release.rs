//! One release.

use crate::source;
use crate::world::{Counts, World};
use driver_differ::model::Abi;
use parity_test::reviewed::REVIEWED;
use parity_test::{Proxy, changes, headers, indirect, layouts, methods, numbers, params, pointers};
use std::collections::BTreeSet;
use version_tree::DriverVersion;

/// A release against its headers.
pub(crate) fn published(world: &World, version: DriverVersion) -> Vec<String> {
    let proxy = world.proxy(version);
    let mut findings = whatever_the_headers(world, proxy);
    let (mut counts, found) = against(world, proxy, &world.catalogue(version, false));
    findings.extend(found);
    match world.fresh(version) {
        Some(Ok(fresh)) => {
            let (compared, found) = headers::differences(&world.catalogue(version, true), &fresh);
            findings.extend(found);
            counts.fresh = compared;
            let (again, found) = against(world, proxy, &fresh);
            findings.extend(found.into_iter().map(|what| format!("read afresh: {what}")));
            if compared == 0 || (again.layouts, again.numbers) != (counts.layouts, counts.numbers) {
                findings.push(format!("{compared} definitions read afresh; {again:?}, from the catalogue {counts:?}"));
            }
        }
        Some(Err(error)) => findings.push(error),
        None => {}
    }
    if let Some(clone) = world.clone_of_the_driver() {
        let read = source::read(clone, version, |tree| Ok((source::methods(tree)?, source::copies(tree)?)));
        match read {
            Ok((tables, copies)) => {
                let headers = &world.catalogue(version, false).nonuvm;
                let (methods, found) = methods::check(proxy, &tables, headers);
                findings.extend(found);
                let copies = pointers::numbered(&copies, headers);
                let (pointers, found) = pointers::check(proxy, &copies, headers);
                findings.extend(found);
                (counts.methods, counts.pointers) = (methods, pointers);
                if methods == 0 || pointers == 0 {
                    findings.push(format!("of the driver's source, something was not compared: {counts:?}"));
                }
            }
            Err(error) => findings.push(error),
        }
    }
    if counts.layouts.structs == 0 || counts.layouts.fields == 0 || counts.numbers == 0 {
        findings.push(format!("something was not compared at all: {counts:?}"));
    }
    world.compared(version, counts);
    findings
}

fn against(world: &World, proxy: &Proxy, headers: &Abi) -> (Counts, Vec<String>) {
    let (layouts, mut findings) = layouts::check(proxy, headers);
    let (numbers, found) = numbers::check(proxy, &world.wanted.entries, headers);
    findings.extend(found);
    (Counts { layouts, numbers, ..Counts::default() }, findings)
}

/// What can be said of a release without its headers.
fn whatever_the_headers(world: &World, proxy: &Proxy) -> Vec<String> {
    let mut findings = numbers::well_formed(proxy);
    findings.extend(params::check(proxy));
    findings.extend(changes::check(world.tree, proxy));
    findings.extend(indirect::check(proxy, REVIEWED, &mut BTreeSet::new()));
    findings
}

/// A release whose headers are not published: it composes, its rows make sense, and what nothing proves is said.
pub(crate) fn inferred(world: &World, version: DriverVersion) -> Vec<String> {
    let proxy = world.proxy(version);
    let path = world.tree.path(version).unwrap_or_else(|e| panic!("{e:?}"));
    let Some(proved) = path.iter().rev().find(|release| release.headers.published()) else {
        return vec!["no ancestor has headers".into()];
    };
    let parent = path.iter().rev().nth(1).map_or(version, |release| release.version);
    let since_parent = differences(world.proxy(parent), proxy);
    let since_proved = differences(world.proxy(proved.version), proxy).len();
    let mut said = match since_proved {
        0 => format!("taken to be as {}", proved.version),
        _ => format!("taken to be as {} but for {since_proved} entries", proved.version),
    };
    if !since_parent.is_empty() {
        said += &format!("; new against {parent}: {}", since_parent.join(", "));
    }
    world.unproved(version, said);
    whatever_the_headers(world, proxy)
}

/// The entries that differ, by name; those that went with a minus sign.
fn differences(before: &Proxy, after: &Proxy) -> Vec<String> {
    let came = after.rows.iter().filter(|row| !before.rows.contains(row)).map(|(_, row)| row.name.to_string());
    let still = |table, number| after.rows.iter().any(|(t, row)| (*t, row.number) == (table, number));
    let went = before.rows.iter().filter(|(table, row)| !still(*table, row.number));
    came.chain(went.map(|(_, row)| format!("-{}", row.name))).collect()
}
