//! Damage to structs.

use super::{Outcome, RELEASES, damage, leak};
use crate::world::World;
use driver_differ::model::Domain;
use libtest_mimic::Trial;
use nvproxy::abi::{Field, Layout, Type};
use parity_test::layouts::{Comparison, domain};
use std::collections::BTreeMap;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        each_field("a field's offset", |field| field.offset += 1),
        each_field("a field's width", |field| field.ty = wider(field.ty)),
        each_field("a field's type, of the same width", |field| field.ty = other(field.ty)),
        each_field("a field's name", |field| field.name = leak(format!("{}X", field.c_name()))),
        damage("the order of fields", |world, outcome| each_struct(world, |at| order(at, outcome))),
        damage("a field that C does not have", |world, outcome| each_struct(world, |at| additional(at, outcome))),
        damage("a field that is missing", |world, outcome| each_struct(world, |at| missing(at, outcome))),
        damage("a union's member", |world, outcome| {
            each_struct(world, |at| {
                if at.layout.union {
                    missing(at, outcome);
                    at.each_field(outcome, &|field| field.ty = wider(field.ty));
                }
            });
        }),
        damage("a struct's size, alignment or being a union", |world, outcome| {
            each_struct(world, |at| {
                at.expect(at.layout.rust_name, Layout { size: at.layout.size + 8, ..*at.layout }, outcome);
                at.expect(at.layout.rust_name, Layout { align: at.layout.align * 2, ..*at.layout }, outcome);
                at.expect(at.layout.rust_name, Layout { union: !at.layout.union, ..*at.layout }, outcome);
            });
        }),
        damage("a struct within a struct", |world, outcome| each_struct(world, |at| nested(at, outcome))),
        damage("a struct that C does not have", |world, outcome| {
            each_struct(world, |at| at.expect("NOWHERE", Layout { name: "NOWHERE", ..*at.layout }, outcome));
        }),
    ]
}

fn each_field(name: &'static str, how: impl Fn(&mut Field) + Copy + Send + 'static) -> Trial {
    damage(name, move |world, outcome| each_struct(world, |at| at.each_field(outcome, &how)))
}

/// A struct, and what C has.
struct At<'a> {
    domain: &'a Domain,
    layout: &'static Layout,
}

/// Every struct that a release passes, and every one within.
fn each_struct(world: &World, mut test: impl FnMut(&At<'_>)) {
    for version in RELEASES {
        let headers = world.catalogue(version, false);
        let mut layouts = BTreeMap::new();
        for (table, _, _, layout) in world.proxy(version).layouts() {
            collect(headers.domain(domain(table)), layout, &mut layouts);
        }
        layouts.into_values().for_each(|(domain, layout)| test(&At { domain, layout }));
    }
}

type Layouts<'a> = BTreeMap<&'static str, (&'a Domain, &'static Layout)>;

fn collect<'a>(domain: &'a Domain, layout: &'static Layout, layouts: &mut Layouts<'a>) {
    // A handle alone is no struct.
    if layout.fields.is_empty() || layouts.insert(layout.rust_name, (domain, layout)).is_some() {
        return;
    }
    layout.fields.iter().filter_map(|field| field.ty.record()).for_each(|record| collect(domain, record, layouts));
}

impl At<'_> {
    fn findings(&self, layout: &'static Layout) -> Vec<String> {
        let mut comparison = Comparison::new(self.domain);
        comparison.passed("a test", layout, layout.name);
        comparison.findings
    }

    fn expect(&self, name: &str, damaged: Layout, outcome: &mut Outcome) {
        let findings = self.findings(leak(damaged));
        outcome.expect(|| format!("{} of {}", name, self.layout.rust_name), name, &findings);
    }

    fn with(&self, fields: Vec<Field>) -> Layout {
        Layout { fields: leak(fields), ..*self.layout }
    }

    /// The places of the fields that C has, too.
    fn places(&self) -> impl Iterator<Item = usize> + use<> {
        let fields = self.layout.fields;
        (0..fields.len()).filter(|&at| !fields[at].is_padding())
    }

    fn subject(&self, place: usize) -> String {
        format!("{}.{}", self.layout.rust_name, self.layout.fields[place].c_name())
    }

    fn each_field(&self, outcome: &mut Outcome, how: &dyn Fn(&mut Field)) {
        outcome.expect_sound(self.layout.rust_name, &self.findings(self.layout));
        for place in self.places() {
            let mut fields = self.layout.fields.to_vec();
            how(&mut fields[place]);
            self.expect(&self.subject(place), self.with(fields), outcome);
        }
    }
}

fn order(at: &At<'_>, outcome: &mut Outcome) {
    let places: Vec<usize> = at.places().collect();
    for pair in places.windows(2) {
        let mut fields = at.layout.fields.to_vec();
        // What has no name is known by its place.
        if pair.iter().all(|&place| fields[place].c_name().is_empty()) {
            continue;
        }
        fields.swap(pair[0], pair[1]);
        at.expect(&at.subject(pair[1]), at.with(fields), outcome);
    }
}

fn additional(at: &At<'_>, outcome: &mut Outcome) {
    let field = Field { name: "additional", offset: 0, ty: Type::Unsigned(1) };
    let subject = format!("{}.additional", at.layout.rust_name);
    for place in 0..=at.layout.fields.len() {
        let mut fields = at.layout.fields.to_vec();
        fields.insert(place, field);
        at.expect(&subject, at.with(fields), outcome);
    }
}

fn missing(at: &At<'_>, outcome: &mut Outcome) {
    for place in at.places() {
        let mut fields = at.layout.fields.to_vec();
        fields.remove(place);
        if fields.is_empty() {
            // A struct without fields stands for a scalar type.
            continue;
        }
        at.expect(&at.subject(place), at.with(fields), outcome);
    }
}

/// Damages the last field of a struct within, which must be seen from outside.
fn nested(at: &At<'_>, outcome: &mut Outcome) {
    for place in at.places() {
        let Some(inner) = at.layout.fields[place].ty.record() else { continue };
        let Some(last) = inner.fields.iter().rposition(|field| !field.is_padding()) else { continue };
        let mut inner_fields = inner.fields.to_vec();
        inner_fields[last].offset += 1;
        let name = format!("{}.{}", inner.rust_name, inner_fields[last].c_name());
        let damaged = leak(Layout { fields: leak(inner_fields), ..*inner });
        let mut fields = at.layout.fields.to_vec();
        fields[place].ty = replaced(fields[place].ty, damaged);
        at.expect(&name, at.with(fields), outcome);
    }
}

fn replaced(ty: Type, record: &'static Layout) -> Type {
    match ty {
        Type::Array(element, count) => Type::Array(leak(replaced(*element, record)), count),
        _ => Type::Record(record),
    }
}

fn wider(ty: Type) -> Type {
    match ty {
        Type::Unsigned(size) => Type::Unsigned(size * 2),
        Type::Signed(size) => Type::Signed(size * 2),
        Type::Array(element, count) => Type::Array(element, count + 1),
        other => Type::Unsigned(other.size() + 1),
    }
}

/// Another type of the same size.
fn other(ty: Type) -> Type {
    match ty {
        Type::Unsigned(size) => Type::Signed(size),
        Type::Array(element, count) => Type::Array(leak(other(*element)), count),
        Type::Record(layout) => Type::Array(&Type::Unsigned(1), layout.size),
        plain => Type::Unsigned(plain.size()),
    }
}
