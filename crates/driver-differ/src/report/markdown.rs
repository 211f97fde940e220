//! A difference as Markdown, for pull requests.

use super::{fields, number, origin_words, sources, summary};
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
    let describe = |r: &OneSided<Record>| format!("{} bytes, `{}`", r.value.size, r.value.source);
    one_sided(&mut out, "Added records", &diff.records.added, describe);
    one_sided(&mut out, "Removed records", &diff.records.removed, describe);
    values(&mut out, "constants", &diff.constants, |v| number(*v));
    values(&mut out, "aliases", &diff.aliases, |a: &Alias| format!("`{}` ({} bytes)", a.ty, a.size));
    out
}

/// Names come from headers and paths: they must not end a table cell or begin markup.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('*', "\\*").replace('_', "\\_").replace('<', "&lt;")
}

fn record_change(out: &mut String, c: &RecordChange) {
    let name = c.was.as_ref().map_or_else(|| c.name.clone(), |was| format!("{was}` → `{}", c.name));
    let uvm = if c.domain == DomainName::Uvm { " (nvidia-uvm)" } else { "" };
    let _ = write!(out, "\n### `{name}`{uvm}\n\n");
    let size = if c.base.size == c.next.size {
        c.next.size.to_string()
    } else {
        format!("{} → {}", c.base.size, c.next.size)
    };
    let _ = writeln!(out, "- {}, {size} bytes; {}", c.kind.words(), escape(&c.meaning.words()));
    if let Some(origin) = origin_words(&c.origin) {
        let _ = writeln!(out, "- {origin}");
    }
    let _ = writeln!(out, "- `{}`", sources(&c.base.source, &c.next.source));
    if !c.used_by.is_empty() {
        let users: Vec<String> = c.used_by.iter().map(|u| format!("`{u}`")).collect();
        let _ = writeln!(out, "- used by {}", users.join(", "));
        let _ = writeln!(out, "- {}", escape(&c.advice));
    }
    out.push_str("\n| | offset | size | type | name |\n|---|---:|---:|---|---|\n");
    for row in fields::rows(&c.base, &c.next) {
        let [offset, size, ty, name] = row.cells.map(|c| escape(&c));
        let _ = writeln!(out, "| {} | {offset} | {size} | {ty} | {name} |", row.mark);
    }
}

fn origin_cell(origin: &Origin) -> String {
    origin_words(origin).unwrap_or_default()
}

fn one_sided<T>(out: &mut String, title: &str, items: &[OneSided<T>], describe: impl Fn(&OneSided<T>) -> String) {
    if items.is_empty() {
        return;
    }
    let _ = write!(out, "\n## {title}\n\n| name | what | where |\n|---|---|---|\n");
    for item in items {
        let _ = writeln!(out, "| `{}` | {} | {} |", item.name, describe(item), origin_cell(&item.origin));
    }
}

fn values<T>(out: &mut String, what: &str, values: &Values<T>, show: impl Fn(&T) -> String) {
    if !values.changed.is_empty() {
        let _ = write!(out, "\n## Changed {what}\n\n| name | before | after | where |\n|---|---|---|---|\n");
        for v in &values.changed {
            let (base, next) = (show(&v.base), show(&v.next));
            let _ = writeln!(out, "| `{}` | {base} | {next} | {} |", v.name, origin_cell(&v.origin));
        }
    }
    one_sided(out, &format!("Added {what}"), &values.added, |v| show(&v.value));
    one_sided(out, &format!("Removed {what}"), &values.removed, |v| show(&v.value));
}
