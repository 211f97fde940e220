//! `nvproxy drivers`.

use super::Format;
use super::columns::{Line, Side, columns};
use super::exit::Exit;
use super::output::{FAINT, Output, count, paint};
use crate::diff::{Totals, compare};
use crate::release::{RELEASE_SCHEMA_VERSION, Resolved};
use anyhow::Result;
use nvproxy::abi::{self, Abi, Table};
use serde::Serialize;
use version_tree::{Release, Standing, Tree};

#[derive(Serialize)]
struct Drivers {
    schema_version: u32,
    releases: Vec<Driver>,
    summary: Summary,
}

/// A release. What it changes is against its parent; the root changes nothing.
#[derive(Serialize)]
struct Driver {
    #[serde(flatten)]
    resolved: Resolved,
    changes_abi: bool,
    changes: Totals,
    entries: Entries,
}

#[derive(Serialize)]
struct Entries {
    frontend: usize,
    uvm: usize,
    control: usize,
    alloc: usize,
}

/// Of all releases, shown or not.
#[derive(Default, Serialize)]
struct Summary {
    releases: usize,
    proved: usize,
    measured: usize,
    inferred: usize,
    qualified: usize,
    changing: usize,
}

pub(crate) fn run(output: &Output, all: bool, format: Format) -> Result<Exit> {
    let tree = Tree::embedded();
    let mut summary = Summary::default();
    let mut releases = Vec::new();
    for release in tree {
        let changes = changes(tree, release)?;
        summary.add(release, changes);
        // The root is what everything else is a change of.
        let telling = release.qualified_by().is_some() || changes.any() || release.parent.is_none();
        if all || telling {
            releases.push(Driver::new(tree, release, changes)?);
        }
    }
    let drivers = Drivers { schema_version: RELEASE_SCHEMA_VERSION, releases, summary };
    match format {
        Format::Json => output.json(&drivers)?,
        Format::Text => output.print(&text(&drivers))?,
    }
    Ok(Exit::Done)
}

impl Driver {
    fn new(tree: &Tree, release: &Release, changes: Totals) -> Result<Self> {
        let abi = Abi::compose(tree, release.version)?;
        let entries = |table| abi.table(table).len();
        Ok(Self {
            resolved: Resolved::new(release),
            changes_abi: changes.any(),
            changes,
            entries: Entries {
                frontend: entries(Table::Frontend),
                uvm: entries(Table::Uvm),
                control: entries(Table::Control),
                alloc: entries(Table::Alloc),
            },
        })
    }
}

/// What a release changes against its parent.
fn changes(tree: &Tree, release: &Release) -> Result<Totals> {
    match release.parent {
        Some(parent) if abi::changes(release.version).next().is_some() => {
            let (base, next) = (Abi::compose(tree, parent)?, Abi::compose(tree, release.version)?);
            Ok(Totals::of(&compare(tree, &base, &next)))
        }
        _ => Ok(Totals::default()),
    }
}

/// `+3 ~15 -1`.
fn in_words(changes: Totals) -> String {
    let parts = [('+', changes.added), ('~', changes.changed), ('-', changes.removed)];
    let some: Vec<String> = parts.iter().filter(|(_, n)| *n > 0).map(|(mark, n)| format!("{mark}{n}")).collect();
    some.join(" ")
}

impl Summary {
    fn add(&mut self, release: &Release, changes: Totals) {
        self.releases += 1;
        self.changing += usize::from(changes.any());
        self.qualified += usize::from(release.qualified_by().is_some());
        match release.standing() {
            Standing::Proved => self.proved += 1,
            Standing::Measured => self.measured += 1,
            Standing::Inferred => self.inferred += 1,
        }
    }
}

fn text(drivers: &Drivers) -> String {
    let titles = [
        ("release", Side::Left),
        ("standing", Side::Left),
        ("qualified by", Side::Left),
        ("parent", Side::Left),
        ("ABI since", Side::Left),
        ("changes", Side::Left),
        ("frontend", Side::Right),
        ("uvm", Side::Right),
        ("control", Side::Right),
        ("alloc", Side::Right),
    ];
    let rows: Vec<Line> = drivers.releases.iter().map(|driver| Line::Row(cells(driver))).collect();
    let Summary { releases, proved, measured, inferred, qualified, changing } = drivers.summary;
    let releases_words = count(releases, "release", "releases");
    let shown = match drivers.releases.len() {
        shown if shown == releases => String::new(),
        shown => format!("{shown} shown, those that gVisor tests or that change the ABI; --all shows every one\n"),
    };
    let legend = "\
proved: compared with its headers; measured: its headers are not published, but a record made by others has the sizes and
pointers of its control commands; inferred: taken from its parent; qualified by: who tests it on hardware
changes, against the parent: + added, ~ changed, - removed entries\n";
    format!(
        "{}\n{releases_words}: {proved} proved, {measured} measured, {inferred} inferred; {qualified} qualified by gVisor; \
         {changing} change the ABI\n{shown}{}",
        columns(&titles, &rows),
        paint(FAINT, legend)
    )
}

fn cells(driver: &Driver) -> Vec<String> {
    let Driver { resolved, changes, entries, .. } = driver;
    vec![
        resolved.release.to_string(),
        resolved.standing.to_string(),
        resolved.qualified_by.unwrap_or_default().to_owned(),
        resolved.parent.map(|parent| parent.to_string()).unwrap_or_default(),
        resolved.abi_since.to_string(),
        in_words(*changes),
        entries.frontend.to_string(),
        entries.uvm.to_string(),
        entries.control.to_string(),
        entries.alloc.to_string(),
    ]
}
