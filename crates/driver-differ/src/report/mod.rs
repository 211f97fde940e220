//! Results in forms for people: terminal text and Markdown. JSON is the types' own serialisation.

mod fields;
pub mod markdown;
pub mod ranges;
pub mod record;
pub mod style;
pub mod text;

use crate::diff::{Diff, Origin};

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

/// One line that counts everything.
pub fn summary(diff: &Diff) -> String {
    let s = &diff.summary;
    let one = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}"));
    let parts = [
        one(s.layout, "layout"),
        one(s.padding_became_field, "padding became a field"),
        one(s.retyped, "retyped"),
        one(s.renamed_only, "renamed only"),
        one(s.record_renamed, "record renamed"),
        one(s.moved, "moved to another header"),
        one(s.added, "added"),
        one(s.removed, "removed"),
        one(s.constants_changed, "constants changed"),
        one(s.constants_added, "constants added"),
        one(s.constants_removed, "constants removed"),
        one(s.aliases, "aliases changed"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        return format!("no difference in {} names compared", s.compared);
    }
    let work = if s.needs_work == 1 { "1 needs work".to_string() } else { format!("{} need work", s.needs_work) };
    format!("{}; {work}; {} names compared", parts.join(", "), s.compared)
}

/// A constant as its readers know it: numbers of commands and classes in hexadecimal.
pub(crate) fn number(value: i128) -> String {
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
