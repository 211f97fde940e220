//! Release packs: what a driver release has otherwise than the releases that this build knows, as a file.
//!
//! A new driver release often changes no more than a few structs. `gpu-tools learn` reads the headers of such a release
//! and writes down, for every entry that the nearest known ancestor has, whether the release still has it, how large its
//! parameters are, and where the fields lie that its row names. With such a pack a host is served whose driver is newer
//! than this build, and what is let through is proved by that driver's own headers.
//!
//! A pack can only take entries away, or say where their fields lie. It never allows what no compiled row allows:
//! capabilities, handling and names always come from a compiled row. An entry is left out, with a reason, where the
//! proxy's code was written for another form of its parameters, or where what a row says of a field does not fit. Where
//! a pack says that fields lie, the proxy believes it, so a pack is as trusted as the program that applies it. At a
//! release that this build has proved, nothing of a pack is believed: it can leave entries out, and nothing else.
//!
//! | item | subject |
//! |---|---|
//! | [`Pack`], [`Entry`], [`Form`] | what a pack says |
//! | [`Pack::parse`], [`Pack::to_text`] | the file: TOML, one entry to a line |
//! | [`Pack::apply`] | from a pack and the compiled tables to an [`Abi`] |
//! | [`named_fields`] | the fields that a pack says the places of |
//! | [`Packs`], [`Packs::serve`] | the directories that packs are loaded from; the tables of a release, with or without one |

mod apply;
mod compiled;
mod directory;
mod error;
mod limits;
mod relay;
mod text;

pub use apply::LeftOut;
pub use directory::{Found, NotServed, Origin, Packs, Served, UnusablePack};
pub use error::PackError;
pub use relay::named_fields;

use crate::abi::{Abi, Parameters, Row, Shape, Table};
use serde::Deserialize;
use std::collections::BTreeMap;
use version_tree::DriverVersion;

/// The version of the file format and of the rules by which packs are learnt.
pub const FORMAT: u32 = 1;

/// What a driver release has otherwise than the releases that this build knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// The release.
    pub release: DriverVersion,
    /// The release whose compiled rows the entries are based on.
    pub ancestor: DriverVersion,
    /// The version of the program that read the headers.
    pub learned_with: String,
    /// The entries of each table, by NVIDIA's name.
    pub tables: [BTreeMap<String, Entry>; 4],
}

/// What a pack says of an ioctl, a control command or a class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its number.
    pub number: u32,
    /// The release whose compiled row it is like, where that is not the ancestor's.
    pub like: Option<DriverVersion>,
    /// The structs that it passes, in the order of the row's.
    #[serde(default)]
    pub forms: Vec<Form>,
    /// Why it is not let through.
    pub left_out: Option<String>,
}

/// A struct of parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// NVIDIA's name of it.
    #[serde(rename = "struct")]
    pub name: String,
    /// Its size in bytes.
    pub size: usize,
    /// Where the fields lie that the row names, by their paths.
    #[serde(default)]
    pub fields: BTreeMap<String, Place>,
}

/// Where a field lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(from = "(usize, usize)")]
pub struct Place {
    /// In bytes from the struct's beginning.
    pub offset: usize,
    /// In bytes.
    pub size: usize,
}

impl From<(usize, usize)> for Place {
    fn from((offset, size): (usize, usize)) -> Self {
        Self { offset, size }
    }
}

impl Pack {
    /// A pack without entries.
    pub fn new(release: DriverVersion, ancestor: DriverVersion) -> Self {
        Self { release, ancestor, learned_with: env!("CARGO_PKG_VERSION").to_owned(), tables: Default::default() }
    }

    /// The pack of a release that has exactly what its ancestor's tables have.
    pub fn unchanged(release: DriverVersion, ancestor: &Abi) -> Self {
        let mut pack = Self::new(release, ancestor.version());
        for (table, row) in ancestor.rows() {
            pack.tables[table as usize].insert(row.name.to_owned(), Entry::of(table, row));
        }
        pack
    }

    /// Every entry with its table and name.
    pub fn entries(&self) -> impl Iterator<Item = (Table, &str, &Entry)> {
        Table::ALL.into_iter().flat_map(move |table| {
            self.tables[table as usize].iter().map(move |(name, entry)| (table, name.as_str(), entry))
        })
    }
}

impl Entry {
    /// An entry that is as a compiled row has it.
    pub fn of(table: Table, row: &Row) -> Self {
        let of_shape = |shape: &Shape| Form {
            name: shape.name.to_owned(),
            size: shape.layout.size,
            fields: named_fields(table, shape)
                .into_iter()
                .map(|field| (field.path.to_owned(), Place { offset: field.offset, size: field.size }))
                .collect(),
        };
        let forms = match row.handling.parameters {
            Parameters::Struct(shapes) => shapes.iter().map(of_shape).collect(),
            Parameters::Repeated(layout) => {
                vec![Form { name: layout.name.to_owned(), size: layout.size, fields: BTreeMap::new() }]
            }
            Parameters::Empty | Parameters::Refused | Parameters::Unpublished | Parameters::Opaque(_) => Vec::new(),
        };
        Self { number: row.number, forms, ..Self::default() }
    }

    /// An entry that is not let through.
    pub fn left_out(number: u32, why: impl Into<String>) -> Self {
        Self { number, left_out: Some(why.into()), ..Self::default() }
    }
}
