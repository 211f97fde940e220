//! The forms of a struct that changed: no two alike, and each named after the release that brought it.

use crate::{Proxy, proxy};
use nvproxy::abi::{Layout, Type};
use std::collections::{BTreeMap, BTreeSet};
use version_tree::{DriverVersion, Tree};

/// What one form is, and which releases have it.
#[derive(Debug, Clone)]
pub struct Form {
    /// The struct.
    pub layout: &'static Layout,
    /// Who has it.
    pub releases: BTreeSet<DriverVersion>,
}

/// Every form of every struct that these releases pass, those within others included, by its Rust name; and what is
/// wrong about that: two forms of one Rust name.
pub fn collect(proxies: &[Proxy]) -> (BTreeMap<&'static str, Form>, Vec<String>) {
    let mut forms = BTreeMap::new();
    let mut findings = BTreeSet::new();
    for proxy in proxies {
        let mut done = BTreeSet::new();
        for layout in proxy.layouts().map(|(_, _, _, layout)| layout).chain(proxy::ELEMENTS.map(|(layout, _)| layout)) {
            add(layout, proxy.version, &mut forms, &mut done, &mut findings);
        }
    }
    (forms, findings.into_iter().collect())
}

fn add(
    layout: &'static Layout,
    version: DriverVersion,
    forms: &mut BTreeMap<&'static str, Form>,
    done: &mut BTreeSet<(&'static str, *const Layout)>,
    findings: &mut BTreeSet<String>,
) {
    // By address too, lest a second of that name hide behind the first.
    if !done.insert((layout.rust_name, std::ptr::from_ref(layout))) {
        return;
    }
    let form = forms.entry(layout.rust_name).or_insert_with(|| Form { layout, releases: BTreeSet::new() });
    form.releases.insert(version);
    if !std::ptr::eq(form.layout, layout) && form.layout != layout {
        findings.insert(format!("{}: two structs of that name", layout.rust_name));
    }
    for record in layout.fields.iter().filter_map(|field| field.ty.record()) {
        add(record, version, forms, done, findings);
    }
}

/// What is wrong about the forms.
pub fn check(tree: &Tree, forms: &BTreeMap<&'static str, Form>) -> Vec<String> {
    let mut by_name: BTreeMap<&str, Vec<&Form>> = BTreeMap::new();
    for form in forms.values() {
        by_name.entry(form.layout.name).or_default().push(form);
    }
    let mut findings = Vec::new();
    for (name, forms) in &by_name {
        findings.extend(duplicates(forms));
        findings.extend(forms.iter().filter_map(|form| named_wrongly(tree, form, forms)));
        if !forms.iter().any(|form| form.layout.rust_name == plain(name)) {
            findings.push(format!("{name}: the first form has another name than {}", plain(name)));
        }
    }
    findings
}

fn duplicates(forms: &[&Form]) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, form) in forms.iter().enumerate() {
        for other in forms[..index].iter().filter(|other| same(form.layout, other.layout)) {
            findings.push(format!("{} is the same as {}", form.layout.rust_name, other.layout.rust_name));
        }
    }
    findings
}

/// Whether two structs have the same content, whatever they and those within are called in Rust.
fn same(one: &Layout, other: &Layout) -> bool {
    (one.size, one.align, one.union, one.fields.len()) == (other.size, other.align, other.union, other.fields.len())
        && one
            .fields
            .iter()
            .zip(other.fields)
            .all(|(a, b)| (a.name, a.offset) == (b.name, b.offset) && same_type(&a.ty, &b.ty))
}

fn same_type(one: &Type, other: &Type) -> bool {
    match (one, other) {
        (Type::Record(one), Type::Record(other)) => one.name == other.name && same(one, other),
        (Type::Array(one, count), Type::Array(other, length)) => count == length && same_type(one, other),
        _ => one == other,
    }
}

/// NVIDIA's name, as far as Rust allows it.
fn plain(name: &str) -> String {
    name.replace("::", "__").replace("__@", "__")
}

fn named_wrongly(tree: &Tree, form: &Form, siblings: &[&Form]) -> Option<String> {
    let name = form.layout.rust_name;
    let first_of = |form: &Form| form.releases.first().copied();
    let Some(suffix) = name.strip_prefix(&plain(form.layout.name)) else {
        return Some(format!("{name}: begins otherwise than {}", form.layout.name));
    };
    if suffix.is_empty() {
        let first = siblings.iter().filter_map(|sibling| first_of(sibling)).min();
        return (first_of(form) != first).then(|| format!("{name}: is not the first form of its struct"));
    }
    let Some(version) = suffix.strip_prefix("_V").and_then(|v| v.replace('_', ".").parse::<DriverVersion>().ok())
    else {
        return Some(format!("{name}: '{suffix}' names no release"));
    };
    let at_parent = tree.parent(version).is_some_and(|parent| form.releases.contains(&parent.version));
    match (form.releases.contains(&version), at_parent) {
        (true, false) => None,
        (true, true) => Some(format!("{name}: the parent of {version} has it already")),
        (false, _) => Some(format!("{name}: {version} does not have it")),
    }
}
