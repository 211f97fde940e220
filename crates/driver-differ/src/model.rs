//! What a release's headers define: records, aliases and constants, as plain data.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The ABI of one release, or of any other set of headers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abi {
    /// Headers of the resource manager and of `/dev/nvidiactl` and `/dev/nvidia#`.
    pub nonuvm: Domain,
    /// Headers of `/dev/nvidia-uvm`: apart, because some names stand in both with different meanings.
    pub uvm: Domain,
}

/// Which of the two sets of headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DomainName {
    /// [`Abi::nonuvm`].
    Nonuvm,
    /// [`Abi::uvm`].
    Uvm,
}

impl DomainName {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Nonuvm, Self::Uvm];

    /// As in machine-readable output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nonuvm => "nonuvm",
            Self::Uvm => "uvm",
        }
    }
}

impl Abi {
    /// One of the two sets.
    pub fn domain(&self, name: DomainName) -> &Domain {
        match name {
            DomainName::Nonuvm => &self.nonuvm,
            DomainName::Uvm => &self.uvm,
        }
    }

    /// One of the two sets.
    pub fn domain_mut(&mut self, name: DomainName) -> &mut Domain {
        match name {
            DomainName::Nonuvm => &mut self.nonuvm,
            DomainName::Uvm => &mut self.uvm,
        }
    }
}

/// What one translation unit defines, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Structs and unions, under each typedef's name and each tag. An unnamed one is `PARENT::FIELD_t`, or
    /// `PARENT::@INDEX_t` where the field has no name either.
    pub records: BTreeMap<String, Record>,
    /// Typedefs of anything else.
    pub aliases: BTreeMap<String, Alias>,
    /// Object-like macros that are integer constant expressions, with C's value: `~0U` is 4294967295.
    pub constants: BTreeMap<String, i128>,
}

/// The layout of a struct or union on x86-64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Size in bytes.
    pub size: u64,
    /// Alignment in bytes.
    pub align: u64,
    /// Whether it is a union.
    pub union: bool,
    /// The header that defines it, with the line (`path:line`) where headers were read; the catalogue has the
    /// path alone. Relative to the release's root.
    pub source: String,
    /// In the order of declaration.
    pub fields: Vec<Field>,
}

impl Record {
    /// Whether both have the same layout, names and types, wherever they are defined.
    pub fn same_layout(&self, other: &Self) -> bool {
        (self.size, self.align, self.union) == (other.size, other.align, other.union) && self.fields == other.fields
    }

    /// The header's path, without the line.
    pub fn header(&self) -> &str {
        match self.source.rsplit_once(':') {
            Some((path, line)) if line.bytes().all(|b| b.is_ascii_digit()) => path,
            _ => &self.source,
        }
    }
}

/// A member of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Empty for an unnamed struct or union.
    pub name: String,
    /// As in C, qualifiers left out, arrays as `T[n][m]`.
    #[serde(rename = "type")]
    pub ty: String,
    /// In bytes from the record's start; 0 for a bit-field, which has a `bit_offset`.
    pub offset: u64,
    /// In bytes; a bit-field's is that of its type.
    pub size: u64,
    /// Width of a bit-field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<u64>,
    /// First bit of a bit-field, from the record's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bit_offset: Option<u64>,
}

/// A typedef of something other than a struct or union.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// What it stands for.
    #[serde(rename = "type")]
    pub ty: String,
    /// In bytes.
    pub size: u64,
}

/// The name of the record or alias that a type is made of: the type without its arrays and pointers.
pub fn base_type(ty: &str) -> &str {
    let ty = ty.split('[').next().unwrap_or(ty);
    ty.trim_end_matches(['*', ' '])
}
