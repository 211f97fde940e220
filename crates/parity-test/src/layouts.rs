//! Structs against those of a release's headers.

use crate::c_type::Class;
use crate::{Proxy, proxy};
use driver_differ::model::{Abi, Domain, DomainName, Field as CField, Record};
use nvproxy::abi::{Field, Layout, Table, Type, XFER_CMD};
use std::collections::HashMap;

/// What was compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Structs and unions, each once for each of its names in C, however often it is used.
    pub structs: usize,
    /// Their fields.
    pub fields: usize,
}

/// Everything a release's rows pass, against its headers.
pub fn check(proxy: &Proxy, headers: &Abi) -> (Compared, Vec<String>) {
    let (mut uvm, mut nonuvm) = (Comparison::new(&headers.uvm), Comparison::new(&headers.nonuvm));
    for (table, row, name, layout) in proxy.layouts() {
        let comparison = if table == Table::Uvm { &mut uvm } else { &mut nonuvm };
        comparison.passed(&proxy::subject(table, row), layout, name);
    }
    for (layout, names) in proxy::ELEMENTS {
        names.iter().for_each(|name| nonuvm.passed("a list", layout, name));
    }
    for shape in XFER_CMD.handling.shapes() {
        nonuvm.passed(XFER_CMD.name, shape.layout, shape.name);
    }
    let structs = nonuvm.compared.structs + uvm.compared.structs;
    let fields = nonuvm.compared.fields + uvm.compared.fields;
    nonuvm.findings.extend(uvm.findings);
    (Compared { structs, fields }, nonuvm.findings)
}

/// In which headers a table's structs and numbers stand.
pub fn domain(table: Table) -> DomainName {
    if table == Table::Uvm { DomainName::Uvm } else { DomainName::Nonuvm }
}

/// A comparison with one set of headers, as far as it has come.
pub struct Comparison<'d> {
    domain: &'d Domain,
    done: HashMap<(&'static str, &'d str), &'static Layout>,
    /// How much was compared.
    pub compared: Compared,
    /// What differs.
    pub findings: Vec<String>,
}

impl<'d> Comparison<'d> {
    /// Nothing compared yet.
    pub fn new(domain: &'d Domain) -> Self {
        Self { domain, done: HashMap::new(), compared: Compared::default(), findings: Vec::new() }
    }

    /// Compares what an entry passes with what C has under that name: a struct, or a scalar type.
    pub fn passed(&mut self, user: &str, layout: &'static Layout, name: &'d str) {
        match Class::of(self.domain, name) {
            None => self.findings.push(format!("{user} passes {name}, which the headers do not define")),
            Some(Class::Record(names)) => self.record(layout, &names),
            Some(_) if !layout.fields.is_empty() => {
                self.findings.push(format!("{user} passes the struct {name}, which C has as no struct"));
            }
            Some(_) => {
                let size = self.domain.aliases.get(name).map(|alias| alias.size);
                if size != Some(layout.size as u64) {
                    self.findings.push(format!("{name}: {} bytes, in C {size:?}", layout.size));
                }
            }
        }
    }

    /// Compares a struct or union with the record of the last of these names, and all within.
    fn record(&mut self, layout: &'static Layout, names: &[&'d str]) {
        let Some(&name) = names.last() else { return };
        let Some(record) = self.domain.records.get(name) else { return };
        match self.done.insert((layout.rust_name, name), layout) {
            // Compared before, unless it is another of that name.
            Some(done) if std::ptr::eq(done, layout) || done == layout => return,
            _ => {}
        }
        self.compared.structs += 1;
        let name = layout.rust_name;
        let mut differs = |what: &str, ours: &dyn std::fmt::Display, theirs: &dyn std::fmt::Display| {
            self.findings.push(format!("{name}: {what} {ours}, in C {theirs}"));
        };
        if layout.size as u64 != record.size {
            differs("size", &layout.size, &record.size);
        }
        if layout.align as u64 != record.align {
            differs("alignment", &layout.align, &record.align);
        }
        if layout.union != record.union {
            let kind = |union| if union { "union" } else { "struct" };
            differs("is a", &kind(layout.union), &kind(record.union));
        }
        for (ours, theirs) in self.pair(layout, record) {
            self.field(layout, ours, theirs);
        }
    }

    /// The fields that both have; what only one has, or what stands elsewhere, is a finding.
    fn pair(&mut self, layout: &'static Layout, record: &'d Record) -> Vec<(&'static Field, &'d CField)> {
        let name = layout.rust_name;
        let ours: Vec<&'static Field> = layout.c_fields().collect();
        let mut taken = vec![false; ours.len()];
        let mut pairs: Vec<(usize, &'d CField)> = Vec::new();
        // Several fields may have no name.
        for theirs in &record.fields {
            match (0..ours.len()).find(|&at| !taken[at] && ours[at].c_name() == theirs.name) {
                Some(at) => {
                    taken[at] = true;
                    pairs.push((at, theirs));
                }
                None => self.findings.push(format!("{name}.{}: missing, C has it", theirs.name)),
            }
        }
        for (field, _) in ours.iter().zip(taken).filter(|(_, taken)| !taken) {
            self.findings.push(format!("{name}.{}: C does not have it", field.c_name()));
        }
        for neighbours in pairs.windows(2) {
            if let [(before, _), (after, theirs)] = neighbours
                && before > after
            {
                let before = ours[*before].c_name();
                self.findings.push(format!("{name}.{}: stands before {before}, in C after it", theirs.name));
            }
        }
        pairs.into_iter().map(|(at, theirs)| (ours[at], theirs)).collect()
    }

    fn field(&mut self, layout: &'static Layout, ours: &'static Field, theirs: &'d CField) {
        self.compared.fields += 1;
        let subject = || format!("{}.{}", layout.rust_name, ours.c_name());
        if theirs.bits.is_some() {
            self.findings.push(format!("{}: a bit-field in C", subject()));
            return;
        }
        if ours.offset as u64 != theirs.offset {
            self.findings.push(format!("{}: offset {}, in C {}", subject(), ours.offset, theirs.offset));
        }
        if ours.ty.size() as u64 != theirs.size {
            self.findings.push(format!("{}: {} bytes, in C {}", subject(), ours.ty.size(), theirs.size));
        }
        match Class::of(self.domain, &theirs.ty) {
            None => self.findings.push(format!("{}: C's type {} is not defined", subject(), theirs.ty)),
            Some(class) if !self.same(&ours.ty, &class) => {
                self.findings.push(format!("{}: {}, in C {class} ({})", subject(), describe(&ours.ty), theirs.ty));
            }
            Some(_) => {}
        }
    }

    /// Whether both are of a class; records by name, and compared in turn.
    fn same(&mut self, ours: &Type, theirs: &Class<'d>) -> bool {
        match (ours, theirs) {
            (Type::Unsigned(ours), Class::Unsigned(theirs)) | (Type::Signed(ours), Class::Signed(theirs)) => {
                *ours as u64 == *theirs
            }
            (Type::Bool, Class::Bool) | (Type::Pointer, Class::Pointer) | (Type::Handle, Class::Handle) => true,
            (Type::Record(layout), Class::Record(names)) => {
                let same = names.contains(&layout.name);
                self.record(layout, names);
                same
            }
            (Type::Array(ours, count), Class::Array(theirs, length)) => {
                *count as u64 == *length && self.same(ours, theirs)
            }
            _ => false,
        }
    }
}

/// A type of ours, for a message.
fn describe(ty: &Type) -> String {
    match ty {
        Type::Unsigned(size) => Class::Unsigned(*size as u64).to_string(),
        Type::Signed(size) => Class::Signed(*size as u64).to_string(),
        Type::Bool => Class::Bool.to_string(),
        Type::Pointer => Class::Pointer.to_string(),
        Type::Handle => Class::Handle.to_string(),
        Type::Record(layout) => layout.rust_name.to_string(),
        Type::Array(element, count) => format!("{count} times {}", describe(element)),
    }
}
