//! Numbers that a release's headers bring and that no release of the proxy knows: for somebody to want, or not.

use driver_differ::diff::{is_descriptor, is_pointer};
use driver_differ::model::{Abi, Domain, base_type};
use nvproxy::abi::Table;
use parity_test::layouts::domain;
use std::collections::BTreeSet;

use super::functions::Functions;
use super::tables::{self, Known};

/// An ioctl, control command or class that came in.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The table it would stand in.
    pub table: Table,
    /// Its number.
    pub number: i128,
    /// NVIDIA's name.
    pub name: String,
    /// The struct that comes with it, with its size, if that is known.
    pub parameters: Option<(String, u64)>,
    /// Fields that would have to be translated.
    pub translated: Vec<String>,
    /// The driver's function for it.
    pub function: Option<String>,
}

/// Those that `next` defines and `base` does not.
pub(super) fn candidates(base: &Abi, next: &Abi, known: &Known, functions: &Functions) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (name, &number) in &next.nonuvm.constants {
        let table = match name {
            _ if base.nonuvm.constants.contains_key(name) || known.contains(name) => continue,
            name if functions.is_class(name) => Table::Alloc,
            name if name.starts_with("NV_ESC_") && number <= 0xff => Table::Frontend,
            name if is_command(name, number, functions) => Table::Control,
            _ => continue,
        };
        found.push(candidate(table, name, number, next, functions));
    }
    for (name, &number) in &next.uvm.constants {
        if !base.uvm.constants.contains_key(name) && !known.contains(name) && functions.is_uvm(name) {
            found.push(candidate(Table::Uvm, name, number, next, functions));
        }
    }
    found.sort_by(|a, b| (a.table, a.number, &a.name).cmp(&(b.table, b.number, &b.name)));
    found
}

/// Whether the constant numbers a control command: its upper half is a class, mostly that which its name begins with.
fn is_command(name: &str, number: i128, functions: &Functions) -> bool {
    let class = name.strip_prefix("NV").and_then(|rest| rest.split_once("_CTRL_CMD_"));
    class.is_some_and(|(class, _)| match i128::from_str_radix(class, 16) {
        Ok(class) => number >> 16 == class,
        Err(_) => functions.is_command(number),
    })
}

fn candidate(table: Table, name: &str, number: i128, headers: &Abi, functions: &Functions) -> Candidate {
    let headers = headers.domain(domain(table));
    let by_name = || format!("{}_PARAMS", name.replacen("_CTRL_CMD_", "_CTRL_", 1));
    let parameters = functions.parameters(table, number, name).map_or_else(by_name, str::to_string);
    let record = tables::record(headers, &parameters);
    let mut translated = Vec::new();
    if let Some((record, _)) = record {
        indirections(headers, record, &mut BTreeSet::new(), &mut translated);
    }
    Candidate {
        table,
        number,
        name: name.to_string(),
        parameters: record.map(|(_, record)| (parameters.clone(), record.size)),
        translated,
        function: functions.place(table, number, name).map(|(function, _)| function),
    }
}

/// Pointers and descriptors of a record, those of the records within it included.
fn indirections<'d>(domain: &'d Domain, name: &'d str, seen: &mut BTreeSet<&'d str>, found: &mut Vec<String>) {
    let Some(record) = domain.records.get(name).filter(|_| seen.insert(name)) else { return };
    for field in &record.fields {
        if is_pointer(field) || is_descriptor(field) {
            found.push(format!("{name}.{}", field.name));
        } else if let Some((nested, _)) = tables::record(domain, base_type(&field.ty)) {
            indirections(domain, nested, seen, found);
        }
    }
}
