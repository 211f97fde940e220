//! The ABI of every driver release: which ioctls, control commands and classes it has, and what they carry.
//!
//! [`Abi::compose`] starts from the tables of the oldest release (in `base`) and applies what every release on the way
//! to the one asked for changes (one file each in `releases`). Nothing else is built.
//!
//! | where | subject |
//! |---|---|
//! | [`Row`], [`Handling`], [`Param`] | what an entry says: data that the engine, the tools and the tests all read |
//! | [`structs`] | the structs that are passed, with NVIDIA's names, each with its [`Layout`] |
//! | [`numbers`] | NVIDIA's names of ioctls, control commands and classes as constants |
//! | [`types`], [`status`] | NVIDIA's scalar types; the statuses that the driver answers with |
//!
//! Every release whose headers are published is proved against them by the crate `parity-test`: an entry is here if
//! and only if that release's headers define its number, and its structs have the layout and the names of theirs.

pub(crate) mod anywhere;
mod base;
mod capability;
mod coded;
mod describe;
mod evidence;
pub mod numbers;
pub mod receivers;
pub mod reflect;
mod releases;
pub mod row;
pub mod status;
pub mod structs;
mod table;
pub mod types;

pub use capability::Capabilities;
pub(crate) use coded::is_coded;
pub use evidence::{Evidence, NOT_MEASURED};
pub use reflect::{Field, Layout, Record, Type};
pub use row::{Effect, Handling, Param, Parameters, Row, Shape};
pub use table::Change;
use version_tree::proxied::Entry;
pub use version_tree::proxied::Table;

use crate::pack::LeftOut;
use evidence::Known;
use structs::nv_ioctl_xfer_t;
use version_tree::{DriverVersion, Standing, Tree, UnknownRelease};

/// The ioctl that wraps another one, whose parameters may be larger then. It is in no table because it is not forwarded:
/// the proxy takes out what is in it, at every release.
pub const XFER_CMD: Row = Row {
    number: 0xd3,
    name: "NV_ESC_IOCTL_XFER_CMD",
    handling: table::handling!(simple(nv_ioctl_xfer_t)),
    capabilities: Capabilities::empty(),
};

/// What the proxy knows of one release.
#[derive(Debug, Clone)]
pub struct Abi {
    version: DriverVersion,
    standing: Standing,
    tables: [Rows; 4],
    /// `None` where the tables are the compiled ones.
    pack: Option<OfPack>,
}

/// What is known of tables that come of a release pack, besides their rows.
#[derive(Debug, Clone)]
struct OfPack {
    /// What the pack leaves out, by table and number.
    left_out: Vec<LeftOut>,
    /// Whether this build has proved every row that the pack leaves in.
    proved: bool,
}

/// The rows of one table, to be found by number.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    // Apart from the rows, because a search touches only these.
    numbers: Vec<u32>,
    rows: Vec<Row>,
    known: Known,
}

impl Rows {
    fn new(rows: &[Row]) -> Self {
        let numbers = rows.iter().map(|row| row.number).collect();
        Self { numbers, rows: rows.to_vec(), known: Known::default() }
    }

    /// What is known of one of these rows.
    pub(crate) fn evidence(&self, row: &Row) -> Evidence {
        self.known.of(row)
    }

    /// The row of a number, if the release has it.
    #[inline]
    pub fn get(&self, number: u32) -> Option<&Row> {
        self.numbers.binary_search(&number).ok().map(|index| &self.rows[index])
    }

    /// The row of a number, and its place among the rows.
    #[inline]
    pub(crate) fn position(&self, number: u32) -> Option<(usize, &Row)> {
        self.numbers.binary_search(&number).ok().map(|index| (index, &self.rows[index]))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All of them, by number.
    pub fn iter(&self) -> std::slice::Iter<'_, Row> {
        self.rows.iter()
    }

    /// A change that has nothing to change changes nothing; the tests see to it that there is none.
    fn apply(&mut self, change: &Change) {
        let number = change.number();
        match (change, self.numbers.binary_search(&number)) {
            (Change::Add(_, row), Err(index)) => {
                self.numbers.insert(index, number);
                self.rows.insert(index, *row);
            }
            (Change::Set { handling, capabilities, .. }, Ok(index)) => {
                let before = self.rows[index];
                let after =
                    Row { handling: *handling, capabilities: capabilities.unwrap_or(before.capabilities), ..before };
                self.rows[index] = after;
            }
            (Change::Remove(..), Ok(index)) => {
                self.numbers.remove(index);
                self.rows.remove(index);
            }
            (Change::Add(..), Ok(_)) | (Change::Set { .. } | Change::Remove(..), Err(_)) => {}
        }
    }
}

impl<'a> IntoIterator for &'a Rows {
    type Item = &'a Row;
    type IntoIter = std::slice::Iter<'a, Row>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Abi {
    /// The ABI of a release of the tree.
    ///
    /// It takes some microseconds; keep it for as long as it is needed.
    ///
    /// # Errors
    /// The tree does not have the release. [`Tree::resolve`] tells its nearest relatives.
    pub fn compose(tree: &Tree, version: DriverVersion) -> Result<Self, UnknownRelease> {
        let path = tree.path(version)?;
        let mut tables = base::TABLES.map(Rows::new);
        for release in &path {
            for change in changes(release.version) {
                tables[change.table() as usize].apply(change);
            }
        }
        for table in Table::ALL {
            tables[table as usize].known = Known::at(tree, &path, table);
        }
        let standing = path.last().map_or(Standing::Inferred, |release| release.standing());
        Ok(Self { version, standing, tables, pack: None })
    }

    /// The tables of a release pack. `proved` says that this build has proved every one of its rows.
    pub(crate) fn of_pack(
        version: DriverVersion,
        rows: [Vec<Row>; 4],
        mut left_out: Vec<LeftOut>,
        proved: bool,
    ) -> Self {
        let tables = rows.map(|mut rows| {
            rows.sort_by_key(|row| row.number);
            Rows { known: Known::all(Evidence::Proved), ..Rows::new(&rows) }
        });
        left_out.sort_by_key(|left| (left.table as usize, left.number));
        Self { version, standing: Standing::Proved, tables, pack: Some(OfPack { left_out, proved }) }
    }

    /// Whether these are the tables of a release pack.
    pub fn is_of_pack(&self) -> bool {
        self.pack.is_some()
    }

    /// What a release pack leaves out, by table and number; nothing of compiled tables.
    pub fn left_out(&self) -> &[LeftOut] {
        self.pack.as_ref().map_or(&[], |pack| &pack.left_out)
    }

    /// Whether a release pack leaves out the entry of a number.
    pub(crate) fn leaves_out(&self, table: Table, number: u32) -> bool {
        let key = |left: &LeftOut| (left.table as usize, left.number);
        self.left_out().binary_search_by_key(&(table as usize, number), key).is_ok()
    }

    /// Whether a number is that of an entry, so that nothing but its row may let it through: one of these tables, one
    /// that a release pack leaves out, or, with a pack, one of any compiled release. A pack can so hide no number.
    pub(crate) fn knows(&self, table: Table, number: u32) -> bool {
        self.table(table).get(number).is_some()
            || (self.is_of_pack() && (self.leaves_out(table, number) || anywhere::has_number(table, number)))
    }

    /// The release.
    pub fn version(&self) -> DriverVersion {
        self.version
    }

    /// What is known of most of the release's rows; [`evidence`](Self::evidence) tells it for each.
    pub fn standing(&self) -> Standing {
        self.standing
    }

    /// What is known of a row, if the release has it.
    pub fn evidence(&self, table: Table, number: u32) -> Option<Evidence> {
        let rows = self.table(table);
        rows.get(number).map(|row| rows.evidence(row))
    }

    /// Whether parameters of any size pass, for the driver to judge: it is not known which size this release has, and
    /// nothing in them needs translation.
    pub fn takes_any_size(&self, table: Table, row: &Row) -> bool {
        row.handling.is_plain() && !self.table(table).evidence(row).enforces_size()
    }

    /// Whether the size of parameters that come without one (of `/dev/nvidia-uvm`'s ioctls and of classes) is known for
    /// certain: it is that of the release's headers, and this build has compared them itself. What a release pack says of
    /// sizes is not.
    pub(crate) fn has_proved_size(&self, table: Table, row: &Row) -> bool {
        self.table(table).evidence(row).enforces_size() && self.is_of_build()
    }

    /// Whether nothing of these tables is known from a release pack alone.
    pub(crate) fn is_of_build(&self) -> bool {
        self.pack.as_ref().is_none_or(|pack| pack.proved)
    }

    /// One of the four tables.
    pub fn table(&self, table: Table) -> &Rows {
        &self.tables[table as usize]
    }

    /// ioctls on `/dev/nvidiactl` and `/dev/nvidia#`, by `_IOC_NR`.
    pub fn frontend(&self) -> &Rows {
        self.table(Table::Frontend)
    }

    /// ioctls on `/dev/nvidia-uvm`, by the whole command.
    pub fn uvm(&self) -> &Rows {
        self.table(Table::Uvm)
    }

    /// Control commands of `NV_ESC_RM_CONTROL`.
    pub fn control(&self) -> &Rows {
        self.table(Table::Control)
    }

    /// Classes of `NV_ESC_RM_ALLOC`.
    pub fn alloc(&self) -> &Rows {
        self.table(Table::Alloc)
    }

    /// Every row, table after table.
    pub fn rows(&self) -> impl Iterator<Item = (Table, &Row)> {
        Table::ALL.into_iter().flat_map(|table| self.table(table).iter().map(move |row| (table, row)))
    }

    /// The entries as the tools around the proxy exchange them, [`XFER_CMD`] among them.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.rows().chain([(Table::Frontend, &XFER_CMD)]).map(|(table, row)| Entry {
            table,
            number: row.number,
            name: row.name.into(),
            structs: row.structs().map(Into::into).collect(),
        })
    }
}

/// The releases that change something, in the order of their versions.
pub fn changing() -> impl Iterator<Item = DriverVersion> {
    let mut versions: Vec<DriverVersion> = releases::RELEASES.iter().map(|(version, _)| *version).collect();
    versions.sort_unstable();
    versions.into_iter()
}

/// What a release changes against its parent; nothing, mostly.
pub fn changes(version: DriverVersion) -> impl Iterator<Item = &'static Change> {
    // There are some dozens of them, and a path asks for each of its releases: no search pays here.
    let found = releases::RELEASES.iter().find(|(release, _)| *release == version);
    found.map_or(&[][..], |(_, changes)| changes).iter().copied().flatten()
}
