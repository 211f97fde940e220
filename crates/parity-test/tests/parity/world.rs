//! What the tests share, and what they leave to be said at the end.

use crate::source;
use driver_differ::catalogue::Catalogue;
use driver_differ::extract::{Session, Wanted as Extent};
use driver_differ::model::Abi;
use parity_test::headers::Wanted;
use parity_test::receivers::Seen;
use parity_test::reference::{self, Entries};
use parity_test::{Proxy, layouts::Compared, measured};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use version_tree::{DriverVersion, Tree};

/// Everything there is to compare, but the headers.
pub(crate) struct World {
    pub(crate) tree: &'static Tree,
    pub(crate) proxies: BTreeMap<DriverVersion, Proxy>,
    pub(crate) reference: BTreeMap<DriverVersion, Entries>,
    pub(crate) wanted: Wanted,
    /// Of a clone, if there is one.
    repository: Option<PathBuf>,
    said: Mutex<Said>,
}

#[derive(Default)]
struct Said {
    compared: BTreeMap<DriverVersion, Counts>,
    unproved: BTreeMap<DriverVersion, String>,
    measured: BTreeMap<DriverVersion, measured::Compared>,
    damage: BTreeMap<&'static str, usize>,
    receivers: Option<String>,
    firmwares: usize,
}

/// What was compared at one release.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) layouts: Compared,
    /// Entries whose numbers the headers define.
    pub(crate) numbers: usize,
    /// Records, aliases and constants of the catalogue that were held against headers read afresh.
    pub(crate) fresh: usize,
    /// Control commands that the driver's own tables have.
    pub(crate) methods: usize,
    /// Pointers that the driver's own copying has.
    pub(crate) pointers: usize,
}

impl World {
    pub(crate) fn get() -> &'static Self {
        static WORLD: LazyLock<World> = LazyLock::new(World::new);
        &WORLD
    }

    fn new() -> Self {
        let tree = Tree::embedded();
        let proxies = Proxy::all(tree);
        let reference = reference::parse(reference::TEXT).unwrap_or_else(|e| panic!("testdata/reference: {e}"));
        let structs = reference.values().flatten().flat_map(|(_, entry)| &entry.structs);
        let wanted = Wanted::by(&proxies, structs);
        let proxies = proxies.into_iter().map(|proxy| (proxy.version, proxy)).collect();
        let repository = std::env::var_os("NVPROXY_DRIVER_REPO").map(PathBuf::from);
        Self { tree, proxies, reference, wanted, repository, said: Mutex::default() }
    }

    pub(crate) fn proxy(&self, version: DriverVersion) -> &Proxy {
        self.proxies.get(&version).unwrap_or_else(|| panic!("{version} does not compose"))
    }

    /// What the catalogue has of a release, of the names that concern the proxy, or all.
    pub(crate) fn catalogue(&self, version: DriverVersion, all: bool) -> Abi {
        let extent = if all { Extent::All } else { Extent::Named(&self.wanted) };
        let catalogue = Catalogue::embedded().unwrap_or_else(|e| panic!("{e}"));
        let abis = catalogue.abis(&[version], extent).unwrap_or_else(|e| panic!("{e}"));
        abis.into_iter().next().unwrap_or_default()
    }

    /// Everything that a release's headers define, read afresh; None without a clone.
    pub(crate) fn fresh(&self, version: DriverVersion) -> Option<Result<Abi, String>> {
        thread_local! {
            // What releases share is read once per thread.
            static SESSION: RefCell<Session> = RefCell::new(Session::new());
        }
        let path = self.repository.as_ref()?;
        Some(source::read(path, version, |tree| {
            let extracted = SESSION.with_borrow_mut(|session| session.extract(tree, Extent::All));
            extracted.map(|(abi, _)| abi).map_err(|e| e.to_string())
        }))
    }

    /// The clone, if there is one.
    pub(crate) fn clone_of_the_driver(&self) -> Option<&Path> {
        self.repository.as_deref()
    }

    fn say(&self, what: impl FnOnce(&mut Said)) {
        what(&mut self.said.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn compared(&self, version: DriverVersion, counts: Counts) {
        self.say(|said| {
            let _ = said.compared.insert(version, counts);
        });
    }

    pub(crate) fn unproved(&self, version: DriverVersion, what: String) {
        self.say(|said| {
            let _ = said.unproved.insert(version, what);
        });
    }

    pub(crate) fn measured(&self, version: DriverVersion, compared: measured::Compared) {
        self.say(|said| {
            let _ = said.measured.insert(version, compared);
        });
    }

    /// What was compared of which objects take which commands.
    pub(crate) fn received(&self, seen: &Seen) {
        let pairs: usize = seen.takes.values().map(BTreeSet::len).sum();
        let (releases, classes) = (seen.releases, seen.takes.len());
        let what = format!(
            "parity: commands of {classes} classes, {pairs} pairs with objects that take them, as {releases} releases \
             have them"
        );
        self.say(|said| said.receivers = Some(what));
    }

    /// How many numbers with the firmware's bit were looked up, over all releases.
    pub(crate) fn firmwares(&self, count: usize) {
        self.say(|said| said.firmwares = count);
    }

    pub(crate) fn damaged(&self, what: &'static str, times: usize) {
        self.say(|said| *said.damage.entry(what).or_default() += times);
    }

    /// What was compared, what was not, and what stays unproved.
    pub(crate) fn summary(&self) {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        for (version, counts) in &said.compared {
            let Counts { layouts, numbers, .. } = counts;
            println!("{version}: {} structs, {} fields, {numbers} numbers", layouts.structs, layouts.fields);
        }
        for (version, what) in &said.unproved {
            println!("UNPROVED {version}: {what}");
        }
        for (version, compared) in &said.measured {
            let measured::Compared { controls, sizes, pointers, descriptors, pids, classes } = compared;
            println!(
                "measured {version}: {controls} commands, {sizes} of the measured size, {pointers} with pointers, \
                 {descriptors} with descriptors, {pids} that name processes; {classes} classes"
            );
        }
        for (what, times) in &said.damage {
            println!("damage seen: {what}, {times} times");
        }
        if said.firmwares > 0 {
            println!("parity: {} numbers with the firmware's bit, each with a row", said.firmwares);
        }
        match &said.receivers {
            Some(what) => println!("{what}"),
            None if self.repository.is_none() => println!(
                "SKIPPED (not checked): which objects take which commands, and the firmware's numbers in method tables: \
                 NVPROXY_DRIVER_REPO names no clone of NVIDIA/open-gpu-kernel-modules"
            ),
            None => {}
        }
        let releases = said.compared.len();
        if releases == 0 {
            return;
        }
        if self.repository.is_none() {
            println!(
                "SKIPPED (not checked): the headers of {releases} releases read afresh: NVPROXY_DRIVER_REPO names no \
                 clone of NVIDIA/open-gpu-kernel-modules"
            );
        }
        let sum = |of: fn(&Counts) -> usize| said.compared.values().map(of).sum::<usize>();
        println!(
            "parity: {releases} releases, {} structs, {} fields, {} numbers",
            sum(|c| c.layouts.structs),
            sum(|c| c.layouts.fields),
            sum(|c| c.numbers)
        );
        if sum(|c| c.fresh) > 0 {
            let fresh = sum(|c| c.fresh);
            println!("parity: {fresh} definitions of the catalogue against headers read afresh");
            let methods = sum(|c| c.methods);
            let pointers = sum(|c| c.pointers);
            println!("parity: {methods} control commands against the driver's own tables of them");
            println!("parity: {pointers} pointers in their parameters against the driver's own copying");
        }
    }
}
