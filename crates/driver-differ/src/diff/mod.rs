//! What changed between two ABIs, where it came in, and what it means for a proxy.

mod compare;
mod fields;
mod meaning;
pub mod origin;

pub use compare::compare;
pub(crate) use compare::side_by_side;
pub use fields::{FieldKind, Line, align, extent, holes};
pub use meaning::{Meaning, is_descriptor, is_pointer};

use crate::model::{Alias, DomainName, Record};
use serde::Serialize;
use version_tree::DriverVersion;

/// The version of the JSON form.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that differs.
#[derive(Debug, Clone, Serialize)]
pub struct Diff {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The older side, as it was asked for.
    pub base: String,
    /// The newer side.
    pub next: String,
    /// Structs and unions.
    pub records: Records,
    /// Integer constants.
    pub constants: Values<i128>,
    /// Typedefs of anything else.
    pub aliases: Values<Alias>,
    /// Counts of the above.
    pub summary: Summary,
}

/// Structs and unions that differ.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Records {
    /// On both sides, but different.
    pub changed: Vec<RecordChange>,
    /// On the newer side alone.
    pub added: Vec<OneSided<Record>>,
    /// On the older side alone.
    pub removed: Vec<OneSided<Record>>,
}

/// Constants or aliases that differ.
#[derive(Debug, Clone, Serialize)]
pub struct Values<T> {
    /// On both sides, but different.
    pub changed: Vec<ValueChange<T>>,
    /// On the newer side alone.
    pub added: Vec<OneSided<T>>,
    /// On the older side alone.
    pub removed: Vec<OneSided<T>>,
}

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self { changed: Vec::new(), added: Vec::new(), removed: Vec::new() }
    }
}

/// Where a difference came in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The release on the way from base to next from which next's form holds; for what was changed on base's own
    /// branch only, the release that changed it there. None where the way is not known.
    pub introduced_in: Option<DriverVersion>,
    /// Every release on the way that changed it, if there is more than one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<DriverVersion>,
    /// The change stands on base's branch, which next does not descend from: on the way to next it is undone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub undone: bool,
}

/// A record that differs.
#[derive(Debug, Clone, Serialize)]
pub struct RecordChange {
    /// Its name; where it was renamed, the new one.
    pub name: String,
    /// Its name on the older side, if that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// The headers it stands in.
    pub domain: DomainName,
    /// The weightiest change.
    pub kind: RecordKind,
    /// Where it came in.
    #[serde(flatten)]
    pub origin: Origin,
    /// What it means for a proxy.
    pub meaning: Meaning,
    /// The older form.
    pub base: Record,
    /// The newer form.
    pub next: Record,
    /// Fields that differ.
    pub fields: Vec<FieldChange>,
    /// Names of the proxy's entries that pass it, directly or within another record.
    pub used_by: Vec<String>,
    /// What to edit.
    pub advice: String,
}

/// What kind of change a record underwent, from the weightiest down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordKind {
    /// Sizes, offsets or the set of fields differ.
    Layout,
    /// A field came in where padding was; all else is in its place.
    PaddingBecameField,
    /// Types are written differently, with the same sizes.
    Retyped,
    /// Field names alone differ.
    RenamedOnly,
    /// The record's own name alone differs.
    RecordRenamed,
    /// The header that defines it, alone.
    Moved,
}

impl RecordKind {
    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Layout => "layout",
            Self::PaddingBecameField => "padding became a field",
            Self::Retyped => "retyped",
            Self::RenamedOnly => "renamed only",
            Self::RecordRenamed => "record renamed",
            Self::Moved => "moved to another header",
        }
    }
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// How.
    pub kind: FieldKind,
    /// The older form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<crate::model::Field>,
    /// The newer form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<crate::model::Field>,
}

/// Something that stands on one side alone.
#[derive(Debug, Clone, Serialize)]
pub struct OneSided<T> {
    /// Its name.
    pub name: String,
    /// The headers it stands in.
    pub domain: DomainName,
    /// Where it came in or went.
    #[serde(flatten)]
    pub origin: Origin,
    /// What it is.
    pub value: T,
    /// Names of the proxy's entries that pass it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
}

/// A constant or alias that differs.
#[derive(Debug, Clone, Serialize)]
pub struct ValueChange<T> {
    /// Its name.
    pub name: String,
    /// The headers it stands in.
    pub domain: DomainName,
    /// Where it came in.
    #[serde(flatten)]
    pub origin: Origin,
    /// The older value.
    pub base: T,
    /// The newer value.
    pub next: T,
    /// The proxy's entry of this name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<String>,
}

/// How much differs, and how much was compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Records, aliases and constants on either side.
    pub compared: usize,
    /// Records by [`RecordKind`].
    pub layout: usize,
    /// See [`RecordKind::PaddingBecameField`].
    pub padding_became_field: usize,
    /// See [`RecordKind::Retyped`].
    pub retyped: usize,
    /// See [`RecordKind::RenamedOnly`].
    pub renamed_only: usize,
    /// See [`RecordKind::RecordRenamed`].
    pub record_renamed: usize,
    /// See [`RecordKind::Moved`].
    pub moved: usize,
    /// Records on the newer side alone.
    pub added: usize,
    /// Records on the older side alone.
    pub removed: usize,
    /// Constants with another value.
    pub constants_changed: usize,
    /// Constants on the newer side alone.
    pub constants_added: usize,
    /// Constants on the older side alone.
    pub constants_removed: usize,
    /// Aliases that differ, on either side.
    pub aliases: usize,
    /// Changes that a proxy cannot take over without a decision.
    pub needs_work: usize,
}

impl Diff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        let Self { records, constants, aliases, .. } = self;
        let values = [constants.changed.len(), constants.added.len(), constants.removed.len()];
        let more = [aliases.changed.len(), aliases.added.len(), aliases.removed.len()];
        let records = [records.changed.len(), records.added.len(), records.removed.len()];
        values.into_iter().chain(more).chain(records).all(|n| n == 0)
    }
}
