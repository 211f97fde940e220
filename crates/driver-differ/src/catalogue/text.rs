//! The catalogue's source: one text file per release, saying what its headers define otherwise than its parent's.
//!
//! ```text
//! release 550.40.07
//! parent 545.23.08
//! [nonuvm]
//! alias NvHandle 4 NvU32
//! struct NAME SIZE ALIGN path/of/header.h
//!  OFFSET SIZE NAME TYPE
//! const NAME 0x20800110
//! drop const NAME
//! [uvm]
//! ```
//!
//! An unnamed field is `-`; a bit-field is `NAME:WIDTH@BIT`. Names are sorted, so that a file says the same thing in
//! one way only.

use crate::model::{Alias, DomainName, Field, Record};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What one release changes in one domain; None drops the name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Structs and unions; their `source` is the header's path.
    pub records: BTreeMap<String, Option<Record>>,
    /// Typedefs of anything else.
    pub aliases: BTreeMap<String, Option<Alias>>,
    /// Integer constants.
    pub constants: BTreeMap<String, Option<i128>>,
}

/// One file of the catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReleaseChanges {
    /// The release.
    pub release: String,
    /// The release that these changes apply to; None for the first.
    pub parent: Option<String>,
    /// What changes in the resource manager's headers.
    pub nonuvm: Changes,
    /// What changes in those of nvidia-uvm.
    pub uvm: Changes,
}

impl ReleaseChanges {
    /// The changes of one domain.
    pub fn domain(&self, name: DomainName) -> &Changes {
        match name {
            DomainName::Nonuvm => &self.nonuvm,
            DomainName::Uvm => &self.uvm,
        }
    }

    /// The changes of one domain.
    pub fn domain_mut(&mut self, name: DomainName) -> &mut Changes {
        match name {
            DomainName::Nonuvm => &mut self.nonuvm,
            DomainName::Uvm => &mut self.uvm,
        }
    }

    /// As it stands in the file.
    pub fn to_text(&self) -> String {
        let mut out = format!("release {}\n", self.release);
        if let Some(parent) = &self.parent {
            let _ = writeln!(out, "parent {parent}");
        }
        for name in DomainName::ALL {
            let changes = self.domain(name);
            if *changes != Changes::default() {
                let _ = writeln!(out, "[{}]", name.as_str());
                write_changes(&mut out, changes);
            }
        }
        out
    }

    /// Reads a file.
    ///
    /// # Errors
    /// The line at fault, counted from 1, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut file = Self::default();
        let mut domain = None;
        let mut record: Option<(String, Record)> = None;
        for (index, line) in text.lines().enumerate() {
            let fail = |message: &str| (index + 1, format!("{message}: {line}"));
            if let Some(field) = line.strip_prefix(' ') {
                let (_, record) = record.as_mut().ok_or_else(|| fail("a field outside a record"))?;
                record.fields.push(parse_field(field).ok_or_else(|| fail("a malformed field"))?);
                continue;
            }
            if let (Some((name, record)), Some(domain)) = (record.take(), domain) {
                file.domain_mut(domain).records.insert(name, Some(record));
            }
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            match (words.as_slice(), domain) {
                (["release", version], None) => file.release = (*version).to_string(),
                (["parent", version], None) => file.parent = Some((*version).to_string()),
                (["[nonuvm]"], _) => domain = Some(DomainName::Nonuvm),
                (["[uvm]"], _) => domain = Some(DomainName::Uvm),
                ([kind @ ("struct" | "union"), name, size, rest], Some(_)) => {
                    let read = parse_record(kind, size, rest).ok_or_else(|| fail("a malformed record"))?;
                    record = Some(((*name).to_string(), read));
                }
                ([_, _, ..], Some(domain)) => {
                    let changes = file.domain_mut(domain);
                    parse_other(changes, &words).ok_or_else(|| fail("a malformed line"))?;
                }
                _ => return Err(fail("not expected here")),
            }
        }
        if let (Some((name, record)), Some(domain)) = (record, domain) {
            file.domain_mut(domain).records.insert(name, Some(record));
        }
        if file.release.is_empty() { Err((1, "no release is named".into())) } else { Ok(file) }
    }
}

fn write_changes(out: &mut String, changes: &Changes) {
    for (name, alias) in &changes.aliases {
        let _ = match alias {
            Some(Alias { ty, size }) => writeln!(out, "alias {name} {size} {ty}"),
            None => writeln!(out, "drop alias {name}"),
        };
    }
    for (name, record) in &changes.records {
        match record {
            None => {
                let _ = writeln!(out, "drop record {name}");
            }
            Some(r) => {
                let kind = if r.union { "union" } else { "struct" };
                let _ = writeln!(out, "{kind} {name} {} {} {}", r.size, r.align, r.header());
                r.fields.iter().for_each(|f| write_field(out, f));
            }
        }
    }
    for (name, value) in &changes.constants {
        let _ = match value {
            Some(v @ 10..) => writeln!(out, "const {name} {v:#x}"),
            Some(v) => writeln!(out, "const {name} {v}"),
            None => writeln!(out, "drop const {name}"),
        };
    }
}

fn write_field(out: &mut String, field: &Field) {
    let name = if field.name.is_empty() { "-" } else { &field.name };
    let bits = match (field.bits, field.bit_offset) {
        (Some(width), Some(bit)) => format!(":{width}@{bit}"),
        _ => String::new(),
    };
    let _ = writeln!(out, " {} {} {name}{bits} {}", field.offset, field.size, field.ty);
}

fn parse_field(text: &str) -> Option<Field> {
    let mut words = text.splitn(4, ' ');
    let (offset, size) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let (name, ty) = (words.next()?, words.next()?.to_string());
    let (name, bits, bit_offset) = match name.split_once(':') {
        None => (name, None, None),
        Some((name, bits)) => {
            let (width, bit) = bits.split_once('@')?;
            (name, Some(width.parse().ok()?), Some(bit.parse().ok()?))
        }
    };
    let name = if name == "-" { String::new() } else { name.to_string() };
    Some(Field { name, ty, offset, size, bits, bit_offset })
}

fn parse_record(kind: &str, size: &str, rest: &str) -> Option<Record> {
    let (align, source) = rest.split_once(' ')?;
    let (size, align) = (size.parse().ok()?, align.parse().ok()?);
    Some(Record { size, align, union: kind == "union", source: source.to_string(), fields: Vec::new() })
}

fn parse_other(changes: &mut Changes, words: &[&str]) -> Option<()> {
    match words {
        ["alias", name, size, ty] => {
            let alias = Alias { ty: (*ty).to_string(), size: size.parse().ok()? };
            changes.aliases.insert((*name).to_string(), Some(alias));
        }
        ["const", name, value] => {
            let value = match value.strip_prefix("0x") {
                Some(hex) => i128::from_str_radix(hex, 16).ok()?,
                None => value.parse().ok()?,
            };
            changes.constants.insert((*name).to_string(), Some(value));
        }
        ["drop", "alias", name] => {
            changes.aliases.insert((*name).to_string(), None);
        }
        ["drop", "record", name] => {
            changes.records.insert((*name).to_string(), None);
        }
        ["drop", "const", name] => {
            changes.constants.insert((*name).to_string(), None);
        }
        _ => return None,
    }
    Some(())
}
