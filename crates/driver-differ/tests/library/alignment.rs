//! Two lists of fields side by side, for any two lists.

use crate::fixtures::record;
use driver_differ::diff::{FieldKind, Line, align};
use driver_differ::model::{Field, Record};
use proptest::prelude::*;

/// Few names and places, so that lists have much in common; some unnamed, some twice.
fn fields() -> impl Strategy<Value = Vec<Field>> {
    let names = prop::sample::select(vec!["", "a", "b", "c", "d", "e", "f"]);
    let types = prop::sample::select(vec!["NvU32", "NvU64", "NvU32[2]"]);
    let field = (names, types, 0u64..8, prop::option::weighted(0.2, 0u64..32));
    let made = field.prop_map(|(name, ty, slot, bit)| Field {
        name: name.into(),
        ty: ty.into(),
        offset: slot * 4,
        size: if ty == "NvU32" { 4 } else { 8 },
        bits: bit.map(|_| 3),
        bit_offset: bit.map(|b| slot * 32 + b),
    });
    prop::collection::vec(made, 0..9)
}

fn records() -> impl Strategy<Value = Record> {
    (fields(), any::<bool>()).prop_map(|(fields, union)| Record { union, ..record(40, fields) })
}

/// The fields of each side that the lines show.
fn sides<'a>(lines: &[Line<'a>]) -> (Vec<&'a Field>, Vec<&'a Field>) {
    let (mut base, mut next) = (Vec::new(), Vec::new());
    for line in lines {
        match *line {
            // Both sides have an equal one.
            Line::Same(f) => {
                base.push(f);
                next.push(f);
            }
            Line::Changed(_, b, n) => {
                base.push(b);
                next.push(n);
            }
            Line::Removed(b) => base.push(b),
            Line::Added(_, n) => next.push(n),
        }
    }
    (base, next)
}

fn sorted<'a>(fields: impl IntoIterator<Item = &'a Field>) -> Vec<String> {
    let mut all: Vec<String> = fields.into_iter().map(|f| format!("{f:?}")).collect();
    all.sort();
    all
}

fn counts(lines: &[Line<'_>]) -> (usize, usize, usize, usize) {
    let count = |f: &dyn Fn(&Line<'_>) -> bool| lines.iter().filter(|l| f(l)).count();
    (
        count(&|l| matches!(l, Line::Same(_))),
        count(&|l| matches!(l, Line::Changed(..))),
        count(&|l| matches!(l, Line::Removed(_))),
        count(&|l| matches!(l, Line::Added(..))),
    )
}

proptest! {
    #[test]
    fn every_field_of_both_sides_appears_once(base in records(), next in records()) {
        let lines = align(&base, &next);
        let (old, new) = sides(&lines);
        prop_assert_eq!(sorted(old), sorted(&base.fields));
        // The newer side's order is kept.
        prop_assert_eq!(new, next.fields.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_record_differs_from_itself_in_nothing(record in records()) {
        prop_assert!(align(&record, &record).iter().all(|l| matches!(l, Line::Same(_))));
    }

    #[test]
    fn swapping_the_sides_swaps_added_and_removed(a in records(), b in records()) {
        let (same, changed, removed, added) = counts(&align(&a, &b));
        let (same_back, changed_back, removed_back, added_back) = counts(&align(&b, &a));
        prop_assert_eq!((removed, added), (added_back, removed_back));
        // Which of several fields counts as the one that moved may differ, their number not.
        prop_assert_eq!(same + changed, same_back + changed_back);
    }

    #[test]
    fn a_change_names_what_differs(a in records(), b in records()) {
        for line in align(&a, &b) {
            let Line::Changed(kind, b, n) = line else { continue };
            match kind {
                FieldKind::Renamed => prop_assert_ne!(&b.name, &n.name),
                FieldKind::Resized => prop_assert_eq!(b.ty.split('[').next(), n.ty.split('[').next()),
                FieldKind::Retyped => prop_assert_ne!(&b.ty, &n.ty),
                FieldKind::Moved => prop_assert_ne!((b.offset, b.bit_offset), (n.offset, n.bit_offset)),
                FieldKind::Reordered => prop_assert_eq!(&b.name, &n.name),
                other => prop_assert!(false, "{:?} is no change of a field on both sides", other),
            }
        }
    }

    #[test]
    fn only_free_bytes_are_filled_padding(a in records(), b in records()) {
        for line in align(&a, &b) {
            let Line::Added(FieldKind::FilledPadding, f) = line else { continue };
            let taken = |o: &&Field| {
                let (from, to) = driver_differ::diff::extent(o);
                from < f.offset + f.size && f.offset < to
            };
            prop_assert!(a.fields.iter().find(taken).is_none(), "{:?}", f);
        }
    }
}

#[test]
fn fewest_fields_are_called_reordered() {
    let list = |names: &str| {
        let at = |(i, c): (usize, char)| crate::fixtures::field(&c.to_string(), "NvU32", i as u64 * 4, 4);
        record(40, names.chars().enumerate().map(at).collect())
    };
    let (base, next) = (list("abcdef"), list("fabcde"));
    let reordered: Vec<&str> = align(&base, &next)
        .iter()
        .filter_map(|l| match l {
            Line::Changed(FieldKind::Reordered, _, n) => Some(n.name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(reordered, ["f"]);
}
