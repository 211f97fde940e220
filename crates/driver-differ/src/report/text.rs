//! A difference for the terminal.

use super::style::{ADDED, CHANGED, FAINT, REMOVED, STRONG, paint};
use super::{fields, number, origin_words, sources, summary};
use crate::diff::{Diff, OneSided, Origin, RecordChange, RecordKind, Values};
use crate::model::{Alias, DomainName, Record};
use std::fmt::Write;

/// Everything that differs, then a line that sums it up.
pub fn diff(diff: &Diff) -> String {
    let mut out = String::new();
    for change in &diff.records.changed {
        record_change(&mut out, change);
    }
    let kind = |r: &Record| if r.union { "union" } else { "struct" };
    let describe = |r: &OneSided<Record>| {
        let header = r.value.source.rsplit('/').next().unwrap_or_default();
        format!("{} {}   {} bytes   {header}", kind(&r.value), r.name, r.value.size)
    };
    section(&mut out, "Added records", '+', &diff.records.added, describe);
    section(&mut out, "Removed records", '-', &diff.records.removed, describe);
    values(&mut out, "constants", &diff.constants, |v| number(*v));
    values(&mut out, "aliases", &diff.aliases, |a: &Alias| format!("{} ({} bytes)", a.ty, a.size));
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", paint(STRONG, &format!("{} -> {}: {}", diff.base, diff.next, summary(diff))));
    out
}

fn domain_words(domain: DomainName) -> &'static str {
    match domain {
        DomainName::Nonuvm => "",
        DomainName::Uvm => "   (nvidia-uvm)",
    }
}

fn record_change(out: &mut String, c: &RecordChange) {
    let kind = if c.next.union { "union" } else { "struct" };
    let name = match &c.was {
        Some(was) => format!("{was} -> {}", c.name),
        None => c.name.clone(),
    };
    let size = if c.base.size == c.next.size {
        format!("{} bytes", c.next.size)
    } else {
        let by = i128::from(c.next.size) - i128::from(c.base.size);
        format!("{} -> {} bytes ({by:+})", c.base.size, c.next.size)
    };
    let meaning = c.meaning.words();
    let meaning = if c.meaning.needs_work() { paint(REMOVED, &meaning) } else { meaning };
    let mut head = vec![format!("{kind} {}", paint(STRONG, &name)), size];
    head.extend(origin_words(&c.origin));
    if c.kind != RecordKind::Layout {
        head.push(paint(CHANGED, c.kind.words()));
    }
    head.push(meaning);
    let _ = writeln!(out, "{}{}", head.join("   "), domain_words(c.domain));
    let used = if c.used_by.is_empty() { String::new() } else { format!("   used by {}", shorten(&c.used_by)) };
    let _ = writeln!(out, "  {}", paint(FAINT, &format!("{}{used}", sources(&c.base.source, &c.next.source))));
    table(out, &fields::rows(&c.base, &c.next));
    if !c.used_by.is_empty() && c.kind != RecordKind::Moved {
        let _ = writeln!(out, "  {}", c.advice);
    }
    out.push('\n');
}

/// The first few names, and how many there are.
fn shorten(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

fn table(out: &mut String, rows: &[fields::Row]) {
    if rows.is_empty() {
        return;
    }
    let titles = ["offset", "size", "type", "name"].map(String::from);
    let width = |i: usize| rows.iter().map(|r| r.cells[i].chars().count()).max().unwrap_or(0).max(titles[i].len());
    let (o, s, t) = (width(0), width(1), width(2));
    let line = |[a, b, c, d]: &[String; 4]| format!("{a:>o$}  {b:>s$}  {c:<t$}  {d}").trim_end().to_string();
    let _ = writeln!(out, "    {}", paint(FAINT, &line(&titles)));
    for row in rows {
        let text = format!("  {} {}", row.mark, line(&row.cells));
        let style = match row.mark {
            '+' => ADDED,
            '-' => REMOVED,
            '~' => CHANGED,
            _ => FAINT,
        };
        let _ = writeln!(out, "{}", paint(style, &text));
    }
}

fn section<T>(
    out: &mut String,
    title: &str,
    mark: char,
    items: &[OneSided<T>],
    describe: impl Fn(&OneSided<T>) -> String,
) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "{}", paint(STRONG, &format!("{title} ({})", items.len())));
    let style = if mark == '+' { ADDED } else { REMOVED };
    for item in items {
        let words = describe(item) + domain_words(item.domain);
        line(out, mark, &paint(style, &words), &item.origin);
    }
}

fn line(out: &mut String, mark: char, words: &str, origin: &Origin) {
    let origin = origin_words(origin).map(|w| format!("   {}", paint(FAINT, &w))).unwrap_or_default();
    let _ = writeln!(out, "  {mark} {words}{origin}");
}

fn values<T>(out: &mut String, what: &str, values: &Values<T>, show: impl Fn(&T) -> String) {
    if !values.changed.is_empty() {
        let _ = writeln!(out, "{}", paint(STRONG, &format!("Changed {what} ({})", values.changed.len())));
        for v in &values.changed {
            let words = format!("{}   {} -> {}{}", v.name, show(&v.base), show(&v.next), domain_words(v.domain));
            line(out, '~', &paint(CHANGED, &words), &v.origin);
        }
    }
    let describe = |v: &OneSided<T>| format!("{}   {}", v.name, show(&v.value));
    section(out, &format!("Added {what}"), '+', &values.added, describe);
    section(out, &format!("Removed {what}"), '-', &values.removed, describe);
}
