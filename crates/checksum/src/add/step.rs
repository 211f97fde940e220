//! One release on its way into the tree: what it changes, and what that leaves to be done.

use driver_differ::catalogue::text::Changes;
use driver_differ::catalogue::update;
use driver_differ::closure;
use driver_differ::diff::origin::{Way, from_abis};
use driver_differ::diff::{Diff, compare};
use driver_differ::extract::Names;
use driver_differ::model::{Abi, DomainName};
use nvproxy::abi::Table;
use parity_test::Proxy;
use std::collections::{BTreeMap, BTreeSet};
use version_tree::proxied::Entry;
use version_tree::{DriverVersion, Tree};

use super::driver::Driver;
use super::functions::Functions;
use super::tables::{self, Known, RowChange, RowKind, Sources, Tables};
use super::{Candidate, Error, Place, Rust, candidates, rust};

/// How a release came into the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// The tree did not have it.
    Inserted,
    /// The tree had it from published lists; its headers are published now.
    Published {
        /// The parent that the lists gave it.
        before: Option<DriverVersion>,
    },
    /// It was there.
    Present,
}

/// How many names a release's headers define otherwise than its parent's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Headers {
    /// Structs and unions.
    pub records: usize,
    /// Typedefs of anything else.
    pub aliases: usize,
    /// Integer constants.
    pub constants: usize,
}

/// A function of the driver, and where it is defined (`path:line`) if that was found.
pub(super) type Function = (String, Option<String>);

/// A release that is added, or was asked for.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where it sits.
    pub place: Place,
    /// How it came in.
    pub came: Came,
    /// Whether it was asked for; otherwise it lies between that one and the tree.
    pub asked: bool,
    /// The releases that are numbered lower than their parents, and whose lines now say that the history has it so:
    /// this one, or one above it.
    pub out_of_order: Vec<DriverVersion>,
    /// How much its headers change.
    pub headers: Headers,
    /// The entries of the proxy that it has otherwise than its parent.
    pub changes: Vec<RowChange>,
    /// What the proxy passes, compared with the parent's.
    pub diff: Option<Diff>,
    /// What in this build's tables does not fit its headers, and did its parent's.
    pub left: Vec<String>,
    /// What it brings that the proxy does not know at any release.
    pub candidates: Vec<Candidate>,
    /// By table and name, the driver's functions for the entries that changed.
    pub(super) functions: BTreeMap<(Table, &'static str), Function>,
    /// What to add to the proxy.
    pub rust: Rust,
}

impl Step {
    /// The release.
    #[must_use]
    pub fn version(&self) -> DriverVersion {
        self.place.placement.version
    }

    /// The fields of what an entry passes that have to be translated from this release on, or no longer have to be.
    #[must_use]
    pub fn to_translate(&self, change: &RowChange) -> Vec<String> {
        let changed = self.diff.iter().flat_map(|diff| &diff.records.changed);
        let of_row = changed.filter(|record| record.used_by.iter().any(|user| user == change.row.name));
        of_row.filter(|record| record.meaning.needs_work()).map(|record| record.meaning.words()).collect()
    }

    /// Whether a person has to decide how the entry is handled now.
    #[must_use]
    pub fn needs_handler(&self, change: &RowChange) -> bool {
        match &change.kind {
            RowKind::Shape { .. } => {
                let simple = change.row.handling.is_simple();
                !simple || !self.to_translate(change).is_empty()
            }
            RowKind::Copied { .. } => true,
            RowKind::Known { .. } => !change.row.handling.is_simple(),
            RowKind::Named { .. } | RowKind::Moved { .. } | RowKind::Gone => false,
        }
    }
}

/// What a step is worked out from.
pub(super) struct Ground<'a> {
    /// The tree with the release in it.
    pub(super) tree: &'a Tree,
    pub(super) tables: &'a dyn Tables,
    pub(super) known: &'a Known,
    pub(super) repository: &'a driver_differ::source::Repository,
}

impl Ground<'_> {
    fn driver(&self, version: DriverVersion) -> Result<Driver, Error> {
        Ok(match self.repository.release(&version.to_string())? {
            Some(tree) => Driver::read(&tree)?,
            None => Driver::default(),
        })
    }
}

impl Step {
    /// A step without what its headers say.
    pub(super) fn new(place: Place, came: Came, asked: bool) -> Self {
        Self {
            place,
            came,
            asked,
            out_of_order: Vec::new(),
            headers: Headers::default(),
            changes: Vec::new(),
            diff: None,
            left: Vec::new(),
            candidates: Vec::new(),
            functions: BTreeMap::new(),
            rust: Rust::default(),
        }
    }

    /// Finds out what the release changes against its parent.
    pub(super) fn compare(
        &mut self,
        ground: &Ground<'_>,
        parent: Option<(DriverVersion, &Abi)>,
        abi: &Abi,
    ) -> Result<(), Error> {
        let version = self.version();
        let proxy = |version| {
            let nothing = Proxy { version, rows: Vec::new() };
            ground.tables.at(ground.tree, version).unwrap_or(nothing)
        };
        let now = proxy(version);
        let driver = ground.driver(version)?;
        let next = Sources { version, headers: abi, driver: &driver };
        let Some((parent, base_abi)) = parent else {
            self.left = tables::left(&now, next, None, ground.known);
            return Ok(());
        };
        let before = proxy(parent);
        let base_driver = ground.driver(parent)?;
        let base = Sources { version: parent, headers: base_abi, driver: &base_driver };
        self.headers = Headers::between((parent, base_abi), (version, abi));
        self.left = tables::left(&now, next, Some((&before, base)), ground.known);
        self.changes = tables::changes(&before, ground.known, base, next);
        if self.headers == Headers::default() && self.changes.is_empty() {
            return Ok(());
        }
        self.diff = Some(difference((parent, base_abi), (version, abi), &[&before, &now]));
        self.rust = rust::write(version, parent, &self.changes, base_abi, abi)?;
        self.read_sources(ground, base_abi, abi)
    }

    /// Reads what the driver's sources say of what came in and changed.
    fn read_sources(&mut self, ground: &Ground<'_>, base: &Abi, abi: &Abi) -> Result<(), Error> {
        let Some(tree) = ground.repository.release(&self.version().to_string())? else { return Ok(()) };
        let mut functions = Functions::read(&tree)?;
        self.candidates = candidates::candidates(base, abi, ground.known, &functions);
        let number = |change: &RowChange| match change.kind {
            RowKind::Moved { to } => to,
            _ => i128::from(change.row.number),
        };
        let place =
            |functions: &Functions, change: &RowChange| functions.place(change.table, number(change), change.row.name);
        let wanted: BTreeSet<String> =
            self.changes.iter().filter_map(|change| place(&functions, change)).map(|(function, _)| function).collect();
        if !wanted.is_empty() {
            functions.find(&tree, &wanted)?;
        }
        let found = self.changes.iter().filter_map(|c| Some(((c.table, c.row.name), place(&functions, c)?)));
        self.functions = found.collect();
        Ok(())
    }
}

impl Headers {
    fn between(base: (DriverVersion, &Abi), (version, abi): (DriverVersion, &Abi)) -> Self {
        let delta = update::changes(version, Some(base), abi);
        let count =
            |of: fn(&Changes) -> usize| DomainName::ALL.into_iter().map(|domain| of(delta.domain(domain))).sum();
        Self {
            records: count(|changes| changes.records.len()),
            aliases: count(|changes| changes.aliases.len()),
            constants: count(|changes| changes.constants.len()),
        }
    }
}

/// What the proxy passes at any of two releases.
struct Used(BTreeSet<Entry>);

impl Names for Used {
    fn record(&self, name: &str) -> bool {
        self.0.iter().any(|entry| entry.structs.iter().any(|passed| passed == name))
    }

    fn constant(&self, name: &str) -> bool {
        self.0.iter().any(|entry| entry.name == name)
    }
}

fn difference(
    (base_version, base): (DriverVersion, &Abi),
    (version, abi): (DriverVersion, &Abi),
    proxies: &[&Proxy],
) -> Diff {
    let entries = proxies.iter().flat_map(|proxy| &proxy.rows).map(|(table, row)| Entry {
        table: *table,
        number: row.number,
        name: row.name.into(),
        structs: row.structs().map(Into::into).collect(),
    });
    let used = Used(entries.collect());
    let mut abis = [base.clone(), abi.clone()];
    closure::keep(&mut abis, &used);
    for abi in &mut abis {
        for domain in DomainName::ALL {
            abi.domain_mut(domain).constants.retain(|name, _| used.constant(name));
        }
    }
    let entries: Vec<Entry> = used.0.into_iter().collect();
    let [base, next] = &abis;
    let labels = [base_version.to_string(), version.to_string()];
    let mut diff = compare((&labels[0], base), (&labels[1], next), &entries);
    let way = Way { left: Vec::new(), common: Some(base_version), entered: vec![version] };
    from_abis(&mut diff, &way, &abis);
    diff
}
