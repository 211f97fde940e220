//! A difference as Markdown, for pull requests.

use super::{count, fields, keyword, number, origin_words, outside, sources, summary, work};
use crate::diff::{Diff, OneSided, Origin, RecordChange, Values};
use crate::model::{Alias, DomainName, Record};
use std::fmt::Write;

/// A document with a heading.
pub fn diff(diff: &Diff) -> String {
    let mut out = format!("# {} → {}\n\n{}\n", escape(&diff.base), escape(&diff.next), summary(diff));
    if !diff.records.changed.is_empty() {
        out.push_str("\n## Changed records\n");
    }
    for change in &diff.records.changed {
        record_change(&mut out, change);
    }
    let describe = |r: &OneSided<Record>| format!("{}, {}", count(r.value.size, "byte"), code(&r.value.source));
    one_sided(&mut out, "Added records", &diff.records.added, describe);
    one_sided(&mut out, "Removed records", &diff.records.removed, describe);
    values(&mut out, "constants", &diff.constants, |v| number(*v));
    values(&mut out, "aliases", &diff.aliases, |a: &Alias| format!("{} ({})", code(&a.ty), count(a.size, "byte")));
    out
}

/// Names come from headers and paths: they must not end a line or a table cell, nor begin markup.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '~' | '#' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The same between backquotes, where only a backquote and, in a table, a bar mean anything.
fn code(text: &str) -> String {
    let plain = |c: char| if c == '`' || c.is_control() { '\u{fffd}' } else { c };
    format!("`{}`", text.chars().map(plain).collect::<String>().replace('|', "\\|"))
}

fn uvm(domain: DomainName) -> &'static str {
    if domain == DomainName::Uvm { " (nvidia-uvm)" } else { "" }
}

fn record_change(out: &mut String, c: &RecordChange) {
    let name = c.was.as_ref().map_or_else(|| code(&c.name), |was| format!("{} → {}", code(was), code(&c.name)));
    let _ = write!(out, "\n### {name}{}\n\n", uvm(c.domain));
    let outside = outside(c, "→").join(", ");
    let _ = writeln!(out, "- {} ({}): {outside}; {}", c.kind.words(), keyword(c, "→"), escape(&c.meaning.words()));
    if let Some(origin) = origin_words(&c.origin) {
        let _ = writeln!(out, "- {origin}");
    }
    let _ = writeln!(out, "- {}", code(&sources(&c.base.source, &c.next.source)));
    if !c.used_by.is_empty() {
        let users: Vec<String> = c.used_by.iter().map(|u| code(u)).collect();
        let _ = writeln!(out, "- used by {}", users.join(", "));
        let _ = writeln!(out, "- {}", escape(&c.advice));
    }
    let rows = fields::rows(&c.base, &c.next);
    if rows.is_empty() {
        return;
    }
    out.push_str("\n| | offset | size | type | name |\n|---|---:|---:|---|---|\n");
    for row in rows {
        let [offset, size, ty, name] = row.cells.map(|c| escape(&c));
        let _ = writeln!(out, "| {} | {offset} | {size} | {ty} | {name} |", row.mark);
    }
}

/// Where it came in, and what is to be done about it.
fn origin_cell(origin: &Origin, work: Option<String>) -> String {
    let parts = [origin_words(origin), work.map(|w| escape(&w))];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn one_sided<T>(out: &mut String, title: &str, items: &[OneSided<T>], describe: impl Fn(&OneSided<T>) -> String) {
    if items.is_empty() {
        return;
    }
    let _ = write!(out, "\n## {title}\n\n| name | what | where |\n|---|---|---|\n");
    for item in items {
        let work = work(item.needs_work, &item.used_by, &item.name, "has lost its number");
        let (name, what) = (code(&item.name), describe(item));
        let _ = writeln!(out, "| {name}{} | {what} | {} |", uvm(item.domain), origin_cell(&item.origin, work));
    }
}

fn values<T>(out: &mut String, what: &str, values: &Values<T>, show: impl Fn(&T) -> String) {
    if !values.changed.is_empty() {
        let _ = write!(out, "\n## Changed {what}\n\n| name | before | after | where |\n|---|---|---|---|\n");
        for v in &values.changed {
            let (base, next) = (show(&v.base), show(&v.next));
            let cell = origin_cell(&v.origin, work(!v.used_by.is_empty(), &v.used_by, &v.name, "has another number"));
            let _ = writeln!(out, "| {}{} | {base} | {next} | {cell} |", code(&v.name), uvm(v.domain));
        }
    }
    one_sided(out, &format!("Added {what}"), &values.added, |v| show(&v.value));
    one_sided(out, &format!("Removed {what}"), &values.removed, |v| show(&v.value));
}
