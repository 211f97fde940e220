//! Which objects take which control commands, at all releases together.

use crate::source;
use crate::trial;
use crate::world::World;
use driver_differ::catalogue::Catalogue;
use driver_differ::extract::{Names, Wanted};
use libtest_mimic::Trial;
use nvproxy::abi::receivers::{forwards, receivers};
use parity_test::headers;
use parity_test::receivers::Seen;
use std::collections::BTreeMap;
use std::sync::OnceLock;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("objects_take_the_commands_that_they_take_in_the_driver", |world| match seen(world) {
            Some(Ok(seen)) => {
                world.received(seen);
                seen.findings()
            }
            Some(Err(findings)) => findings.clone(),
            None => Vec::new(),
        }),
        trial("damaged_lists_of_receivers_are_seen", |world| match seen(world) {
            Some(Ok(seen)) => damaged(world, seen),
            Some(Err(_)) | None => Vec::new(),
        }),
    ]
}

/// Whatever may be a class.
struct Constants;

impl Names for Constants {
    fn record(&self, _: &str) -> bool {
        false
    }

    fn constant(&self, _: &str) -> bool {
        true
    }
}

/// What all releases say; `None` without a clone.
fn seen(world: &World) -> Option<&'static Result<Seen, Vec<String>>> {
    static SEEN: OnceLock<Result<Seen, Vec<String>>> = OnceLock::new();
    let clone = world.clone_of_the_driver()?;
    Some(SEEN.get_or_init(|| {
        let (mut seen, mut findings) = (Seen::default(), Vec::new());
        let catalogue = Catalogue::embedded().map_err(|error| vec![error.to_string()])?;
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        for version in headers::published(world.tree) {
            let abis = catalogue.abis(&[version], Wanted::Named(&Constants)).map_err(|e| vec![e.to_string()])?;
            let constants = abis.into_iter().flat_map(|abi| abi.nonuvm.constants);
            numbers.extend(constants.filter_map(|(name, value)| Some((name, u32::try_from(value).ok()?))));
            match source::read(clone, version, source::classes) {
                Ok((classes, list)) => {
                    let found = seen.add(&classes, &list, |name| numbers.get(name).copied());
                    findings.extend(found.into_iter().map(|what| format!("{version}: {what}")));
                }
                Err(error) => findings.push(format!("{version}: {error}")),
            }
        }
        if findings.is_empty() { Ok(seen) } else { Err(findings) }
    }))
}

/// Each item of a list taken out of it, and one put into it that does not belong there.
fn damaged(world: &World, seen: &Seen) -> Vec<String> {
    let (mut findings, mut times) = (Vec::new(), 0);
    for class in (0..=0xffff).filter(|class| receivers(*class).is_some()) {
        let list = receivers(class).unwrap_or_default();
        let other: &'static [u32] = [&[0x2081], list].concat().leak();
        let shorter =
            (0..list.len()).map(|index| -> &'static [u32] { [&list[..index], &list[index + 1..]].concat().leak() });
        for changed in shorter.chain([other]) {
            let with = |one| if one == class { Some(changed) } else { receivers(one) };
            times += 1;
            if seen.check(with, forwards).is_empty() {
                findings.push(format!("commands of {class:#x} for {changed:x?}: not seen"));
            }
        }
        times += 1;
        if seen.check(|one| receivers(one).filter(|_| one != class), forwards).is_empty() {
            findings.push(format!("commands of {class:#x} without a list: not seen"));
        }
    }
    for object in [0x2081, 0x2082, 0x2080] {
        times += 1;
        if seen.check(receivers, |one| forwards(one) != (one == object)).is_empty() {
            findings.push(format!("{object:#x} passes commands on or not: not seen"));
        }
    }
    world.damaged("a list of receivers", times);
    findings
}
