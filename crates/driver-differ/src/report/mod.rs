//! Results in forms for people: terminal text and Markdown, and Rust to paste. JSON is the types' own serialisation.

mod fields;
pub mod markdown;
mod padding;
pub mod ranges;
pub mod record;
pub mod rust;
pub mod style;
pub mod text;

use crate::diff::{Diff, Origin, RecordChange};

/// `introduced in V`, with what is worth knowing beside it.
pub(crate) fn origin_words(origin: &Origin) -> Option<String> {
    let release = origin.introduced_in?;
    let mut words = if origin.undone {
        format!("changed in {release}, on base's own branch")
    } else {
        format!("introduced in {release}")
    };
    let earlier: Vec<String> = origin.steps.iter().filter(|v| **v != release).map(ToString::to_string).collect();
    if !earlier.is_empty() {
        words.push_str(&format!(" (also changed in {})", earlier.join(", ")));
    }
    Some(words)
}

/// `1 byte`, `2 bytes`.
pub fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Size, and whatever else of a record's outside differs.
fn outside(c: &RecordChange, arrow: &str) -> Vec<String> {
    let mut words = Vec::new();
    if c.base.size == c.next.size {
        words.push(count(c.next.size, "byte"));
    } else {
        let by = i128::from(c.next.size) - i128::from(c.base.size);
        words.push(format!("{} {arrow} {} ({by:+})", c.base.size, count(c.next.size, "byte")));
    }
    if c.base.align != c.next.align {
        words.push(format!("aligned to {} {arrow} {}", c.base.align, c.next.align));
    }
    words
}

/// `struct`, `union`, or that it turned from the one into the other.
fn keyword(c: &RecordChange, arrow: &str) -> String {
    let word = |union: bool| if union { "union" } else { "struct" };
    let (base, next) = (word(c.base.union), word(c.next.union));
    if base == next { next.to_string() } else { format!("{base} {arrow} {next}") }
}

/// One line that counts everything.
pub fn summary(diff: &Diff) -> String {
    let s = &diff.summary;
    let some = |n: usize, one: &str, many: &str| (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { many }));
    let parts = [
        some(s.layout, "layout", "layouts"),
        some(s.padding_became_field, "padding became a field", "paddings became fields"),
        some(s.retyped, "retyped", "retyped"),
        some(s.renamed_only, "renamed only", "renamed only"),
        some(s.record_renamed, "record renamed", "records renamed"),
        some(s.moved, "moved to another header", "moved to other headers"),
        some(s.added, "record added", "records added"),
        some(s.removed, "record removed", "records removed"),
        some(s.constants_changed, "constant changed", "constants changed"),
        some(s.constants_added, "constant added", "constants added"),
        some(s.constants_removed, "constant removed", "constants removed"),
        some(s.aliases, "alias differs", "aliases differ"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let compared = count(s.compared as u64, "name");
    if parts.is_empty() {
        return format!("no difference in {compared} compared");
    }
    let work = match s.needs_work {
        0 => "none needs work".to_string(),
        1 => "1 needs work".to_string(),
        more => format!("{more} need work"),
    };
    format!("{}; {work}; {compared} compared", parts.join(", "))
}

/// A constant as its readers know it: numbers of commands and classes in hexadecimal.
pub fn number(value: i128) -> String {
    if value < 10 { value.to_string() } else { format!("{value:#x}") }
}

/// `path:31` and `path:33` as `file.h:31 -> :33`, the directory left out where both are in the same file.
pub(crate) fn sources(base: &str, next: &str) -> String {
    let file = |s: &str| s.rsplit('/').next().unwrap_or(s).to_string();
    let split = |s: &str| s.rsplit_once(':').map(|(f, l)| (f.to_string(), l.to_string()));
    match (split(base), split(next)) {
        _ if base == next => file(next),
        (Some((a, _)), Some((b, line))) if a == b => format!("{} -> :{line}", file(base)),
        _ if file(base) == file(next) => format!("{base} -> {next}"),
        _ => format!("{} -> {}", file(base), file(next)),
    }
}

/// Why something that the proxy knows by this name, or passes, cannot stay as it is.
fn work(needed: bool, used_by: &[String], name: &str, what: &str) -> Option<String> {
    match used_by {
        _ if !needed => None,
        [only] if only == name => Some(format!("needs work: the proxy's entry of this name {what}")),
        users => Some(format!("needs work: used by {}", users.join(", "))),
    }
}
