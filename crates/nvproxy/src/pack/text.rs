//! A pack as a file: TOML, one entry to a line, in the order of the numbers.

use super::{Entry, FORMAT, Form, Pack, PackError, Place};
use crate::abi::Table;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use version_tree::DriverVersion;

/// The largest text that is taken for a pack, in bytes: over ten times what the newest release takes.
pub(super) const TEXT_MAX: u64 = 1 << 20;
/// The most entries of a table. The largest has some 250.
const ENTRIES_MAX: usize = 4096;
/// The most structs of an entry, which the size tells apart. Rows have two at most.
const FORMS_MAX: usize = 8;
/// The most fields of a struct that a row can name.
const FIELDS_MAX: usize = 256;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "format")]
    _format: u32,
    release: DriverVersion,
    ancestor: DriverVersion,
    learned_with: String,
    #[serde(default)]
    frontend: BTreeMap<String, Entry>,
    #[serde(default)]
    uvm: BTreeMap<String, Entry>,
    #[serde(default)]
    control: BTreeMap<String, Entry>,
    #[serde(default)]
    alloc: BTreeMap<String, Entry>,
}

/// What every file is asked first, because its answer decides how the rest is to be read.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

impl Pack {
    /// Reads a pack, whatever it was made by.
    ///
    /// # Errors
    /// It is not one, or not one for this build. Whether its entries fit the compiled rows is found out by
    /// [`apply`](Self::apply).
    pub fn parse(text: &str) -> Result<Self, PackError> {
        if text.len() as u64 > TEXT_MAX {
            return Err(PackError::TooLarge { bytes: text.len() as u64, limit: TEXT_MAX });
        }
        let malformed = |error| PackError::malformed(text, &error);
        let Head { format } = toml::from_str(text).map_err(malformed)?;
        if format != FORMAT {
            return Err(PackError::Format { found: format, known: FORMAT });
        }
        let file = toml::from_str(text).map_err(malformed)?;
        let File { _format, release, ancestor, learned_with, frontend, uvm, control, alloc } = file;
        check_version(&learned_with)?;
        let tables = [frontend, uvm, control, alloc];
        for entries in &tables {
            if entries.len() > ENTRIES_MAX {
                return Err(PackError::TooMany { what: "entries in a table", limit: ENTRIES_MAX });
            }
            let mut numbers: BTreeMap<u32, &str> = BTreeMap::new();
            for (name, entry) in entries {
                let number = entry.number;
                if let Some(first) = numbers.insert(number, name) {
                    return Err(PackError::Twice { number, first: first.to_owned(), second: name.clone() });
                }
                if entry.forms.len() > FORMS_MAX {
                    return Err(PackError::TooMany { what: "structs for an entry", limit: FORMS_MAX });
                }
                if entry.forms.iter().any(|form| form.fields.len() > FIELDS_MAX) {
                    return Err(PackError::TooMany { what: "fields in a struct", limit: FIELDS_MAX });
                }
            }
        }
        Ok(Self { release, ancestor, learned_with, tables })
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let Self { release, ancestor, learned_with, tables } = self;
        let mut out = format!(
            "# What NVIDIA driver {release} has of the entries that nvproxy lets through at {ancestor}, read from its\n\
             # headers by `gpu-tools learn`. For each struct its size in bytes, and for each field that the proxy has to\n\
             # know [offset, size]. An entry with `like` has the form that nvproxy knows from that release instead of\n\
             # {ancestor}. An entry with `left_out` is not let through at this release.\n\
             format = {FORMAT}\nrelease = \"{release}\"\nancestor = \"{ancestor}\"\nlearned_with = {}\n",
            quoted(learned_with)
        );
        for table in Table::ALL {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "\n[{}]", table.as_str());
            let mut entries: Vec<(&String, &Entry)> = tables[table as usize].iter().collect();
            entries.sort_by_key(|(_, entry)| entry.number);
            for (name, entry) in entries {
                let _ = writeln!(out, "{} = {{ {} }}", key(name), entry.line(table).join(", "));
            }
        }
        out
    }
}

/// Whether the pack's program was not newer than this one, as far as its interface goes: major and minor version.
fn check_version(text: &str) -> Result<(), PackError> {
    let own = env!("CARGO_PKG_VERSION");
    let parse = |text: &str| {
        let mut parts = text.split('.').map(|part| part.parse::<u64>().ok());
        Some((parts.next()??, parts.next()??))
    };
    let pack = parse(text).ok_or_else(|| PackError::LearnedWith(text.to_owned()))?;
    match parse(own) {
        Some(own_parts) if pack > own_parts => Err(PackError::Newer { pack: text.to_owned(), own }),
        _ => Ok(()),
    }
}

impl Entry {
    fn line(&self, table: Table) -> Vec<String> {
        let mut parts = vec![match table {
            Table::Uvm => format!("number = {}", self.number),
            _ => format!("number = {:#x}", self.number),
        }];
        parts.extend(self.like.map(|like| format!("like = \"{like}\"")));
        if let Some(why) = &self.left_out {
            parts.push(format!("left_out = {}", quoted(why)));
        }
        if !self.forms.is_empty() {
            let forms: Vec<String> = self.forms.iter().map(Form::text).collect();
            parts.push(format!("forms = [{}]", forms.join(", ")));
        }
        parts
    }
}

impl Form {
    fn text(&self) -> String {
        let mut out = format!("{{ struct = {}, size = {}", quoted(&self.name), self.size);
        if !self.fields.is_empty() {
            let mut fields: Vec<(&String, &Place)> = self.fields.iter().collect();
            fields.sort_by_key(|(_, place)| place.offset);
            let fields: Vec<String> = fields
                .into_iter()
                .map(|(path, place)| format!("{} = [{}, {}]", key(path), place.offset, place.size))
                .collect();
            // Writing to a string cannot fail.
            let _ = write!(out, ", fields = {{ {} }}", fields.join(", "));
        }
        out + " }"
    }
}

/// A key as TOML writes it: bare where it can be.
fn key(text: &str) -> String {
    let bare = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if bare { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.replace(['\n', '\r'], " ")).to_string()
}
