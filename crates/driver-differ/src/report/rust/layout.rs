//! One record's definition in the form of the macro `abi!` of `nvproxy::abi`.

use crate::diff::holes;
use crate::model::{Domain, Field, Record};
use std::fmt::Write;

/// The proxy's scalar types that have NVIDIA's names.
const SCALARS: [&str; 12] =
    ["NvU8", "NvU16", "NvU32", "NvU64", "NvS16", "NvS32", "NvV32", "NvBool", "NvHandle", "NvP64", "NV_STATUS", "c_int"];

/// Words of Rust that can be names in C.
const KEYWORDS: [&str; 36] = [
    "abstract", "as", "async", "await", "become", "box", "crate", "dyn", "false", "final", "fn", "gen", "impl", "in",
    "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "self", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "where",
];

/// The definition's head behind the name, and its fields. `nested` names the type of a record within this one.
///
/// What Rust cannot hold is written so that the definition does not compile: a type without a counterpart as it stands
/// in C, and bit-fields each as its whole type.
pub(super) fn body(record: &Record, domain: &Domain, nested: &mut dyn FnMut(&str) -> String) -> String {
    let mut out = record.size.to_string();
    if record.union {
        let _ = write!(out, " align {}", record.align);
    }
    out.push_str(" {\n");
    let mut holes = holes(record).into_iter().enumerate().peekable();
    for (index, field) in record.fields.iter().enumerate() {
        while let Some((n, (from, to))) = holes.next_if(|(_, hole)| field.bits.is_none() && hole.0 < field.offset) {
            let _ = writeln!(out, "    _pad{n}: [NvU8; {}],", to - from);
        }
        let bits = field.bits.map(|bits| format!(" // bit-field of {bits}")).unwrap_or_default();
        let _ = writeln!(out, "    {}: {},{bits}", field_name(field, index), field_type(field, domain, nested));
    }
    for (n, (from, to)) in holes {
        let _ = writeln!(out, "    _pad{n}: [NvU8; {}],", to - from);
    }
    out + "}\n"
}

fn field_name(field: &Field, index: usize) -> String {
    match field.name.as_str() {
        "" => format!("unnamed_{index}"),
        name if KEYWORDS.contains(&name) => format!("r#{name}"),
        name => name.to_string(),
    }
}

fn field_type(field: &Field, domain: &Domain, nested: &mut dyn FnMut(&str) -> String) -> String {
    let (mut base, mut dimensions) = dimensions(&field.ty);
    // Aliases of aliases come to an end; were they to go round, so would this.
    for _ in 0..domain.aliases.len() {
        let Some(alias) = domain.aliases.get(base).filter(|_| !SCALARS.contains(&base)) else { break };
        let (target, more) = self::dimensions(&alias.ty);
        base = target;
        dimensions.extend(more);
    }
    let element = match domain.records.contains_key(base) {
        _ if SCALARS.contains(&base) => base.to_string(),
        _ if base.ends_with('*') => "NvP64".to_string(),
        true => nested(base),
        false => scalar(base, field.size / dimensions.iter().product::<u64>().max(1)),
    };
    dimensions.iter().rev().fold(element, |element, count| format!("[{element}; {count}]"))
}

/// `T[2][3]` as `T` and 2, 3.
fn dimensions(ty: &str) -> (&str, Vec<u64>) {
    let (mut base, mut dimensions) = (ty, Vec::new());
    while let Some((rest, count)) = base.strip_suffix(']').and_then(|t| t.rsplit_once('[')) {
        dimensions.insert(0, count.parse().unwrap_or(0));
        base = rest;
    }
    (base.trim_end(), dimensions)
}

/// C's own types and enumerations, by their size in bytes.
fn scalar(c: &str, size: u64) -> String {
    match c {
        "int" => "c_int".to_string(),
        "char" => "NvU8".to_string(),
        _ if c.starts_with("enum ") || c.starts_with("unsigned ") => format!("NvU{}", size * 8),
        "signed char" | "short" | "long" | "long long" => format!("NvS{}", size * 8),
        other => other.to_string(),
    }
}
