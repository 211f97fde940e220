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

/// The size of a struct in bytes and every field of it, those of nested structs (once for an array of them) after the one
/// that holds them.
///
/// # Errors
/// The headers do not define the struct, or what it is made of.
pub fn fields<'d>(domain: &'d Domain, name: &'d str) -> Result<(u64, Vec<CField<'d>>), String> {
    let Some(Class::Record(names)) = Class::of(domain, name) else {
        return Err(format!("the headers do not define the struct {name}"));
    };
    let mut found = Vec::new();
    walk(domain, &names, &mut String::new(), 0, DEPTH_MAX, &mut found)?;
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
