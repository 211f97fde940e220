//! A record as pahole shows it: fields with offsets and sizes, and the holes between them.

use super::style::{CHANGED, FAINT, STRONG, paint};
use crate::diff::{extent, holes};
use crate::model::{Field, Record};
use std::fmt::Write;

/// The record in C, each field with its offset and size in bytes.
pub fn record(name: &str, r: &Record) -> String {
    let kind = if r.union { "union" } else { "struct" };
    let mut out = String::new();
    let _ = writeln!(out, "{}", paint(FAINT, &format!("/* {} */", r.source)));
    let _ = writeln!(out, "{kind} {} {{", paint(STRONG, name));
    let declared: Vec<String> = r.fields.iter().map(declaration).collect();
    let width = declared.iter().map(|d| d.chars().count()).max().unwrap_or(0).min(60);
    let holes = holes(r);
    let hole_at = |end: u64| holes.iter().find(|h| h.0 == end);
    let hole = |out: &mut String, end: u64| {
        if let Some(&(from, to)) = hole_at(end) {
            let what = if to == r.size { "padding" } else { "hole" };
            let bytes = if to - from == 1 { "byte" } else { "bytes" };
            let _ = writeln!(out, "    {}", paint(CHANGED, &format!("/* {} {bytes} {what} at {from} */", to - from)));
        }
    };
    let mut end = 0;
    if !r.fields.is_empty() {
        hole(&mut out, 0);
    }
    for (field, declared) in r.fields.iter().zip(&declared) {
        let place = match (field.bits, field.bit_offset) {
            (Some(bits), Some(at)) => format!("/* {:>5}.{} {bits:>5} bits */", at / 8, at % 8),
            _ => format!("/* {:>5} {:>6} */", field.offset, field.size),
        };
        let _ = writeln!(out, "    {declared:<width$}  {}", paint(FAINT, &place));
        let to = extent(field).1;
        if to > end && !r.union {
            end = to;
            hole(&mut out, end);
        }
    }
    let lost: u64 = holes.iter().map(|h| h.1 - h.0).sum();
    let lost = if lost == 0 { String::new() } else { format!(", {lost} of them padding") };
    let _ = writeln!(out, "}};{}", paint(FAINT, &format!("  /* {} bytes{lost}, aligned to {} */", r.size, r.align)));
    out
}

/// `NvU32 name[4];`
fn declaration(field: &Field) -> String {
    let (base, dimensions) = match field.ty.find('[') {
        Some(at) => field.ty.split_at(at),
        None => (field.ty.as_str(), ""),
    };
    let name = if field.name.is_empty() { "/* unnamed */" } else { &field.name };
    let bits = field.bits.map(|b| format!(" : {b}")).unwrap_or_default();
    let space = if base.ends_with('*') { "" } else { " " };
    format!("{base}{space}{name}{dimensions}{bits};")
}
