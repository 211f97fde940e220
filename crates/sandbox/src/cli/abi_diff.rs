//! `nvproxy abi diff BASE NEXT`.

use super::Format;
use super::exit::Exit;
use super::output::{ADDED, CHANGED, FAINT, Output, REMOVED, STRONG, count, paint};
use crate::diff::{Changed, LayoutChange, OneSided, Origin, TableDiff, Totals, What, compare};
use crate::entry::{Entry, Form, forms};
use crate::release::{Known, Resolved, SCHEMA_VERSION, compose};
use crate::tables::number;
use anyhow::Result;
use nvproxy::abi::{Abi, Row, Table};
use nvproxy::pack::Packs;
use serde_json::{Value, json};
use version_tree::{DriverVersion, Standing, Tree};

pub(crate) fn run(output: &Output, packs: &Packs, [base, next]: [DriverVersion; 2], format: Format) -> Result<Exit> {
    let Known { resolved: base, abi: base_abi, .. } = compose(packs, base)?;
    let Known { resolved: next, abi: next_abi, .. } = compose(packs, next)?;
    let tables = compare(Tree::embedded(), &base_abi, &next_abi);
    match format {
        Format::Text => output.print(&text([&base, &next], &next_abi, &tables))?,
        Format::Json => output.json(&json([&base, &next], &tables)?)?,
    }
    Ok(if Totals::of(&tables).any() { Exit::Finding } else { Exit::Done })
}

fn json([base, next]: [&Resolved; 2], tables: &[TableDiff]) -> Result<Value> {
    let one_sided = |entries: &[OneSided]| -> Result<Vec<Value>> {
        entries.iter().map(|e| with_origin(serde_json::to_value(Entry::new(&e.row))?, e.origin)).collect()
    };
    let changed = |c: &Changed| {
        let (base, next) = (Entry::new(&c.base), Entry::new(&c.next));
        let (number, name) = (c.next.number, c.next.name);
        with_origin(json!({ "number": number, "name": name, "what": c.what, "base": base, "next": next }), c.origin)
    };
    let mut document = json!({ "schema_version": SCHEMA_VERSION, "base": base.release, "next": next.release });
    for t in tables {
        document[t.table.as_str()] = json!({
            "added": one_sided(&t.added)?,
            "removed": one_sided(&t.removed)?,
            "changed": t.changed.iter().map(changed).collect::<Result<Vec<_>>>()?,
        });
    }
    document["summary"] = serde_json::to_value(Totals::of(tables))?;
    Ok(document)
}

fn with_origin(mut value: Value, origin: Origin) -> Result<Value> {
    value["origin"] = serde_json::to_value(origin)?;
    Ok(value)
}

fn text([base, next]: [&Resolved; 2], next_abi: &Abi, tables: &[TableDiff]) -> String {
    let mut out = String::new();
    for t in tables.iter().filter(|t| !t.is_empty()) {
        out.push_str(&format!("{}\n", paint(STRONG, t.table.as_str())));
        for entry in &t.removed {
            out.push_str(&one_sided('-', t.table, entry));
        }
        for entry in &t.added {
            out.push_str(&one_sided('+', t.table, entry));
        }
        for entry in &t.changed {
            out.push_str(&changed(t.table, entry));
        }
        out.push('\n');
    }
    let way = format!("{} -> {}", base.release, next.release);
    let totals = Totals::of(tables);
    if !totals.any() {
        return format!("{way}: no difference in {}\n", count(next_abi.rows().count(), "entry", "entries"));
    }
    let Totals { added, removed, changed } = totals;
    out.push_str(&format!("{way}: {} added, {removed} removed, {changed} changed\n", count(added, "entry", "entries")));
    if [base, next].iter().all(|one| one.standing == Standing::Proved && one.pack.is_none()) {
        let hint = format!("`driver-differ --base {} --next {}` shows the fields\n", base.release, next.release);
        out.push_str(&paint(FAINT, &hint));
    }
    out
}

fn origin(origin: Origin) -> String {
    let words = match origin {
        Origin { introduced_in: None, .. } => return String::new(),
        Origin { introduced_in: Some(release), undone: false } => format!("introduced in {release}"),
        Origin { introduced_in: Some(release), undone: true } => format!("changed in {release}, on base's own branch"),
    };
    format!("   {}", paint(FAINT, &words))
}

fn capabilities(row: &Row) -> String {
    row.capabilities.names().collect::<Vec<_>>().join(",")
}

/// Every struct with its size, or its name alone where no header is at hand.
fn structs(row: &Row) -> String {
    let sized: Vec<String> = forms(row).iter().map(|f| format!("{} ({})", f.name(), bytes(f.layout.size))).collect();
    if sized.is_empty() { row.structs().collect::<Vec<_>>().join(" or ") } else { sized.join(" or ") }
}

fn bytes(n: usize) -> String {
    count(n, "byte", "bytes")
}

fn one_sided(mark: char, table: Table, entry: &OneSided) -> String {
    let row = &entry.row;
    let style = if mark == '+' { ADDED } else { REMOVED };
    let words = format!("  {mark} {} {}", number(table, row.number), row.name);
    let mut out = format!("{}{}\n", paint(style, &words), origin(entry.origin));
    let about = [row.handling.name().to_string(), capabilities(row), structs(row)];
    out.push_str(&format!("      {}\n", about.join("   ").trim_end()));
    // What was done about the fields of an entry that went is of no use any more.
    if mark == '+' {
        for param in forms(row).iter().flat_map(|form| form.params) {
            out.push_str(&format!("        {param}\n"));
        }
    }
    out
}

fn changed(table: Table, entry: &Changed) -> String {
    let (base, next) = (&entry.base, &entry.next);
    let words = format!("  ~ {} {}", number(table, next.number), next.name);
    let mut lines = Vec::new();
    for what in &entry.what {
        match what {
            What::Number => {
                lines.push(format!("number {} -> {}", number(table, base.number), number(table, next.number)));
            }
            What::Name => lines.push(format!("renamed from {}", base.name)),
            What::Handling => lines.push(format!("{} -> {}", base.handling.name(), next.handling.name())),
            What::Caps => lines.push(format!("{} -> {}", capabilities(base), capabilities(next))),
            What::Structs => lines.extend(struct_changes(base, next)),
            What::Params => lines.extend(param_changes(&forms(base), &forms(next))),
        }
    }
    let lines: String = lines.iter().map(|line| format!("      {line}\n")).collect();
    format!("{}{}\n{lines}", paint(CHANGED, &words), origin(entry.origin))
}

fn struct_changes(base: &Row, next: &Row) -> Vec<String> {
    let (before, after) = (forms(base), forms(next));
    if before.len() != after.len() || before.is_empty() {
        return vec![format!("{} -> {}", structs(base), structs(next))];
    }
    before.iter().zip(&after).filter_map(|(a, b)| struct_change(a, b)).collect()
}

fn struct_change(base: &Form, next: &Form) -> Option<String> {
    let change = LayoutChange::between(base.layout, next.layout);
    let renamed = base.name() != next.name();
    if change.is_none() && !renamed {
        return None;
    }
    let name = if renamed { format!("{} -> {}", base.name(), next.name()) } else { next.name() };
    let (a, b) = (base.layout.size, next.layout.size);
    let size = if a == b { bytes(b) } else { format!("{a} -> {} ({:+})", bytes(b), b as i128 - a as i128) };
    let fields = match change {
        Some(LayoutChange::Fields) if a == b => ", other fields",
        Some(LayoutChange::NamesOnly) => ", fields renamed only",
        Some(LayoutChange::Fields) | None => "",
    };
    Some(format!("{name}   {size}{fields}"))
}

fn param_changes(base: &[Form], next: &[Form]) -> Vec<String> {
    let words = |forms: &[Form]| -> Vec<String> {
        forms.iter().flat_map(|form| form.params).map(ToString::to_string).collect()
    };
    let (before, after) = (words(base), words(next));
    let gone = before.iter().filter(|p| !after.contains(p)).map(|p| paint(REMOVED, &format!("- {p}")));
    let came = after.iter().filter(|p| !before.contains(p)).map(|p| paint(ADDED, &format!("+ {p}")));
    gone.chain(came).collect()
}
