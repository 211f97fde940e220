//! Records as Rust, in the form in which `crates/nvproxy/src/abi/structs` has them.

mod forms;
mod layout;

pub use forms::Key;

use crate::catalogue::{Catalogue, Error};
use crate::model::{Abi, DomainName};
use forms::Forms;
use std::collections::BTreeMap;
use std::fmt::Write;
use version_tree::DriverVersion;

/// Where the definitions belong, from the repository's root.
const STRUCTS: &str = "crates/nvproxy/src/abi/structs";

/// Writes definitions: knows every form that certain records, and those within them, have had in all releases.
pub struct Definitions(Forms);

/// A record's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// NVIDIA's name of the record.
    pub name: String,
    /// The header that first defined it, from the release's root.
    pub header: String,
    /// The file it belongs to, from the directory `structs`.
    pub file: String,
    /// `struct NAME: SIZE { .. }` on several lines.
    pub text: String,
}

impl Definitions {
    /// Of these records and those within them.
    ///
    /// # Errors
    /// The catalogue is damaged.
    pub fn of(catalogue: &Catalogue, records: impl IntoIterator<Item = Key>) -> Result<Self, Error> {
        Ok(Self(Forms::of(catalogue, records)?))
    }

    /// The definitions of all these records that the ABI of `release` has, in their order. A form that no release of
    /// the catalogue has gets its name from this one.
    pub fn define(&mut self, release: DriverVersion, abi: &Abi, records: &[Key]) -> Vec<Definition> {
        let held = self.0.held(abi);
        let mut definitions = Vec::new();
        for key @ (domain, name) in records {
            let Some(record) = abi.domain(*domain).records.get(name) else { continue };
            let rust = |name: &str| held.get(&(*domain, name.to_string())).map(|&form| self.0.name(form, release));
            let mut nested = |name: &str| rust(name).unwrap_or_else(|| name.to_string());
            let body = layout::body(record, abi.domain(*domain), &mut nested);
            let rust = nested(name);
            let c = if rust == *name { String::new() } else { format!(" = \"{name}\"") };
            let keyword = if record.union { "union" } else { "struct" };
            let header = self.0.header(key).unwrap_or(record.header());
            definitions.push(Definition {
                name: name.clone(),
                header: header.to_string(),
                file: file(*domain, header),
                text: format!("{keyword} {rust}{c}: {body}"),
            });
        }
        definitions
    }
}

/// The records of `next` whose definition `base` has not: those that came in, or changed themselves or in a record
/// within them. Each comes after those it refers to.
pub fn changed(base: &Abi, next: &Abi) -> Vec<Key> {
    let mut forms = Forms::default();
    let (base, next) = (forms.held(base), forms.held(next));
    let mut changed: Vec<(usize, Key)> =
        next.into_iter().filter(|(key, form)| base.get(key) != Some(form)).map(|(key, form)| (form, key)).collect();
    // A form is found after those within it.
    changed.sort();
    changed.into_iter().map(|(_, key)| key).collect()
}

/// Definitions as text to paste, file by file.
pub fn document(definitions: &[Definition]) -> String {
    let mut files: BTreeMap<&str, Vec<&Definition>> = BTreeMap::new();
    for definition in definitions {
        let file = files.entry(&definition.file).or_default();
        // Both sets of headers define some records alike.
        if !file.iter().any(|other| other.text == definition.text) {
            file.push(definition);
        }
    }
    let mut out = String::new();
    for (file, mut definitions) in files {
        definitions.sort_by(|a, b| a.header.cmp(&b.header));
        let _ = write!(out, "{}// {STRUCTS}/{file}\nabi! {{\n", if out.is_empty() { "" } else { "\n" });
        let mut header = "";
        for (index, definition) in definitions.into_iter().enumerate() {
            if index > 0 {
                out.push('\n');
            }
            // Control commands have a file for each header.
            if header != definition.header && !file.starts_with("ctrl/") {
                header = &definition.header;
                let _ = writeln!(out, "    // {}", short(header));
            }
            for line in definition.text.lines() {
                let _ = writeln!(out, "    {line}");
            }
        }
        out.push_str("}\n");
    }
    out
}

/// A header as one includes it.
fn short(header: &str) -> &str {
    let name = header.rsplit('/').next().unwrap_or(header);
    header.rsplit_once("/inc/").map_or(name, |(_, path)| path)
}

/// The file of definitions from a header.
fn file(domain: DomainName, header: &str) -> String {
    let name = short(header).strip_suffix(".h").unwrap_or(header);
    match name.split_once('/') {
        _ if domain == DomainName::Uvm => "uvm.rs".to_string(),
        Some(("ctrl", name)) => format!("ctrl/{}.rs", name.rsplit('/').next().unwrap_or(name)),
        Some((kind @ ("class" | "alloc"), _)) => format!("{kind}.rs"),
        None if name == "nvos" => "nvos.rs".to_string(),
        None if name.starts_with("nv-") => "nv_ioctl.rs".to_string(),
        _ => "sdk.rs".to_string(),
    }
}
