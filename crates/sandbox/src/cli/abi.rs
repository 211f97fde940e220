//! `nvproxy abi --version V`.

use super::Format;
use super::columns::{Line, Side, columns};
use super::exit::Exit;
use super::output::{FAINT, Output, STRONG, count, paint};
use crate::entry::{Entry, forms};
use crate::release::{Resolved, SCHEMA_VERSION, compose};
use crate::tables::{number, subject};
use anyhow::Result;
use nvproxy::abi::{Abi, Row, Table};
use serde::Serialize;
use std::collections::BTreeMap;
use version_tree::{DriverVersion, Resolution, Standing};

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
    if resolved.standing == Standing::Qualified && !resolved.proved {
        out.push_str("Its headers are not published, so its tables are not proved.\n");
    }
    for table in Table::ALL {
        let rows = abi.table(table);
        let heading = format!("{} ({}): {}", table.as_str(), rows.len(), subject(table));
        out.push_str(&format!("\n{}\n", paint(STRONG, &heading)));
        let titles = [
            ("number", Side::Right),
            ("name", Side::Left),
            ("handling", Side::Left),
            ("capabilities", Side::Left),
            ("size", Side::Right),
            ("struct", Side::Left),
        ];
        let lines: Vec<Line> = rows.iter().flat_map(|row| lines(table, row)).collect();
        out.push_str(&columns(&titles, &lines));
    }
    out + "\n" + &summary(abi, resolved)
}

/// The line of an entry, and below it what is translated, struct by struct.
fn lines(table: Table, row: &Row) -> Vec<Line> {
    let capabilities = row.capabilities.names().collect::<Vec<_>>().join(",");
    let entry = [number(table, row.number), row.name.to_string(), row.handling.name().to_string(), capabilities];
    let mut lines = Vec::new();
    for form in forms(row) {
        // A further struct stands below the first, without repeating whose it is.
        let before = if lines.is_empty() { entry.clone() } else { <[String; 4]>::default() };
        lines.push(Line::Row(before.into_iter().chain([form.layout.size.to_string(), form.name()]).collect()));
        lines.extend(form.params.iter().map(|param| Line::Below(param.to_string())));
    }
    if lines.is_empty() {
        // Of a struct whose headers are not at hand only the name is known.
        let name = row.structs().next().unwrap_or_default().to_string();
        lines.push(Line::Row(entry.into_iter().chain([String::new(), name]).collect()));
    }
    lines
}

fn summary(abi: &Abi, resolved: &Resolved) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, row) in abi.rows() {
        let effect = row.handling.effect.map(|_| "with an effect of their own");
        *counts.entry(effect.unwrap_or(row.handling.name())).or_default() += 1;
    }
    let total = counts.values().sum();
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let words: Vec<String> = counts.iter().map(|(name, n)| format!("{n} {name}")).collect();
    let mut out = format!("{}: {}\n", count(total, "entry", "entries"), words.join(", "));
    if resolved.proved {
        let hint =
            format!("`driver-differ show STRUCT --version {}` prints the fields of a struct\n", resolved.release);
        out.push_str(&paint(FAINT, &hint));
    }
    out
}
