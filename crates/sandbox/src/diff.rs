//! What changes in the tables between two releases.

use crate::entry::{Form, forms};
use nvproxy::abi::{Abi, Layout, Row, Rows, Table, Type, changes};
use serde::Serialize;
use std::collections::BTreeMap;
use version_tree::{DriverVersion, Release, Tree};

/// What changes in one table, each in the order of its numbers.
#[derive(Debug)]
pub(crate) struct TableDiff {
    pub(crate) table: Table,
    pub(crate) added: Vec<OneSided>,
    pub(crate) removed: Vec<OneSided>,
    pub(crate) changed: Vec<Changed>,
}

/// An entry of one of the releases.
#[derive(Debug)]
pub(crate) struct OneSided {
    pub(crate) row: Row,
    pub(crate) origin: Origin,
}

/// An entry of both that differs.
#[derive(Debug)]
pub(crate) struct Changed {
    pub(crate) base: Row,
    pub(crate) next: Row,
    pub(crate) what: Vec<What>,
    pub(crate) origin: Origin,
}

/// Where a change came in.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Origin {
    pub(crate) introduced_in: Option<DriverVersion>,
    /// That release is an ancestor of base and not of next, which therefore lacks the change.
    pub(crate) undone: bool,
}

/// What of an entry differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    /// The number that its name stands for.
    Number,
    /// The name of its number.
    Name,
    /// How it is handled.
    Handling,
    /// Who may use it.
    Caps,
    /// Which structs it comes with, or their layouts.
    Structs,
    /// What is translated in them.
    Params,
}

impl TableDiff {
    /// Whether nothing differs.
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// How many entries differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Totals {
    pub(crate) added: usize,
    pub(crate) removed: usize,
    pub(crate) changed: usize,
}

impl Totals {
    pub(crate) fn of(tables: &[TableDiff]) -> Self {
        tables.iter().fold(Self::default(), |sum, table| Self {
            added: sum.added + table.added.len(),
            removed: sum.removed + table.removed.len(),
            changed: sum.changed + table.changed.len(),
        })
    }

    pub(crate) fn any(self) -> bool {
        self != Self::default()
    }
}

/// Table by table. Where a change came in is not known if only a release pack knows one of the releases.
pub(crate) fn compare(tree: &Tree, base: &Abi, next: &Abi) -> Vec<TableDiff> {
    let way = tree.path_between(base.version(), next.version()).ok();
    let origin = |table, numbers: &[u32]| {
        let Some(way) = &way else { return Origin::default() };
        let touches = |release: &&&Release| {
            changes(release.version).any(|change| change.table() == table && numbers.contains(&change.number()))
        };
        let entered = way.entered.iter().rev().find(touches);
        let found = entered.or_else(|| way.left.iter().find(touches));
        Origin { introduced_in: found.map(|release| release.version), undone: entered.is_none() && found.is_some() }
    };
    let tables = Table::ALL.into_iter();
    tables.map(|table| compare_table(table, base.table(table), next.table(table), &|n| origin(table, n))).collect()
}

fn compare_table(table: Table, base: &Rows, next: &Rows, origin: &dyn Fn(&[u32]) -> Origin) -> TableDiff {
    let mut gone: BTreeMap<&str, &Row> = base.iter().map(|row| (row.name, row)).collect();
    let (mut pairs, mut came) = (Vec::new(), Vec::new());
    // A name stays the same thing where its number changes.
    for row in next {
        match gone.remove(row.name) {
            Some(before) => pairs.push((before, row)),
            None => came.push(row),
        }
    }
    // What is left and has the same number has another name.
    came.retain(|row| {
        let renamed = gone.values().find(|before| before.number == row.number).copied();
        if let Some(before) = renamed {
            gone.remove(before.name);
            pairs.push((before, row));
        }
        renamed.is_none()
    });
    pairs.sort_by_key(|(_, next)| next.number);
    let mut removed: Vec<&Row> = gone.into_values().collect();
    removed.sort_by_key(|row| row.number);
    let one_sided = |rows: Vec<&Row>| -> Vec<OneSided> {
        rows.into_iter().map(|row| OneSided { row: *row, origin: origin(&[row.number]) }).collect()
    };
    let changed = pairs.into_iter().filter_map(|(base, next)| {
        let what = what(base, next);
        let origin = || origin(&[base.number, next.number]);
        (!what.is_empty()).then(|| Changed { base: *base, next: *next, what, origin: origin() })
    });
    TableDiff { table, changed: changed.collect(), added: one_sided(came), removed: one_sided(removed) }
}

fn what(base: &Row, next: &Row) -> Vec<What> {
    if base == next {
        return Vec::new();
    }
    let (before, after) = (forms(base), forms(next));
    let same_structs = base.structs().eq(next.structs())
        && before.len() == after.len()
        && before.iter().zip(&after).all(|(a, b)| LayoutChange::between(a.layout, b.layout).is_none());
    let params =
        |forms: &[Form]| forms.iter().flat_map(|form| form.params).map(ToString::to_string).collect::<Vec<_>>();
    let all = [
        (What::Number, base.number != next.number),
        (What::Name, base.name != next.name),
        (What::Handling, base.handling.name() != next.handling.name()),
        (What::Caps, base.capabilities != next.capabilities),
        (What::Structs, !same_structs),
        (What::Params, params(&before) != params(&after)),
    ];
    all.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect()
}

/// How far two layouts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LayoutChange {
    /// Fields have other names; nothing else.
    NamesOnly,
    /// Offsets, sizes or types.
    Fields,
}

impl LayoutChange {
    /// As C sees them: how the Rust types are called is no difference.
    pub(crate) fn between(base: &'static Layout, next: &'static Layout) -> Option<Self> {
        let (before, after) = (fields(base), fields(next));
        let outside = |layout: &Layout| (layout.size, layout.align, layout.union);
        let inside = |fields: &[(String, usize, String)]| -> Vec<(usize, String)> {
            fields.iter().map(|(_, offset, ty)| (*offset, ty.clone())).collect()
        };
        if outside(base) != outside(next) || inside(&before) != inside(&after) {
            Some(Self::Fields)
        } else {
            (before != after).then_some(Self::NamesOnly)
        }
    }
}

/// Path, offset and type of every field.
fn fields(layout: &'static Layout) -> Vec<(String, usize, String)> {
    let mut fields = Vec::new();
    layout.walk(&mut |path, offset, field| fields.push((path.to_string(), offset, ty(&field.ty))));
    fields
}

/// A type by what C makes of it; what a record consists of is walked.
fn ty(class: &Type) -> String {
    match class {
        Type::Record(layout) => {
            format!("{} of {}", if layout.union { "union" } else { "struct" }, layout.size)
        }
        Type::Array(element, count) => format!("{}[{count}]", ty(element)),
        Type::Unsigned(_) | Type::Signed(_) | Type::Bool | Type::Pointer | Type::Handle => format!("{class:?}"),
    }
}
