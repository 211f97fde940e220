//! The headers of releases: which there are, what of them is asked for, and the catalogue against them.

use crate::Proxy;
use crate::numbers::{Names, names};
use driver_differ::extract;
use driver_differ::model::{Abi, Domain, DomainName};
use nvproxy::abi::XFER_CMD;
use std::collections::{BTreeMap, BTreeSet};
use version_tree::{DriverVersion, Tree};

/// The releases whose headers are published, by version.
pub fn published(tree: &Tree) -> Vec<DriverVersion> {
    tree.iter().filter(|release| release.headers.published()).map(|release| release.version).collect()
}

/// The names that the tables have at any release: what is read of headers.
pub struct Wanted {
    /// Of entries.
    pub entries: Names,
    constants: BTreeSet<&'static str>,
    records: BTreeSet<String>,
}

impl Wanted {
    /// What these releases name, and some more structs.
    pub fn by<'a>(proxies: &[Proxy], more: impl IntoIterator<Item = &'a String>) -> Self {
        let entries = names(proxies);
        let constants = entries.iter().map(|(_, name)| *name).collect();
        let passed = proxies.iter().flat_map(Proxy::layouts).flat_map(|(_, _, name, layout)| [name, layout.name]);
        let elements = crate::proxy::ELEMENTS.into_iter().flat_map(|(_, names)| names.iter().copied());
        let records = passed.chain(elements).chain(XFER_CMD.structs()).map(ToString::to_string);
        let records = records.chain(more.into_iter().cloned()).collect();
        Self { entries, constants, records }
    }
}

impl extract::Names for Wanted {
    fn record(&self, name: &str) -> bool {
        self.records.contains(name)
    }

    fn constant(&self, name: &str) -> bool {
        self.constants.contains(name)
    }
}

/// What the catalogue says otherwise than the headers, everything that either has. Gives how much was compared, too.
pub fn differences(catalogue: &Abi, headers: &Abi) -> (usize, Vec<String>) {
    let mut findings = Vec::new();
    let mut compared = 0;
    for name in DomainName::ALL {
        let (ours, theirs): (&Domain, &Domain) = (catalogue.domain(name), headers.domain(name));
        let kinds = [
            ("record", each(&ours.records, &theirs.records, |a, b| a.same_layout(b) && a.header() == b.header())),
            ("alias", each(&ours.aliases, &theirs.aliases, |a, b| a == b)),
            ("constant", each(&ours.constants, &theirs.constants, |a, b| a == b)),
        ];
        for (kind, (count, names)) in kinds {
            compared += count;
            let say =
                |found: &str| format!("the catalogue's {} {kind} {found} is not what the headers say", name.as_str());
            findings.extend(names.into_iter().map(say));
        }
    }
    (compared, findings)
}

fn each<'a, T>(
    ours: &'a BTreeMap<String, T>,
    theirs: &'a BTreeMap<String, T>,
    same: impl Fn(&T, &T) -> bool,
) -> (usize, Vec<&'a str>) {
    let differs = |name: &&String| match (ours.get(*name), theirs.get(*name)) {
        (Some(a), Some(b)) => !same(a, b),
        _ => true,
    };
    let alone = theirs.keys().filter(|name| !ours.contains_key(*name));
    (theirs.len(), ours.keys().chain(alone).filter(differs).map(String::as_str).collect())
}
