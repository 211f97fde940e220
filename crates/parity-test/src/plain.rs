//! What a struct of the headers holds, of which the proxy has another form or none: where its fields lie, and whether
//! those that nothing is done about hold neither a pointer nor a descriptor. [`indirect`](crate::indirect) asks the same
//! of the proxy's own structs, by the same rules.

use crate::c_type::Class;
use crate::indirect::{Kind, covers, suspicion, wrong};
use crate::reviewed::Reviewed;
use driver_differ::model::Domain;
use nvproxy::abi::Param;

/// A field of a struct, or of a struct within it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CField<'d> {
    /// Its path, as C writes it.
    pub path: String,
    /// The names of the struct that it is directly in.
    pub records: Vec<&'d str>,
    /// In bytes from the beginning of the outermost struct.
    pub offset: u64,
    /// In bytes.
    pub size: u64,
    /// What it holds.
    pub class: Class<'d>,
}

impl CField<'_> {
    /// Its name.
    fn name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }
}

/// How deep structs may lie within one another. NVIDIA's do to a depth of some eight.
const DEPTH_MAX: usize = 64;

/// How many fields a struct may have, those of nested structs counted: a struct that holds two of another, which holds
/// two of a third, and so on, has twice as many with every level. NVIDIA's structs that the proxy passes have 172 at most.
const FIELDS_MAX: usize = 1 << 14;

/// How long a field's path may be, in bytes. NVIDIA's have 65 at most.
const PATH_MAX: usize = 1 << 10;

/// The size of a struct in bytes and every field of it, those of nested structs (once for an array of them) after the one
/// that holds them.
///
/// # Errors
/// The headers do not define the struct, or what it is made of, or it has more fields than any of NVIDIA's.
pub fn fields<'d>(domain: &'d Domain, name: &'d str) -> Result<(u64, Vec<CField<'d>>), String> {
    let Some(Class::Record(names)) = Class::of(domain, name) else {
        return Err(format!("the headers do not define the struct {name}"));
    };
    let mut found = Vec::new();
    walk(domain, &names, &mut String::new(), 0, DEPTH_MAX, &mut found).map_err(|why| format!("{name}: {why}"))?;
    let record = names.last().and_then(|name| domain.records.get(*name));
    record.map(|record| (record.size, found)).ok_or_else(|| format!("the headers do not lay out the struct {name}"))
}

fn walk<'d>(
    domain: &'d Domain,
    names: &[&'d str],
    path: &mut String,
    base: u64,
    depth: usize,
    found: &mut Vec<CField<'d>>,
) -> Result<(), String> {
    let record = names.last().and_then(|name| domain.records.get(*name));
    let (Some(record), Some(depth)) = (record, depth.checked_sub(1)) else {
        return Err(format!("{} cannot be looked into", names.join(", ")));
    };
    for field in &record.fields {
        let length = path.len();
        if length > 0 && !field.name.is_empty() {
            path.push('.');
        }
        path.push_str(&field.name);
        if found.len() >= FIELDS_MAX {
            return Err(format!("it has more than {FIELDS_MAX} fields"));
        }
        if path.len() > PATH_MAX {
            return Err(format!("a field's path in it has more than {PATH_MAX} bytes"));
        }
        let class = Class::of(domain, &field.ty)
            .ok_or_else(|| format!("the headers do not define {}, the type of {path}", field.ty))?;
        let mut element = &class;
        while let Class::Array(of, _) = element {
            element = of;
        }
        let inner = if let Class::Record(names) = element { Some(names.clone()) } else { None };
        let offset = base.saturating_add(field.offset);
        found.push(CField { path: path.clone(), records: names.to_vec(), offset, size: field.size, class });
        if let Some(names) = inner {
            walk(domain, &names, path, offset, depth, found)?;
        }
        path.truncate(length);
    }
    Ok(())
}

/// Every field that holds or may hold something that has to be translated, and for which none of `params` provides.
pub fn check(fields: &[CField<'_>], params: &[Param], reviewed: &[Reviewed]) -> Vec<String> {
    let mut findings = Vec::new();
    for field in fields {
        let provided =
            params.iter().find(|param| !matches!(param, Param::Dependency { .. }) && covers(param, &field.path));
        let verdict = reviewed
            .iter()
            .find(|item| item.field == field.name() && field.records.contains(&item.record))
            .map(|item| item.is);
        let wrong = wrong(verdict, provided, suspicion(field.name(), kind(&field.class)));
        findings.extend(wrong.map(|what| format!("{} {what}", field.path)));
    }
    findings
}

/// What a field holds, as far as that says whether it may have to be translated.
fn kind(class: &Class<'_>) -> Kind {
    match class {
        Class::Array(element, _) => kind(element),
        Class::Pointer => Kind::Pointer,
        Class::Handle => Kind::Handle,
        Class::Unsigned(size) => Kind::Unsigned(*size),
        Class::Signed(_) => Kind::Signed,
        Class::Record(_) | Class::Bool => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reviewed::{Is, REVIEWED};
    use driver_differ::model::{Field, Record};

    fn field(name: &str, ty: &str, offset: u64) -> Field {
        Field { name: name.to_owned(), ty: ty.to_owned(), offset, size: 8, bits: None, bit_offset: None }
    }

    fn record(fields: Vec<Field>) -> Record {
        Record { size: 16, align: 8, union: false, source: String::new(), fields }
    }

    fn domain(records: impl IntoIterator<Item = (String, Record)>) -> Domain {
        Domain { records: records.into_iter().collect(), ..Domain::default() }
    }

    /// Structs that hold two of the one before, which is how twenty lines of C make a million fields.
    #[test]
    fn a_struct_that_doubles_with_every_level_is_an_error_that_names_it() {
        let name = |level: usize| format!("LEVEL_{level}");
        let doubling = |level: usize| {
            let ty = if level == 0 { "unsigned long".to_owned() } else { name(level - 1) };
            (name(level), record(vec![field("a", &ty, 0), field("b", &ty, 8)]))
        };
        let levels = domain((0..40).map(doubling));
        assert_eq!(fields(&levels, "LEVEL_5").map(|(_, found)| found.len()), Ok(2 + 4 + 8 + 16 + 32 + 64));
        assert_eq!(fields(&levels, "LEVEL_39"), Err("LEVEL_39: it has more than 16384 fields".to_owned()));
    }

    #[test]
    fn a_field_with_a_long_path_is_an_error_that_names_the_struct() {
        let long = "x".repeat(600);
        let of_two = [
            ("INNER".to_owned(), record(vec![field(&long, "unsigned long", 0)])),
            ("OUTER".to_owned(), record(vec![field(&long, "INNER", 0)])),
        ];
        let error = "OUTER: a field's path in it has more than 1024 bytes".to_owned();
        assert_eq!(fields(&domain(of_two), "OUTER"), Err(error));
    }

    #[test]
    fn a_reviewed_number_that_became_a_pointer_is_found() {
        let item = REVIEWED.iter().find(|item| item.is == Is::Plain && item.field == "semaphoreAddress").unwrap();
        let of = |ty: &str| {
            let domain = domain([(item.record.to_owned(), record(vec![field(item.field, ty, 0)]))]);
            let (_, fields) = fields(&domain, item.record).unwrap();
            check(&fields, &[], REVIEWED)
        };
        assert_eq!(of("unsigned long"), [] as [String; 0]);
        assert_eq!(of("NvP64"), ["semaphoreAddress is a pointer"]);
    }
}
