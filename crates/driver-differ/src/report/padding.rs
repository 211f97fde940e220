//! Where padding came, went or stayed between two forms of a record.

use crate::diff::{FieldKind, Line, align, extent, holes};
use crate::model::{Field, Record};
use std::collections::BTreeMap;

/// A line of the comparison, or padding that does not stand on both sides alike.
pub(super) enum Item<'a> {
    Line(Line<'a>),
    /// `-`, `+`, or a space for what is left of padding that a field came into; first byte, and the first behind it.
    Padding(char, (u64, u64)),
}

/// The fields side by side, with the padding that differs before the field that it precedes.
pub(super) fn items<'a>(base: &'a Record, next: &'a Record) -> Vec<Item<'a>> {
    let lines = align(base, next);
    let mut padding = Padding::new(base, next, &lines);
    let mut items = Vec::with_capacity(lines.len());
    for line in lines {
        let (old, new, aside) = match line {
            // The row shows the newer side's field alone, but both are at the same place.
            Line::Same(f) => (Some(f), Some(f), false),
            Line::Changed(kind, b, n) => (Some(b), Some(n), kind == FieldKind::Reordered),
            Line::Removed(b) => (Some(b), None, false),
            Line::Added(_, n) => (None, Some(n), false),
        };
        let old = old.and_then(|f| before(&mut padding.old, f));
        let new = new.and_then(|f| before(&mut padding.new, f));
        padding.push(&mut items, old, new, aside);
        items.push(Item::Line(line));
    }
    // What precedes no field is at the end.
    let (old, new) = (padding.old.pop_last(), padding.new.pop_last());
    let hole = |(to, from): (u64, u64)| (from, to);
    padding.push(&mut items, old.map(hole), new.map(hole), false);
    items
}

/// Holes by their ends.
type Holes = BTreeMap<u64, u64>;

/// Takes the hole that ends where the field begins; bit-fields can share their first byte, and the first has it.
fn before(holes: &mut Holes, field: &Field) -> Option<(u64, u64)> {
    let to = extent(field).0;
    holes.remove(&to).map(|from| (from, to))
}

struct Padding {
    old: Holes,
    new: Holes,
    /// Holes of the older side, by their ends, that a field came into.
    filled: Holes,
}

impl Padding {
    fn new(base: &Record, next: &Record, lines: &[Line<'_>]) -> Self {
        let by_end = |r: &Record| holes(r).into_iter().map(|(from, to)| (to, from)).collect::<Holes>();
        let (old, new) = (by_end(base), by_end(next));
        let into = |line: &Line<'_>| match line {
            Line::Added(FieldKind::FilledPadding, f) => old.range(extent(f).1..).next().map(|(&to, &from)| (to, from)),
            _ => None,
        };
        let filled = lines.iter().filter_map(into).collect();
        Self { old, new, filled }
    }

    fn push(&self, items: &mut Vec<Item<'_>>, old: Option<(u64, u64)>, new: Option<(u64, u64)>, aside: bool) {
        let length = |hole: Option<(u64, u64)>| hole.map_or(0, |(from, to)| to - from);
        if length(old) == length(new) && !aside {
            return;
        }
        // That a field came into it is said at that field.
        if let Some(hole) = old.filter(|h| !self.filled.contains_key(&h.1)) {
            items.push(Item::Padding('-', hole));
        }
        if let Some(hole) = new {
            let rest = self.filled.range(hole.1..).next().is_some_and(|(_, &from)| from <= hole.0);
            items.push(Item::Padding(if rest { ' ' } else { '+' }, hole));
        }
    }
}
