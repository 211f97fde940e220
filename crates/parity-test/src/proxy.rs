//! The proxy's tables at one release, as a list that can be changed.

use nvproxy::abi::structs::{NV2080_CTRL_GPU_REG_OP, NVXXXX_CTRL_XXX_INFO};
use nvproxy::abi::{Abi, Layout, Param, Parameters, Record, Row, Table};
use std::collections::BTreeSet;
use version_tree::{DriverVersion, Tree, UnknownRelease};

/// What the proxy knows of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The release.
    pub version: DriverVersion,
    /// The rows, table after table, by number.
    pub rows: Vec<(Table, Row)>,
}

/// The structs that lists behind pointers consist of, each with NVIDIA's names for it.
pub const ELEMENTS: [(&Layout, &[&str]); 2] = [
    (
        &<NVXXXX_CTRL_XXX_INFO as Record>::LAYOUT,
        // One struct for all of them since 530.30.02.
        &[
            "NV0041_CTRL_SURFACE_INFO",
            "NV0080_CTRL_GR_INFO",
            "NV2080_CTRL_BIOS_INFO",
            "NV2080_CTRL_BUS_INFO",
            "NV2080_CTRL_FB_INFO",
            "NV2080_CTRL_GR_INFO",
        ],
    ),
    (&<NV2080_CTRL_GPU_REG_OP as Record>::LAYOUT, &["NV2080_CTRL_GPU_REG_OP"]),
];

/// Where [`ELEMENTS`] and the lists that rows point to differ: structs that are passed in lists and compared with nothing,
/// and those that are in no list.
pub fn elements<'a>(proxies: impl IntoIterator<Item = &'a Proxy>) -> Vec<String> {
    let shapes = proxies.into_iter().flat_map(|proxy| &proxy.rows).flat_map(|(_, row)| row.handling.shapes());
    let passed: BTreeSet<&str> = shapes
        .flat_map(|shape| shape.params)
        .filter_map(|param| match param {
            Param::Pointer(pointer) => Some(pointer.element.record()?.rust_name),
            _ => None,
        })
        .collect();
    let known: BTreeSet<&str> = ELEMENTS.iter().map(|(layout, _)| layout.rust_name).collect();
    let missing = passed.difference(&known).map(|name| format!("lists of {name} are compared with nothing"));
    missing.chain(known.difference(&passed).map(|name| format!("{name} is in no list"))).collect()
}

impl Proxy {
    /// As the proxy composes it.
    ///
    /// # Errors
    /// The tree does not have the release.
    pub fn compose(tree: &Tree, version: DriverVersion) -> Result<Self, UnknownRelease> {
        let abi = Abi::compose(tree, version)?;
        Ok(Self { version, rows: abi.rows().map(|(table, row)| (table, *row)).collect() })
    }

    /// Every release of the tree, by version.
    pub fn all(tree: &Tree) -> Vec<Self> {
        tree.iter().filter_map(|release| Self::compose(tree, release.version).ok()).collect()
    }

    /// The rows of that name; there should be no more than one in a table.
    pub fn named(&self, table: Table, name: &str) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |(t, row)| *t == table && row.name == name).map(|(_, row)| row)
    }

    /// What its rows pass, with each struct that a row passes, not those within.
    pub fn layouts(&self) -> impl Iterator<Item = (Table, &Row, &'static str, &'static Layout)> {
        self.rows.iter().flat_map(|(table, row)| layouts(row).map(move |(name, layout)| (*table, row, name, layout)))
    }
}

/// The structs that a row passes, each with C's name for the parameters: its own, or a typedef's.
pub fn layouts(row: &Row) -> impl Iterator<Item = (&'static str, &'static Layout)> + use<> {
    let repeated = match row.handling.parameters {
        Parameters::Repeated(layout) => Some((layout.name, layout)),
        _ => None,
    };
    row.handling.shapes().iter().map(|shape| (shape.name, shape.layout)).chain(repeated)
}

/// A row, for a message.
pub fn subject(table: Table, row: &Row) -> String {
    format!("{} {} ({:#x})", table.as_str(), row.name, row.number)
}
