//! One entry against the headers of a release.

use super::Source;
use nvproxy::abi::structs::RS_ACCESS_MASK;
use nvproxy::abi::{Abi, Layout, Param, Parameters, Record, Row, Shape, Table, Type, XFER_CMD};
use nvproxy::pack::{Entry, Form, Place, named_fields};
use nvproxy::printable::printable;
use parity_test::c_type::Class;
use parity_test::layouts::{Comparison, domain};
use parity_test::numbers::is_nameless;
use parity_test::plain::{self, CField};
use parity_test::proxy::ELEMENTS;
use parity_test::reviewed::REVIEWED;
use std::collections::{BTreeMap, BTreeSet};
use version_tree::{DriverVersion, Tree};

/// Every row that compiled tables have at any release.
pub(super) struct Known {
    /// Each row that differs from the others of its name, with a release that has it; the newest first.
    rows: BTreeMap<(Table, &'static str), Vec<(DriverVersion, Row)>>,
}

impl Known {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut rows: BTreeMap<_, Vec<(DriverVersion, Row)>> = BTreeMap::new();
        let newest_first: Vec<_> = tree.iter().map(|release| release.version).rev().collect();
        for version in newest_first {
            let Ok(abi) = Abi::compose(tree, version) else { continue };
            for (table, row) in abi.rows() {
                let known = rows.entry((table, row.name)).or_default();
                if known.iter().all(|(_, other)| other != row) {
                    known.push((version, *row));
                }
            }
        }
        Self { rows }
    }

    /// The other rows of an entry that those may use who may use this one.
    pub(super) fn others(&self, table: Table, row: &Row) -> impl Iterator<Item = &(DriverVersion, Row)> {
        let own = *row;
        let known = self.rows.get(&(table, row.name)).into_iter().flatten();
        known.filter(move |(_, other)| {
            *other != own && other.number == own.number && other.capabilities == own.capabilities
        })
    }

    /// Every row of every entry.
    pub(super) fn rows(&self) -> impl Iterator<Item = (Table, DriverVersion, &Row)> {
        self.rows.iter().flat_map(|((table, _), rows)| rows.iter().map(|(version, row)| (*table, *version, row)))
    }

    /// The rows that a number has at any release.
    pub(super) fn of_number(&self, table: Table, number: u32) -> impl Iterator<Item = &Row> {
        self.rows().filter(move |(of, _, row)| *of == table && row.number == number).map(|(_, _, row)| row)
    }
}

/// The headers of a release, and its driver's sources.
pub(super) struct Headers<'a> {
    release: DriverVersion,
    source: &'a Source,
    /// The elements of lists that are not as this build has them.
    elements: BTreeSet<&'static str>,
    /// Whether the rights that a client asks for have another form.
    rights: bool,
}

impl<'a> Headers<'a> {
    pub(super) fn new(release: DriverVersion, source: &'a Source) -> Self {
        let headers = source.headers();
        let differs = |layout: &'static Layout, name: &str| {
            let mut comparison = Comparison::new(&headers.nonuvm);
            comparison.passed("", layout, name);
            !comparison.findings.is_empty()
        };
        let changed = |(layout, names): &(&'static Layout, &[&str])| {
            let defined = |name: &&&str| {
                headers.nonuvm.records.contains_key(**name) || headers.nonuvm.aliases.contains_key(**name)
            };
            names.iter().filter(defined).any(|name| differs(layout, name)).then_some(layout.rust_name)
        };
        let elements = ELEMENTS.iter().filter_map(changed).collect();
        let rights = differs(&<RS_ACCESS_MASK as Record>::LAYOUT, "RS_ACCESS_MASK");
        Self { release, source, elements, rights }
    }

    /// What keeps this build from reading the release's ioctls at all.
    pub(super) fn envelope(&self) -> Vec<String> {
        let mut comparison = Comparison::new(&self.source.headers().nonuvm);
        for shape in XFER_CMD.handling.shapes() {
            comparison.passed(XFER_CMD.name, shape.layout, shape.name);
        }
        comparison.findings
    }

    /// What the release has of an entry, or why it is left out. `others` are rows that it has at other releases.
    pub(super) fn entry<'k>(
        &self,
        table: Table,
        row: &Row,
        others: impl Iterator<Item = &'k (DriverVersion, Row)>,
    ) -> Result<Entry, String> {
        self.number(table, row)?;
        let own = self.exactly(table, row);
        if own.is_ok() {
            return Ok(Entry::of(table, row));
        }
        for (version, other) in others {
            if self.exactly(table, other).is_ok() {
                return Ok(Entry { like: Some(*version), ..Entry::of(table, other) });
            }
        }
        self.anew(table, row)
    }

    /// What the release has of an entry that its ancestor does not have; `None` if it does not have it either.
    pub(super) fn came(&self, table: Table, from: DriverVersion, row: &Row) -> Option<Entry> {
        if is_nameless(row) || self.number(table, row).is_err() {
            return None;
        }
        Some(match self.exactly(table, row) {
            Ok(()) => Entry { like: Some(from), ..Entry::of(table, row) },
            Err(why) => Entry::left_out(row.number, printable(&why)),
        })
    }

    /// Whether the headers define the entry, whatever its number.
    pub(super) fn defines(&self, table: Table, row: &Row) -> bool {
        is_nameless(row) || self.source.headers().domain(domain(table)).constants.contains_key(row.name)
    }

    /// That the headers define the entry's number.
    fn number(&self, table: Table, row: &Row) -> Result<(), String> {
        if is_nameless(row) {
            return Ok(());
        }
        match self.source.headers().domain(domain(table)).constants.get(row.name) {
            Some(number) if *number == i128::from(row.number) => Ok(()),
            Some(number) => Err(format!("the headers define it as {number:#x}")),
            None => Err("the headers do not define it".to_owned()),
        }
    }

    /// That everything the row says holds of the release.
    fn exactly(&self, table: Table, row: &Row) -> Result<(), String> {
        let mut comparison = Comparison::new(self.source.headers().domain(domain(table)));
        match row.handling.parameters {
            Parameters::Empty | Parameters::Refused | Parameters::Unpublished => {}
            Parameters::Struct(shapes) => shapes.iter().for_each(|s| comparison.passed(row.name, s.layout, s.name)),
            Parameters::Repeated(layout) => comparison.passed(row.name, layout, layout.name),
            Parameters::Opaque(name) => return Err(format!("{name} is not laid out yet")),
        }
        match comparison.findings.into_iter().next() {
            Some(finding) => Err(finding),
            None => self.behind(table, row),
        }
    }

    /// That what the row says of lists and of the driver's own copying holds.
    fn behind(&self, table: Table, row: &Row) -> Result<(), String> {
        let params = || row.handling.shapes().iter().flat_map(|shape| shape.params);
        for param in params() {
            if let Param::Pointer(pointer) = param
                && let Some(element) = pointer.element.record()
                && self.elements.contains(element.rust_name)
            {
                return Err(format!("{} leads to {}, which has another form", pointer.field.path, element.name));
            }
            if self.rights && matches!(param, Param::Special(field) if field.path == "pRightsRequested") {
                return Err("RS_ACCESS_MASK has another form".to_owned());
            }
        }
        match self.source.driver().of_row(self.release, table, row, self.source.headers()).into_iter().next() {
            Some(finding) => Err(finding),
            None => Ok(()),
        }
    }

    /// The entry with its parameters laid out as the release has them.
    fn anew(&self, table: Table, row: &Row) -> Result<Entry, String> {
        self.behind(table, row)?;
        let headers = self.source.headers().domain(domain(table));
        let nothing = |name| Shape { name, layout: &Layout::EMPTY, params: &[] };
        let shapes: Vec<Shape> = match row.handling.parameters {
            Parameters::Struct(shapes) => shapes.to_vec(),
            Parameters::Opaque(name) => vec![nothing(name)],
            Parameters::Repeated(layout) => {
                return Err(format!("it passes a list of {}, whose form changed", layout.name));
            }
            Parameters::Empty | Parameters::Refused | Parameters::Unpublished => return Err("it changed".to_owned()),
        };
        let mut forms = Vec::with_capacity(shapes.len());
        for shape in &shapes {
            let (size, fields) = plain::fields(headers, shape.name)?;
            let findings = plain::check(&fields, shape.params, REVIEWED);
            if !findings.is_empty() {
                return Err(format!("{}: {}", shape.name, findings.join(", ")));
            }
            let mut places = BTreeMap::new();
            for field in named_fields(table, shape) {
                let place = place(&fields, field.path, shape)?;
                places.insert(field.path.to_owned(), place);
            }
            forms.push(Form { name: shape.name.to_owned(), size: size as usize, fields: places });
        }
        Ok(Entry { number: row.number, like: None, forms, left_out: None })
    }
}

/// Where a field lies, if it holds what it held.
fn place(fields: &[CField<'_>], path: &str, shape: &Shape) -> Result<Place, String> {
    let name = shape.name;
    let field = fields.iter().find(|field| field.path == path).ok_or_else(|| format!("{name}.{path} is gone"))?;
    let mut known = None;
    shape.layout.walk(&mut |at, _, field| {
        if at == path {
            known = Some(field.ty);
        }
    });
    // Of a list, the elements must be the same, and not how many there are.
    match known {
        Some(ty) if same(&ty, &field.class) => Ok(Place { offset: field.offset as usize, size: field.size as usize }),
        Some(_) => Err(format!("{name}.{path} holds {} now", field.class)),
        None => Err(format!("{name}.{path} is not a field of this build's struct")),
    }
}

fn same(ours: &Type, theirs: &Class<'_>) -> bool {
    match (ours, theirs) {
        (Type::Unsigned(ours), Class::Unsigned(theirs)) | (Type::Signed(ours), Class::Signed(theirs)) => {
            *ours as u64 == *theirs
        }
        (Type::Bool, Class::Bool) | (Type::Pointer, Class::Pointer) | (Type::Handle, Class::Handle) => true,
        (Type::Record(layout), Class::Record(names)) => names.contains(&layout.name),
        (Type::Array(ours, _), Class::Array(theirs, _)) => same(ours, theirs),
        _ => false,
    }
}
