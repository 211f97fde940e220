//! What concerns all releases together, and the independent record.

use crate::trial;
use crate::world::World;
use driver_differ::catalogue::Catalogue;
use libtest_mimic::Trial;
use nvproxy::abi::NOT_MEASURED;
use parity_test::deviations::DEVIATIONS;
use parity_test::reviewed::REVIEWED;
use parity_test::{Proxy, changes, forms, headers, indirect, measured, proxy, reference};
use std::collections::BTreeSet;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        // No release is lost because the tree calls it unpublished.
        trial("every_release_of_the_catalogue_is_proved", |world| {
            let proved: BTreeSet<_> = headers::published(world.tree).into_iter().collect();
            let known: BTreeSet<_> = match Catalogue::embedded() {
                Ok(catalogue) => catalogue.releases().collect(),
                Err(error) => return vec![error.to_string()],
            };
            proved.symmetric_difference(&known).map(|release| format!("{release}: tree and catalogue differ")).collect()
        }),
        trial("lists_are_of_structs_that_are_compared", |world| proxy::elements(world.proxies.values())),
        trial("changes_hang_on_releases_of_the_tree", |world| changes::listed(world.tree)),
        trial("forms_of_a_struct_differ_and_are_named_after_their_releases", |world| {
            let proxies: Vec<Proxy> = world.proxies.values().cloned().collect();
            let (forms, mut findings) = forms::collect(&proxies);
            findings.extend(forms::check(world.tree, &forms));
            findings
        }),
        trial("every_reviewed_field_is_needed", |world| {
            let mut used = BTreeSet::new();
            let _ = world.proxies.values().flat_map(|proxy| indirect::check(proxy, REVIEWED, &mut used)).count();
            indirect::stale(REVIEWED, &used)
        }),
        trial("tables_agree_with_the_independent_record", the_record),
        trial("tables_agree_with_what_was_measured", what_was_measured),
        trial("rows_that_were_not_measured_are_known", |world| {
            match measured::parse(measured::CONTROLS, measured::CLASSES) {
                Ok(record) => {
                    let releases = record.iter().map(|(version, release)| (world.proxy(*version), release));
                    measured::lacking(releases, NOT_MEASURED)
                }
                Err(error) => vec![error],
            }
        }),
    ]
}

fn what_was_measured(world: &World) -> Vec<String> {
    let record = match measured::parse(measured::CONTROLS, measured::CLASSES) {
        Ok(record) => record,
        Err(error) => return vec![error],
    };
    let (mut findings, mut used) = (Vec::new(), BTreeSet::new());
    for (version, release) in &record {
        let (compared, found) = measured::check(world.proxy(*version), release, measured::EXCEPTIONS, &mut used);
        findings.extend(found);
        if compared.controls == 0 || compared.classes == 0 || compared.pointers == 0 || compared.descriptors == 0 {
            findings.push(format!("{version}: something was not compared: {compared:?}"));
        }
        world.measured(*version, compared);
    }
    findings.extend(measured::stale(measured::EXCEPTIONS, &used));
    findings
}

fn the_record(world: &World) -> Vec<String> {
    let mut findings = Vec::new();
    let mut used = BTreeSet::new();
    let mut compared = 0;
    for (version, theirs) in &world.reference {
        let Some(proxy) = world.proxies.get(version) else {
            findings.push(format!("{version}: the record has it, the tree does not"));
            continue;
        };
        let later = reference::later(&world.reference, *version);
        let (count, found) = reference::check(proxy, theirs, &later, DEVIATIONS, &mut used);
        compared += count;
        findings.extend(found);
    }
    findings.extend(reference::stale(DEVIATIONS, &used));
    if compared == 0 {
        findings.push("nothing compared".to_owned());
    }
    findings
}
