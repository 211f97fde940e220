//! What a change means for a proxy that forwards the record.

use super::{Origin, RecordKind};
use crate::model::{Domain, Field, Record, base_type};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a change means for a proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Meaning {
    /// It holds neither a pointer nor a file descriptor, before and after: it can be forwarded as it is.
    StillSimple,
    /// It holds the same pointers and descriptors as before.
    AsBefore,
    /// Pointers came in, which must be translated.
    GainedPointer {
        /// Record and field of each.
        fields: Vec<String>,
    },
    /// What looks like a file descriptor by its name came in, and must be translated.
    GainedDescriptor {
        /// Record and field of each.
        fields: Vec<String>,
    },
    /// Pointers or descriptors went; a handler may have become needless.
    Lost {
        /// Record and field of each.
        fields: Vec<String>,
    },
}

impl Meaning {
    /// In words, for people.
    pub fn words(&self) -> String {
        match self {
            Self::StillSimple => "still simple".into(),
            Self::AsBefore => "pointers and descriptors as before".into(),
            Self::GainedPointer { fields } => format!("gained a pointer: {}", fields.join(", ")),
            Self::GainedDescriptor { fields } => format!("gained a file descriptor: {}", fields.join(", ")),
            Self::Lost { fields } => format!("lost a pointer or descriptor: {}", fields.join(", ")),
        }
    }

    /// Whether a proxy must not take the change over without a decision.
    pub fn needs_work(&self) -> bool {
        !matches!(self, Self::StillSimple | Self::AsBefore)
    }
}

/// Whether the type is a pointer, as C has them or as NVIDIA's 64-bit wrapper.
pub fn is_pointer(field: &Field) -> bool {
    let element = field.ty.split('[').next().unwrap_or_default().trim_end();
    element.ends_with('*') || base_type(&field.ty) == "NvP64"
}

/// Whether the name says that it is a file descriptor: one of its words is `fd`.
pub fn is_descriptor(field: &Field) -> bool {
    words(&field.name).any(|w| matches!(w.as_str(), "fd" | "fds" | "filedescriptor"))
}

/// The words of a name in camel case or with underscores, in lower case.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words: Vec<String> = Vec::new();
    let mut lower_before = false;
    for c in name.chars() {
        if c == '_' || c.is_ascii_digit() {
            lower_before = false;
            words.push(String::new());
            continue;
        }
        let begins = words.is_empty() || (c.is_ascii_uppercase() && lower_before);
        if begins {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut() {
            last.push(c.to_ascii_lowercase());
        }
        lower_before = c.is_ascii_lowercase();
    }
    words.into_iter()
}

/// Pointers and descriptors of records, those of nested records included.
pub(super) struct Indirections<'a> {
    domain: &'a Domain,
    known: BTreeMap<&'a str, Found>,
}

#[derive(Clone, Default)]
struct Found {
    pointers: BTreeSet<String>,
    descriptors: BTreeSet<String>,
}

impl<'a> Indirections<'a> {
    pub(super) fn new(domain: &'a Domain) -> Self {
        Self { domain, known: BTreeMap::new() }
    }

    /// A record that contains itself through a pointer is visited once: `known` holds it from the start.
    fn of(&mut self, name: &'a str, record: &'a Record, depth: usize) -> Found {
        if let Some(found) = self.known.get(name) {
            return found.clone();
        }
        self.known.insert(name, Found::default());
        let mut found = Found::default();
        for field in &record.fields {
            let label = || format!("{}.{}", name, if field.name.is_empty() { "(unnamed)" } else { &field.name });
            if is_pointer(field) {
                found.pointers.insert(label());
            } else if is_descriptor(field) {
                found.descriptors.insert(label());
            } else if depth < MOST_NESTED
                && let Some((name, nested)) = self.domain.records.get_key_value(base_type(&field.ty))
            {
                let inner = self.of(name, nested, depth + 1);
                found.pointers.extend(inner.pointers);
                found.descriptors.extend(inner.descriptors);
            }
        }
        self.known.insert(name, found.clone());
        found
    }
}

/// Records within records; the front end allows no deeper nesting of types.
const MOST_NESTED: usize = 256;

/// What the change from one form to the other means. Fields are compared without the record's own name, which may
/// have changed.
pub(super) fn meaning<'a>(
    base: &mut Indirections<'a>,
    next: &mut Indirections<'a>,
    (base_name, base_record): (&'a str, &'a Record),
    (next_name, next_record): (&'a str, &'a Record),
    kind: RecordKind,
) -> Meaning {
    let (before, after) = (base.of(base_name, base_record, 0), next.of(next_name, next_record, 0));
    let count = |f: &Found| f.pointers.len() + f.descriptors.len();
    if count(&before) + count(&after) == 0 {
        return Meaning::StillSimple;
    }
    // A renamed field is not a gained one.
    if matches!(kind, RecordKind::RenamedOnly | RecordKind::RecordRenamed | RecordKind::Moved)
        && count(&before) == count(&after)
    {
        return Meaning::AsBefore;
    }
    let gained = |a: &BTreeSet<String>, b: &BTreeSet<String>| b.difference(a).cloned().collect::<Vec<_>>();
    let pointers = gained(&before.pointers, &after.pointers);
    let descriptors = gained(&before.descriptors, &after.descriptors);
    let mut lost = gained(&after.pointers, &before.pointers);
    lost.extend(gained(&after.descriptors, &before.descriptors));
    match (pointers.is_empty(), descriptors.is_empty(), lost.is_empty()) {
        (false, _, _) => Meaning::GainedPointer { fields: pointers },
        (_, false, _) => Meaning::GainedDescriptor { fields: descriptors },
        (_, _, false) => Meaning::Lost { fields: lost },
        _ => Meaning::AsBefore,
    }
}

/// What to edit, in one sentence.
pub(super) fn advice(kind: RecordKind, meaning: &Meaning, origin: &Origin, proxied: bool) -> String {
    let from = match (origin.introduced_in, origin.undone) {
        (Some(v), false) => format!("from {v} on"),
        (Some(v), true) => format!("for the branch of {v} alone"),
        (None, _) => "from the newer side on".to_string(),
    };
    if !proxied {
        return "no entry of the proxy passes it".into();
    }
    match (meaning, kind) {
        (Meaning::GainedPointer { fields }, _) => {
            format!("give it a handler {from}: {} must be translated", fields.join(", "))
        }
        (Meaning::GainedDescriptor { fields }, _) => {
            format!("give it a handler {from}: {} must be translated", fields.join(", "))
        }
        (Meaning::Lost { fields }, _) => {
            format!("see whether it still needs its handler {from}: {} went", fields.join(", "))
        }
        (_, RecordKind::Layout) => format!("add the new layout {from}; how it is handled stays"),
        (_, RecordKind::PaddingBecameField) => format!("add the field to the layout {from}; size and offsets stay"),
        (_, RecordKind::Retyped) => {
            format!("change the field's type {from} if it has another meaning; the layout stays")
        }
        (_, RecordKind::RenamedOnly) => format!("rename the field {from}, so that it can be found; the layout stays"),
        (_, RecordKind::RecordRenamed) => format!("use the new name {from}; the layout stays"),
        (_, RecordKind::Moved) => "nothing to edit".into(),
    }
}
