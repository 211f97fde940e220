//! Comparing two ABIs.

use super::fields::{FieldKind, Line, align};
use super::meaning::{Indirections, advice, meaning};
use super::{Diff, OneSided, Origin, RecordChange, RecordKind, Records, SCHEMA_VERSION, Summary, ValueChange, Values};
use crate::model::{Abi, Domain, DomainName, Record, base_type};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use version_tree::proxied::{Entry, Table};

/// Compares two ABIs. `entries` are the proxy's, for telling what uses a record.
///
/// Origins are not filled in: see [`super::origin`].
pub fn compare(base: (&str, &Abi), next: (&str, &Abi), entries: &[Entry]) -> Diff {
    let mut diff = Diff {
        schema_version: SCHEMA_VERSION,
        base: base.0.to_string(),
        next: next.0.to_string(),
        records: Records::default(),
        constants: Values::default(),
        aliases: Values::default(),
        summary: Summary::default(),
    };
    for domain in DomainName::ALL {
        let (a, b) = (base.1.domain(domain), next.1.domain(domain));
        let entries = entries.iter().filter(|e| (e.table == Table::Uvm) == (domain == DomainName::Uvm));
        let users = [users(a, entries.clone()), users(b, entries.clone())];
        let named: BTreeSet<&str> = entries.clone().map(|e| e.name.as_ref()).collect();
        let passed: BTreeSet<&str> = entries.clone().flat_map(|e| e.structs.iter().map(AsRef::as_ref)).collect();
        records(domain, a, b, &users, &passed, &mut diff.records);
        let entry = |name: &str| named.contains(name).then(|| name.to_string()).into_iter().collect();
        values(domain, &a.constants, &b.constants, &entry, &mut diff.constants);
        // An alias that an entry names itself; those within records are said with the records.
        let named = |name: &str| if passed.contains(name) { users_of(&users, [name, name]) } else { Vec::new() };
        values(domain, &a.aliases, &b.aliases, &named, &mut diff.aliases);
        diff.summary.compared += side_by_side(&a.records, &b.records).count()
            + side_by_side(&a.aliases, &b.aliases).count()
            + side_by_side(&a.constants, &b.constants).count();
    }
    summarise(&mut diff);
    diff
}

/// Fills in advice and counts, which depend on all else.
pub(super) fn summarise(diff: &mut Diff) {
    let s = Summary { compared: diff.summary.compared, ..Summary::default() };
    diff.summary = s;
    let s = &mut diff.summary;
    for change in &mut diff.records.changed {
        let counter = match change.kind {
            RecordKind::Layout => &mut s.layout,
            RecordKind::PaddingBecameField => &mut s.padding_became_field,
            RecordKind::Retyped => &mut s.retyped,
            RecordKind::RenamedOnly => &mut s.renamed_only,
            RecordKind::RecordRenamed => &mut s.record_renamed,
            RecordKind::Moved => &mut s.moved,
        };
        *counter += 1;
        let proxied = !change.used_by.is_empty();
        change.advice = advice(change.kind, &change.meaning, &change.origin, proxied);
        s.needs_work += usize::from(proxied && change.meaning.needs_work());
    }
    s.added = diff.records.added.len();
    s.removed = diff.records.removed.len();
    s.needs_work += diff.records.removed.iter().filter(|r| r.needs_work).count();
    s.constants_changed = diff.constants.changed.len();
    s.constants_added = diff.constants.added.len();
    s.constants_removed = diff.constants.removed.len();
    s.needs_work += diff.constants.changed.iter().filter(|c| !c.used_by.is_empty()).count();
    s.needs_work += diff.constants.removed.iter().filter(|c| c.needs_work).count();
    s.needs_work += diff.aliases.changed.iter().filter(|a| !a.used_by.is_empty()).count();
    s.needs_work += diff.aliases.removed.iter().filter(|a| a.needs_work).count();
    s.aliases = diff.aliases.changed.len() + diff.aliases.added.len() + diff.aliases.removed.len();
}

/// By record, the entries that pass it, directly or within another one.
fn users<'e>(domain: &Domain, entries: impl Iterator<Item = &'e Entry>) -> Users {
    let mut users = Users::new();
    for entry in entries {
        let label = entry.name.to_string();
        let mut open: Vec<&str> = entry.structs.iter().map(AsRef::as_ref).collect();
        let mut seen = BTreeSet::new();
        while let Some(record) = open.pop() {
            if !seen.insert(record) {
                continue;
            }
            users.entry(record.to_string()).or_default().insert(label.clone());
            // A name can be that of an alias and of a record.
            let fields = domain.records.get(record).into_iter().flat_map(|r| &r.fields).map(|f| f.ty.as_str());
            let target = domain.aliases.get(record).map(|a| a.ty.as_str());
            open.extend(fields.chain(target).map(base_type));
        }
    }
    users
}

type Users = BTreeMap<String, BTreeSet<String>>;

fn users_of(users: &[Users; 2], names: [&str; 2]) -> Vec<String> {
    let mut all = BTreeSet::new();
    for (users, name) in users.iter().zip(names) {
        all.extend(users.get(name).into_iter().flatten().cloned());
    }
    all.into_iter().collect()
}

fn records(
    domain: DomainName,
    base: &Domain,
    next: &Domain,
    users: &[Users; 2],
    passed: &BTreeSet<&str>,
    out: &mut Records,
) {
    let mut indirections = (Indirections::new(base), Indirections::new(next));
    let renamed = renamed(base, next);
    let gone: BTreeSet<&str> = renamed.values().copied().collect();
    for (name, before, after) in side_by_side(&base.records, &next.records) {
        let one_sided = |value: &Record, needs_work| OneSided {
            name: name.clone(),
            domain,
            origin: Origin::default(),
            value: value.clone(),
            used_by: users_of(users, [name, name]),
            needs_work,
        };
        let (was, before, after) = match (before, after, renamed.get(name.as_str())) {
            (Some(before), Some(after), _) if before == after => continue,
            (Some(before), Some(after), _) => (name.as_str(), before, after),
            (None, Some(after), Some(&was)) => (was, &base.records[was], after),
            (None, Some(after), None) => {
                out.added.push(one_sided(after, false));
                continue;
            }
            (Some(before), None, _) => {
                if !gone.contains(name.as_str()) {
                    // One that went from within another record changed that one, which is said there.
                    out.removed.push(one_sided(before, passed.contains(name.as_str())));
                }
                continue;
            }
            (None, None, _) => continue,
        };
        let lines = align(before, after);
        let Some(kind) = kind(before, after, &lines, was != name) else { continue };
        let meaning = meaning(&mut indirections.0, &mut indirections.1, (was, before), (name, after), kind);
        out.changed.push(RecordChange {
            name: name.clone(),
            was: (was != name).then(|| was.to_string()),
            domain,
            kind,
            origin: Origin::default(),
            meaning,
            base: before.clone(),
            next: after.clone(),
            fields: lines.iter().filter_map(Line::change).collect(),
            used_by: users_of(users, [was, name]),
            advice: String::new(),
        });
    }
}

/// The weightiest change, if there is any.
fn kind(base: &Record, next: &Record, lines: &[Line<'_>], renamed: bool) -> Option<RecordKind> {
    let has = |wanted: &dyn Fn(&Line<'_>) -> bool| lines.iter().any(wanted);
    let shape = (base.size, base.align, base.union) != (next.size, next.align, next.union);
    let layout = |l: &Line<'_>| match l {
        Line::Same(_) | Line::Added(FieldKind::FilledPadding, _) => false,
        Line::Removed(_) | Line::Added(..) => true,
        Line::Changed(kind, b, n) => {
            let place = |f: &crate::model::Field| (f.offset, f.size, f.bits, f.bit_offset);
            matches!(kind, FieldKind::Moved | FieldKind::Reordered | FieldKind::Resized) || place(b) != place(n)
        }
    };
    if shape || has(&layout) {
        Some(RecordKind::Layout)
    } else if has(&|l| matches!(l, Line::Added(..))) {
        Some(RecordKind::PaddingBecameField)
    } else if has(&|l| matches!(l, Line::Changed(_, b, n) if b.ty != n.ty)) {
        Some(RecordKind::Retyped)
    } else if has(&|l| matches!(l, Line::Changed(..))) {
        Some(RecordKind::RenamedOnly)
    } else if renamed {
        Some(RecordKind::RecordRenamed)
    } else if base.header() != next.header() {
        Some(RecordKind::Moved)
    } else {
        None
    }
}

/// By new name, the old name of records that were only renamed: the one on either side that has this layout and is
/// not on the other. Where several have it, none is taken for another's successor.
fn renamed<'a>(base: &'a Domain, next: &'a Domain) -> BTreeMap<&'a str, &'a str> {
    type Shape<'a> = (u64, u64, bool, &'a [crate::model::Field]);
    fn shape(r: &Record) -> Shape<'_> {
        (r.size, r.align, r.union, &r.fields)
    }
    let lonely = |a: &'a Domain, b: &'a Domain| {
        // Those that are parts of another record change their name with it.
        a.records.iter().filter(|(name, r)| !b.records.contains_key(*name) && !r.fields.is_empty()).collect::<Vec<_>>()
    };
    let (old, new) = (lonely(base, next), lonely(next, base));
    // Those of either side that can be each other's.
    type Candidates = (Vec<usize>, Vec<usize>);
    let mut by_shape: BTreeMap<(u64, usize, &str), Candidates> = BTreeMap::new();
    let key = |r: &'a Record| (r.size, r.fields.len(), r.fields.first().map_or("", |f| f.name.as_str()));
    for (i, (_, r)) in old.iter().enumerate() {
        by_shape.entry(key(r)).or_default().0.push(i);
    }
    for (i, (_, r)) in new.iter().enumerate() {
        by_shape.entry(key(r)).or_default().1.push(i);
    }
    let mut pairs = BTreeMap::new();
    for (olds, news) in by_shape.values() {
        for &n in news {
            let same = |i: &&usize| shape(old[**i].1) == shape(new[n].1);
            let alike = |i: &&usize| shape(new[**i].1) == shape(new[n].1);
            let mut found = olds.iter().filter(same);
            if let (Some(&o), None, 1) = (found.next(), found.next(), news.iter().filter(alike).take(2).count()) {
                pairs.insert(new[n].0.as_str(), old[o].0.as_str());
            }
        }
    }
    pairs
}

fn values<T: Clone + PartialEq>(
    domain: DomainName,
    base: &BTreeMap<String, T>,
    next: &BTreeMap<String, T>,
    used_by: &dyn Fn(&str) -> Vec<String>,
    out: &mut Values<T>,
) {
    let one_sided = |name: &String, value: &T| OneSided {
        name: name.clone(),
        domain,
        origin: Origin::default(),
        value: value.clone(),
        used_by: used_by(name),
        needs_work: false,
    };
    let removed = |(name, value): (&String, &T)| {
        let gone = one_sided(name, value);
        OneSided { needs_work: !gone.used_by.is_empty(), ..gone }
    };
    for (name, before, after) in side_by_side(base, next) {
        match (before, after) {
            (None, Some(after)) => out.added.push(one_sided(name, after)),
            (Some(before), None) => out.removed.push(removed((name, before))),
            (Some(before), Some(after)) if before != after => out.changed.push(ValueChange {
                name: name.clone(),
                domain,
                origin: Origin::default(),
                base: before.clone(),
                next: after.clone(),
                used_by: used_by(name),
            }),
            _ => {}
        }
    }
}

/// The names of both maps in order, each with what it stands for on either side.
pub(crate) fn side_by_side<'a, T>(
    base: &'a BTreeMap<String, T>,
    next: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a String, Option<&'a T>, Option<&'a T>)> {
    let (mut base, mut next) = (base.iter().peekable(), next.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (base.peek(), next.peek()) {
            (Some((a, _)), Some((b, _))) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let before = if order.is_le() { base.next() } else { None };
        let after = if order.is_ge() { next.next() } else { None };
        let name = before.or(after)?.0;
        Some((name, before.map(|b| b.1), after.map(|a| a.1)))
    })
}
