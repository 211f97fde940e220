//! The proxy's tables at one release, as a list that can be changed.

use nvproxy::abi::structs::{NV2080_CTRL_GPU_REG_OP, NVXXXX_CTRL_XXX_INFO};
use nvproxy::abi::{Abi, Layout, Parameters, Record, Row, Table};
use version_tree::{DriverVersion, Tree, UnknownRelease};

/// What the proxy knows of one release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// The release.
    pub version: DriverVersion,
    /// The rows, table after table, by number.
    pub rows: Vec<(Table, Row)>,
}

/// What pointers of some entries point to many of, of which their rows have only the size: the struct, and NVIDIA's
/// names of it.
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
    pub fn layouts(&self) -> impl Iterator<Item = (Table, &Row, &'static Layout)> {
        self.rows.iter().flat_map(|(table, row)| layouts(row).map(move |layout| (*table, row, layout)))
    }
}

/// The structs that a row passes.
pub fn layouts(row: &Row) -> impl Iterator<Item = &'static Layout> + use<> {
    let repeated = match row.handling.parameters {
        Parameters::Repeated(layout) => Some(layout),
        _ => None,
    };
    row.handling.shapes().iter().map(|shape| shape.layout).chain(repeated)
}

/// A row, for a message.
pub fn subject(table: Table, row: &Row) -> String {
    format!("{} {} ({:#x})", table.as_str(), row.name, row.number)
}
