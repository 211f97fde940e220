//! `nvproxy abi --version V`.

use super::Format;
use super::columns::{Line, Side, columns};
use super::exit::Exit;
use super::output::{FAINT, Output, STRONG, count, paint};
use crate::entry::{Entry, forms};
use crate::release::{Known, RELEASE_SCHEMA_VERSION, Resolved, compose};
use crate::tables::{number, subject};
use anyhow::Result;
use nvproxy::abi::{Abi, Evidence, Row, Table};
use nvproxy::pack::{LeftOut, Packs};
use serde::Serialize;
use std::collections::BTreeMap;
use version_tree::{DriverVersion, Standing};

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    version: DriverVersion,
    resolved: Resolved,
    frontend: Vec<Entry>,
    uvm: Vec<Entry>,
    control: Vec<Entry>,
    alloc: Vec<Entry>,
    /// With a release pack: the entries that it leaves out.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<Vec<Missing>>,
}

#[derive(Serialize)]
struct Missing {
    table: &'static str,
    number: u32,
    name: String,
    why: String,
}

pub(crate) fn run(output: &Output, packs: &Packs, version: DriverVersion, format: Format) -> Result<Exit> {
    let known = compose(packs, version)?;
    match format {
        Format::Text => output.print(&text(&known))?,
        Format::Json => output.json(&document(version, known))?,
    }
    Ok(Exit::Done)
}

fn document(version: DriverVersion, known: Known) -> Document {
    let Known { resolved, abi, .. } = known;
    let entries = |table| {
        let entry = |row: &Row| Entry::new(row).known_from(unusual(&abi, resolved.standing, table, row));
        abi.table(table).iter().map(entry).collect()
    };
    let missing = |left: &LeftOut| Missing {
        table: left.table.as_str(),
        number: left.number,
        name: left.name.clone(),
        why: left.why.clone(),
    };
    Document {
        schema_version: RELEASE_SCHEMA_VERSION,
        version,
        frontend: entries(Table::Frontend),
        uvm: entries(Table::Uvm),
        control: entries(Table::Control),
        alloc: entries(Table::Alloc),
        left_out: abi.is_of_pack().then(|| abi.left_out().iter().map(missing).collect()),
        resolved,
    }
}

/// What is known of a row of a release if nothing else is said of it.
const fn usual(standing: Standing) -> Evidence {
    match standing {
        Standing::Proved => Evidence::Proved,
        Standing::Measured => Evidence::Measured,
        Standing::Inferred => Evidence::Inferred,
    }
}

/// What is known of a row, if more or less is known of it than is usual.
fn unusual(abi: &Abi, standing: Standing, table: Table, row: &Row) -> Option<Evidence> {
    abi.evidence(table, row.number).filter(|evidence| *evidence != usual(standing))
}

fn text(known: &Known) -> String {
    let Known { words, resolved, abi, .. } = known;
    let mut out = format!("{words}.\n");
    if resolved.abi_since != resolved.release {
        out.push_str(&format!("Its ABI is that of {}; nothing is known to have changed since.\n", resolved.abi_since));
    }
    if let Some(mark) = legend(abi, resolved.standing) {
        out.push_str(&mark);
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
        let other = |row: &Row| unusual(abi, resolved.standing, table, row);
        let lines: Vec<Line> = rows.iter().flat_map(|row| lines(table, row, other(row))).collect();
        out.push_str(&columns(&titles, &lines));
    }
    if !abi.left_out().is_empty() {
        out.push_str(&format!("\n{}\n", paint(STRONG, &format!("left out ({})", abi.left_out().len()))));
        let titles = [("table", Side::Left), ("number", Side::Right), ("name", Side::Left), ("why", Side::Left)];
        let cells = |left: &LeftOut| {
            Line::Row(vec![
                left.table.as_str().to_owned(),
                number(left.table, left.number),
                left.name.clone(),
                left.why.clone(),
            ])
        };
        out.push_str(&columns(&titles, &abi.left_out().iter().map(cells).collect::<Vec<_>>()));
    }
    out + "\n" + &summary(abi, resolved)
}

/// What the marks at names mean, if there are any.
fn legend(abi: &Abi, standing: Standing) -> Option<String> {
    let mut others: Vec<Evidence> = abi.rows().filter_map(|(table, row)| unusual(abi, standing, table, row)).collect();
    others.sort_unstable();
    others.dedup();
    let words = |evidence: &Evidence| {
        let why = match evidence {
            Evidence::Inferred => "taken from an ancestor, or in no headers",
            Evidence::Between => "taken from an ancestor; a known descendant has the same entry",
            Evidence::Measured => "compared with an independent record of sizes and pointers",
            _ => "compared with the release's headers",
        };
        format!("({evidence}) {why}")
    };
    let words: Vec<String> = others.iter().map(words).collect();
    (!words.is_empty())
        .then(|| format!("An entry of which more or less is known says so after its name: {}.\n", words.join("; ")))
}

/// The line of an entry, and below it what is translated, struct by struct.
fn lines(table: Table, row: &Row, other: Option<Evidence>) -> Vec<Line> {
    let capabilities = row.capabilities.names().collect::<Vec<_>>().join(",");
    let name = other.map_or_else(|| row.name.to_owned(), |evidence| format!("{} ({evidence})", row.name));
    let entry = [number(table, row.number), name, row.handling.name().to_string(), capabilities];
    let mut lines = Vec::new();
    for form in forms(row) {
        // A further struct stands below the first, without repeating whose it is.
        let before = if lines.is_empty() { entry.clone() } else { <[String; 4]>::default() };
        lines.push(Line::Row(before.into_iter().chain([form.layout.size.to_string(), form.name()]).collect()));
        lines.extend(form.params.iter().map(|param| Line::Below(param.to_string())));
    }
    if lines.is_empty() {
        // Of a struct that no published header defines only the name is known.
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
    if resolved.standing == Standing::Proved && resolved.pack.is_none() {
        let hint =
            format!("`driver-differ show STRUCT --version {}` prints the fields of a struct\n", resolved.release);
        out.push_str(&paint(FAINT, &hint));
    }
    out
}
