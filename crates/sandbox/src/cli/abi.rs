//! `nvproxy abi --version V`.

use super::Format;
use super::columns::{Side, columns};
use super::exit::Exit;
use super::output::{FAINT, Output, STRONG, count, paint};
use crate::entry::{Entry, Form, forms};
use crate::release::{Resolved, SCHEMA_VERSION, compose};
use crate::tables::{number, subject};
use anyhow::Result;
use nvproxy::abi::{Abi, Parameters, Row, Table};
use serde::Serialize;
use std::collections::BTreeMap;
use version_tree::{DriverVersion, Resolution};

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    version: DriverVersion,
    resolved: Resolved,
    frontend: Vec<Entry>,
    uvm: Vec<Entry>,
    control: Vec<Entry>,
    alloc: Vec<Entry>,
}

pub(crate) fn run(output: &Output, version: DriverVersion, format: Format) -> Result<Exit> {
    let (resolution, resolved, abi) = compose(version)?;
    let entries = |table| abi.table(table).iter().map(Entry::new).collect();
    match format {
        Format::Text => output.print(&text(&resolution, &resolved, &abi))?,
        Format::Json => output.json(&Document {
            schema_version: SCHEMA_VERSION,
            version,
            resolved,
            frontend: entries(Table::Frontend),
            uvm: entries(Table::Uvm),
            control: entries(Table::Control),
            alloc: entries(Table::Alloc),
        })?,
    }
    Ok(Exit::Done)
}

fn text(resolution: &Resolution<'_>, resolved: &Resolved, abi: &Abi) -> String {
    let mut out = format!("{resolution}.\n");
    if resolved.abi_since != resolved.release {
        out.push_str(&format!("Its ABI is that of {}; nothing changed since.\n", resolved.abi_since));
    }
    for table in Table::ALL {
        let rows = abi.table(table);
        let heading = format!("{} ({}): {}", table.as_str(), rows.iter().len(), subject(table));
        out.push_str(&format!("\n{}\n", paint(STRONG, &heading)));
        let titles = [
            ("number", Side::Right),
            ("name", Side::Left),
            ("handling", Side::Left),
            ("capabilities", Side::Left),
            ("size", Side::Right),
            ("struct", Side::Left),
        ];
        let lines: Vec<Vec<String>> = rows.iter().flat_map(|row| lines(table, row)).collect();
        out.push_str(&columns(&titles, &lines));
    }
    out + "\n" + &summary(abi)
}

/// The line of an entry, and below it further structs and what is translated in each.
fn lines(table: Table, row: &Row) -> Vec<Vec<String>> {
    let capabilities: Vec<&str> = row.capabilities.names().collect();
    let entry = [
        number(table, row.number),
        row.name.to_string(),
        row.handling.name().to_string(),
        capabilities.join(","),
    ];
    let forms = forms(row);
    let mut lines: Vec<Vec<String>> = Vec::new();
    for form in &forms {
        let before = if lines.is_empty() { entry.clone() } else { <[String; 4]>::default() };
        lines.push(before.into_iter().chain(in_words(form)).collect());
        let below = form.params.iter().map(|param| ["", "", "", "", ""].map(String::from).into_iter().chain([format!("  {param}")]));
        lines.extend(below.map(Iterator::collect));
    }
    if lines.is_empty() {
        let opaque = match row.handling.parameters {
            Parameters::Opaque(name) => name,
            _ => "",
        };
        lines.push(entry.into_iter().chain([String::new(), opaque.to_string()]).collect());
    }
    lines
}

/// Its size and name.
fn in_words(form: &Form) -> [String; 2] {
    let name = form.layout.name;
    let name = if form.repeated { format!("{name}, any number of them") } else { name.to_string() };
    [form.layout.size.to_string(), name]
}

fn summary(abi: &Abi) -> String {
    let mut handlings: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, row) in abi.rows() {
        let effect = row.handling.effect.map(|_| "with an effect of its own");
        *handlings.entry(effect.unwrap_or(row.handling.name())).or_default() += 1;
    }
    let total = handlings.values().sum();
    let words: Vec<String> = handlings.iter().map(|(name, n)| format!("{n} {name}")).collect();
    format!("{}: {}\n", count(total, "entry", "entries"), words.join(", "))
        + &paint(FAINT, "`driver-differ show STRUCT --version RELEASE` prints a struct's fields\n")
}
