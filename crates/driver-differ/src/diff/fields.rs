//! Two lists of fields side by side.

use super::FieldChange;
use crate::model::{Field, Record};
use rustc_hash::FxHashMap;
use serde::Serialize;

/// How a field differs. Where it does so in several ways, the first of these that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// On the newer side alone.
    Added,
    /// On the newer side alone, within what was padding.
    FilledPadding,
    /// On the older side alone.
    Removed,
    /// Same place and size, another name.
    Renamed,
    /// It stands before a field that it stood behind.
    Reordered,
    /// An array of another length.
    Resized,
    /// Another type.
    Retyped,
    /// At another offset.
    Moved,
}

/// One row of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// The same on both sides.
    Same(&'a Field),
    /// On both sides, but different.
    Changed(FieldKind, &'a Field, &'a Field),
    /// On the older side alone.
    Removed(&'a Field),
    /// On the newer side alone.
    Added(FieldKind, &'a Field),
}

impl Line<'_> {
    /// The change that this row stands for.
    pub fn change(&self) -> Option<FieldChange> {
        let (kind, base, next) = match *self {
            Self::Same(_) => return None,
            Self::Changed(kind, base, next) => (kind, Some(base), Some(next)),
            Self::Removed(base) => (FieldKind::Removed, Some(base), None),
            Self::Added(kind, next) => (kind, None, Some(next)),
        };
        Some(FieldChange { kind, base: base.cloned(), next: next.cloned() })
    }
}

/// Puts the fields of two forms of a record side by side, in the newer one's order.
pub fn align<'a>(base: &'a Record, next: &'a Record) -> Vec<Line<'a>> {
    let partner = partners(&base.fields, &next.fields);
    let mut of_next: Vec<Option<usize>> = vec![None; next.fields.len()];
    for (b, n) in partner.iter().enumerate() {
        if let Some(n) = n {
            of_next[*n] = Some(b);
        }
    }
    let in_order = in_order(&partner);
    let holes = holes(base);
    let mut lines = Vec::with_capacity(base.fields.len().max(next.fields.len()));
    let mut shown = 0;
    for (n, field) in next.fields.iter().enumerate() {
        match of_next[n] {
            None => lines.push(Line::Added(added(field, base, next, &holes), field)),
            Some(b) => {
                // Fields that went are shown where they stood.
                if in_order[b] {
                    while shown < b {
                        if partner[shown].is_none() {
                            lines.push(Line::Removed(&base.fields[shown]));
                        }
                        shown += 1;
                    }
                }
                lines.push(changed(&base.fields[b], field, in_order[b]));
            }
        }
    }
    let rest = shown..base.fields.len();
    lines.extend(rest.filter(|&b| partner[b].is_none()).map(|b| Line::Removed(&base.fields[b])));
    lines
}

/// For each field of `base` its index in `next`: by name, else by place and size.
fn partners(base: &[Field], next: &[Field]) -> Vec<Option<usize>> {
    let mut by_name: FxHashMap<(&str, usize), usize> = FxHashMap::default();
    // Unnamed fields, and such as repeat a name in hand-made input, are told apart by how often it came before.
    let mut seen: FxHashMap<&str, usize> = FxHashMap::default();
    for (n, field) in next.iter().enumerate() {
        let times = seen.entry(&field.name).or_default();
        by_name.insert((&field.name, *times), n);
        *times += 1;
    }
    seen.clear();
    let mut taken = vec![false; next.len()];
    let mut partner: Vec<Option<usize>> = Vec::with_capacity(base.len());
    for field in base {
        let times = seen.entry(&field.name).or_default();
        let found = by_name.get(&(field.name.as_str(), *times)).copied();
        *times += 1;
        if let Some(n) = found {
            taken[n] = true;
        }
        partner.push(found);
    }
    let place = |f: &Field| (f.offset, f.size, f.bit_offset, f.bits);
    let mut by_place: FxHashMap<_, Vec<usize>> = FxHashMap::default();
    for (n, field) in next.iter().enumerate().rev().filter(|(n, _)| !taken[*n]) {
        by_place.entry(place(field)).or_default().push(n);
    }
    for (b, field) in base.iter().enumerate() {
        if partner[b].is_none() {
            partner[b] = by_place.get_mut(&place(field)).and_then(Vec::pop);
        }
    }
    partner
}

/// Which fields keep their order: a longest increasing subsequence of the partners.
fn in_order(partner: &[Option<usize>]) -> Vec<bool> {
    let pairs: Vec<(usize, usize)> = partner.iter().enumerate().filter_map(|(b, n)| Some((b, (*n)?))).collect();
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (i, &(_, n)) in pairs.iter().enumerate() {
        let at = tails.partition_point(|&t| pairs[t].1 < n);
        before[i] = at.checked_sub(1).map(|a| tails[a]);
        if at == tails.len() { tails.push(i) } else { tails[at] = i }
    }
    let mut keeps = vec![false; partner.len()];
    let mut at = tails.last().copied();
    while let Some(i) = at {
        keeps[pairs[i].0] = true;
        at = before[i];
    }
    keeps
}

fn changed<'a>(base: &'a Field, next: &'a Field, in_order: bool) -> Line<'a> {
    let place = |f: &Field| (f.offset, f.bit_offset);
    let kind = if base.name != next.name {
        FieldKind::Renamed
    } else if !in_order {
        FieldKind::Reordered
    } else if base.ty != next.ty || base.size != next.size || base.bits != next.bits {
        let element = |f: &Field| f.ty.split('[').next().unwrap_or_default().to_string();
        let arrays = base.ty.contains('[') || next.ty.contains('[');
        if arrays && element(base) == element(next) { FieldKind::Resized } else { FieldKind::Retyped }
    } else if place(base) != place(next) {
        FieldKind::Moved
    } else {
        return Line::Same(next);
    };
    Line::Changed(kind, base, next)
}

fn added(field: &Field, base: &Record, next: &Record, holes: &[(u64, u64)]) -> FieldKind {
    let end = field.offset.saturating_add(field.size);
    let within = |&(from, to): &(u64, u64)| from <= field.offset && end <= to;
    let filled = !next.union && base.size == next.size && field.bits.is_none() && holes.iter().any(within);
    if filled { FieldKind::FilledPadding } else { FieldKind::Added }
}

/// The bytes of a struct that no field has, as ranges. Bit-fields count from their first to their last byte.
pub fn holes(record: &Record) -> Vec<(u64, u64)> {
    if record.union {
        return Vec::new();
    }
    let mut holes = Vec::new();
    let mut end = 0;
    for field in &record.fields {
        let (from, to) = extent(field);
        if from > end {
            holes.push((end, from));
        }
        end = end.max(to);
    }
    if record.size > end {
        holes.push((end, record.size));
    }
    holes
}

/// First byte of a field, and the first behind it.
pub fn extent(field: &Field) -> (u64, u64) {
    match (field.bits, field.bit_offset) {
        (Some(bits), Some(at)) => (at / 8, at.saturating_add(bits).div_ceil(8)),
        _ => (field.offset, field.offset.saturating_add(field.size)),
    }
}
