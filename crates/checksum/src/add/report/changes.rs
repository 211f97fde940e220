//! What releases change, and what is to be done about it.

use driver_differ::report::markdown;
use std::fmt::Write;

use super::text::{cell, code, rust};
use crate::add::{Candidate, RowChange, RowKind, Step, rust};

/// Most new numbers of a release that are listed; a first release of a branch may bring hundreds.
const MAX_CANDIDATES: usize = 400;

/// All releases that change anything.
pub(super) fn write(out: &mut String, steps: &[Step]) {
    for step in steps.iter().filter(|step| !step.changes.is_empty() || !step.left.is_empty()) {
        let _ = write!(out, "\n## What {} introduced\n", step.version());
        entries(out, step);
        left(out, step);
        ready(out, step);
        comparison(out, step);
    }
    for step in steps.iter().filter(|step| !step.candidates.is_empty()) {
        candidates(out, step);
    }
}

/// The entries, by what is to be done about them.
fn entries(out: &mut String, step: &Step) {
    let of = |wanted: fn(&Step, &RowChange) -> bool| step.changes.iter().filter(move |change| wanted(step, change));
    let simple = of(|step, change| {
        matches!(change.kind, RowKind::Shape { .. } | RowKind::Named { .. }) && !step.needs_handler(change)
    });
    let simple: Vec<&RowChange> = simple.collect();
    if !simple.is_empty() {
        out.push_str("\n### Still simple: new structs, handled as before\n\n");
        simple.iter().for_each(|change| entry(out, step, change));
    }
    let handler: Vec<&RowChange> = of(Step::needs_handler).collect();
    if !handler.is_empty() {
        out.push_str("\n### Needs a look: what is translated in it may be otherwise now\n\n");
        handler.iter().for_each(|change| entry(out, step, change));
    }
    let other = of(|step, change| {
        !matches!(change.kind, RowKind::Shape { .. } | RowKind::Named { .. }) && !step.needs_handler(change)
    });
    let other: Vec<&RowChange> = other.collect();
    if !other.is_empty() {
        out.push_str("\n### Numbers that moved, came or went\n\n");
        other.iter().for_each(|change| entry(out, step, change));
    }
}

fn entry(out: &mut String, step: &Step, change: &RowChange) {
    let row = &change.row;
    let _ = write!(out, "- {} {} ({:#x}): {}", change.table.as_str(), code(row.name), row.number, change.words());
    let _ = match &change.kind {
        RowKind::Moved { to } => write!(out, ", to {to:#x}"),
        RowKind::Named { own } => write!(out, ": {}", code(own)),
        RowKind::Known { from } => write!(out, "; {from} has it"),
        _ => write!(out, "; {}", row.handling.name()),
    };
    if let RowKind::Copied { findings } = &change.kind {
        let _ = write!(out, "; **{}**", listed(findings));
    }
    let translate = step.to_translate(change);
    if !translate.is_empty() {
        let _ = write!(out, "; **{}**", listed(&translate));
    }
    if let Some((function, place)) = step.functions.get(&(change.table, row.name)) {
        let _ = write!(out, "; read {}", code(function));
        if let Some(place) = place {
            let _ = write!(out, " ({})", code(place));
        }
    }
    out.push('\n');
}

fn listed(findings: &[String]) -> String {
    findings.iter().map(|finding| code(finding)).collect::<Vec<_>>().join("; ")
}

/// What does not fit yet.
fn left(out: &mut String, step: &Step) {
    if step.left.is_empty() {
        if !step.changes.is_empty() {
            out.push_str("\nThis build's tables have all of it already.\n");
        }
        return;
    }
    out.push_str("\n### Does not fit the headers yet\n\n");
    for finding in &step.left {
        let _ = writeln!(out, "- {}", code(finding));
    }
}

/// Rows and structs to paste.
fn ready(out: &mut String, step: &Step) {
    // What the tables have already nobody needs to add.
    if step.changes.is_empty() || step.left.is_empty() {
        return;
    }
    let (version, module) = (step.version(), rust::module(step.version()));
    out.push_str("\n### Rust to add\n\nThe release's file, its rows handled as they were before:\n\n");
    out.push_str(&rust(&step.rust.rows));
    let _ = write!(out, "\nIts line in `crates/nvproxy/src/abi/releases/mod.rs`: `{module}: \"{version}\";`\n");
    if !step.rust.structs.is_empty() {
        out.push_str("\n<details><summary>Structs, each behind its older forms</summary>\n\n");
        out.push_str(&rust(&step.rust.structs));
        out.push_str("\n</details>\n");
    }
}

/// The differ's own account.
fn comparison(out: &mut String, step: &Step) {
    let Some(diff) = step.diff.as_ref().filter(|diff| !diff.is_empty()) else { return };
    out.push_str("\n<details><summary>Field by field</summary>\n\n");
    for line in markdown::diff(diff).lines() {
        // Its headings stand below ours.
        let _ = if line.starts_with('#') { writeln!(out, "###{line}") } else { writeln!(out, "{line}") };
    }
    out.push_str("\n</details>\n");
}

/// What nobody asked for so far.
fn candidates(out: &mut String, step: &Step) {
    let count = step.candidates.len();
    let _ = write!(out, "\n<details><summary>New in {}, and known to no release of the proxy: ", step.version());
    let _ = write!(out, "{count}. Add what is needed, and nothing else</summary>\n\n");
    out.push_str("| table | number | name | parameters | function |\n|---|---|---|---|---|\n");
    for candidate in step.candidates.iter().take(MAX_CANDIDATES) {
        let Candidate { table, number, name, parameters, translated, function } = candidate;
        let what = match (parameters, translated.as_slice()) {
            (None, _) => "not known".to_string(),
            (Some((name, size)), []) => format!("{}, {size} bytes, simple", cell(name)),
            (Some((name, size)), fields) => {
                let fields: Vec<String> = fields.iter().map(|field| cell(field)).collect();
                format!("{}, {size} bytes, to be translated: {}", cell(name), fields.join(", "))
            }
        };
        let function = function.as_deref().map(cell).unwrap_or_default();
        let _ = writeln!(out, "| {} | {number:#x} | {} | {what} | {function} |", table.as_str(), cell(name));
    }
    if count > MAX_CANDIDATES {
        let _ = writeln!(out, "\nand {} more", count - MAX_CANDIDATES);
    }
    out.push_str("\n</details>\n");
}
