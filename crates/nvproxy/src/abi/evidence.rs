//! What is known of a row at a release, and from where.
//!
//! At a release whose headers are published, every row that they define is compared with them: [`Evidence::Proved`]. For
//! some newer releases an independent record (`crates/parity-test/testdata/measured`) has the sizes of control commands
//! and says which of them hold pointers: [`Evidence::Measured`]. Everything else is taken from an ancestor. Where a known
//! descendant agrees ([`Evidence::Between`]), the proxy still enforces the size; where none does, it passes parameters of
//! any size if none of their fields needs translation.

use super::row::{Parameters, Row};
use super::{Change, Table, changes};
use std::collections::VecDeque;
use version_tree::{Release, Standing, Tree};

/// What is known of a row at a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Evidence {
    /// Nothing but that an ancestor has the row like this.
    Inferred,
    /// Both the nearest ancestor and a descendant of which this is known have the row like this.
    Between,
    /// An independent record has the size of its parameters, and says that they hold pointers only where the row does.
    Measured,
    /// It was compared with the headers of the release.
    Proved,
}

impl Evidence {
    /// The name used in every output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inferred => "inferred",
            Self::Between => "between",
            Self::Measured => "measured",
            Self::Proved => "proved",
        }
    }

    /// Whether the proxy refuses parameters of another size.
    ///
    /// Where it is not, the proxy passes on parameters of any size if nothing in them needs translation: the driver
    /// checks the size itself.
    pub const fn enforces_size(self) -> bool {
        !matches!(self, Self::Inferred)
    }

    /// Whether the row was compared with something that is of this very release.
    pub const fn is_of_release(self) -> bool {
        matches!(self, Self::Measured | Self::Proved)
    }
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Control commands that the record of the measured releases does not have. The resource manager replaces most of them
/// before it looks for who exports them (src/nvidia/interface/deprecated/rmapi_deprecated_control.c); others it does not
/// export. `parity-test` checks that these are exactly the rows that the record lacks.
pub const NOT_MEASURED: &[u32] =
    &[0x101, 0x80028b, 0x801b01, 0x2080_0802, 0x2080_1301, 0x2080_1802, 0x2080_8513, 0x2080_a083];

/// What is known of the rows of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Of all rows.
    most: Evidence,
    /// The numbers of rows about which nothing is known.
    inferred: Vec<u32>,
}

impl Default for Known {
    fn default() -> Self {
        Self::all(Evidence::Inferred)
    }
}

impl Known {
    pub(super) const fn all(most: Evidence) -> Self {
        Self { most, inferred: Vec::new() }
    }

    /// What is known of a row of the table.
    pub(super) fn of(&self, row: &Row) -> Evidence {
        let unknown = row.handling.parameters == Parameters::Unpublished || self.inferred.contains(&row.number);
        if unknown { Evidence::Inferred } else { self.most }
    }

    /// What is known of a table at the last release of a path.
    pub(super) fn at(tree: &Tree, path: &[&Release], table: Table) -> Self {
        let Some((release, above)) = path.split_last() else { return Self::default() };
        let own = Self::by_standing(release.standing(), table);
        if own.most.is_of_release() {
            return own;
        }
        // Neighbours on both sides that agree leave little room for the release between them.
        let is_known = |release: &Release| Self::by_standing(release.standing(), table).most.is_of_release();
        let Some(index) = above.iter().rposition(|release| is_known(release)) else { return own };
        let Some((below, way)) = nearest_below(tree, release, is_known) else { return own };
        let [older, newer] = [path[index], below].map(|release| Self::by_standing(release.standing(), table));
        let between = path[index + 1..].iter().copied().chain(way);
        let changed = between.flat_map(|release| changes(release.version)).filter(|change| change.table() == table);
        let inferred = changed.map(Change::number).chain(older.inferred).chain(newer.inferred).collect();
        Self { most: Evidence::Between, inferred }
    }

    fn by_standing(standing: Standing, table: Table) -> Self {
        match standing {
            Standing::Proved => Self::all(Evidence::Proved),
            Standing::Measured if table == Table::Control => {
                Self { most: Evidence::Measured, inferred: NOT_MEASURED.to_vec() }
            }
            Standing::Measured | Standing::Inferred => Self::default(),
        }
    }
}

/// The nearest descendant that is as wanted, and the releases that lead down to it.
fn nearest_below<'t>(
    tree: &'t Tree,
    release: &Release,
    wanted: impl Fn(&Release) -> bool,
) -> Option<(&'t Release, Vec<&'t Release>)> {
    let mut open: VecDeque<Vec<&Release>> = tree.children(release.version).map(|child| vec![child]).collect();
    while let Some(way) = open.pop_front() {
        let last = *way.last()?;
        if wanted(last) {
            return Some((last, way));
        }
        open.extend(tree.children(last.version).map(|child| [way.as_slice(), &[child]].concat()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::Abi;
    use super::*;
    use version_tree::version;

    fn evidence(release: version_tree::DriverVersion, table: Table, number: u32) -> Evidence {
        let abi = Abi::compose(Tree::embedded(), release).unwrap();
        abi.evidence(table, number).unwrap_or_else(|| panic!("{release} has no {number:#x}"))
    }

    /// NV2080_CTRL_CMD_GPU_GET_INFO_V2, which grew with 610.
    const GET_INFO: u32 = 0x2080_0102;
    /// NV2080_CTRL_CMD_GPU_GET_GID_INFO, which no release changed since 580.
    const GET_GID_INFO: u32 = 0x2080_014a;

    #[test]
    fn rows_of_releases_with_headers_are_proved_but_for_what_nobody_publishes() {
        assert_eq!(evidence(version!("580.95.05"), Table::Control, GET_INFO), Evidence::Proved);
        assert_eq!(evidence(version!("580.95.05"), Table::Uvm, 33), Evidence::Proved);
        assert_eq!(evidence(version!("580.95.05"), Table::Control, 0x80028b), Evidence::Inferred);
    }

    #[test]
    fn at_measured_releases_the_record_has_control_commands_alone() {
        assert_eq!(evidence(version!("610.57.04"), Table::Control, GET_INFO), Evidence::Measured);
        assert_eq!(evidence(version!("610.57.04"), Table::Control, 0x101), Evidence::Inferred);
        assert_eq!(evidence(version!("610.57.04"), Table::Frontend, 0x2a), Evidence::Inferred);
        assert_eq!(evidence(version!("610.57.04"), Table::Alloc, 0x80), Evidence::Inferred);
    }

    #[test]
    fn what_two_neighbours_agree_on_lies_between() {
        // 610.43.03 lies between 595.71.05 and 610.57.04, which are measured.
        assert_eq!(evidence(version!("610.43.03"), Table::Control, GET_GID_INFO), Evidence::Between);
        assert_eq!(evidence(version!("610.43.03"), Table::Control, 0x101), Evidence::Inferred);
        assert_eq!(evidence(version!("610.43.03"), Table::Uvm, 33), Evidence::Inferred);
        // 580.159.04 lies between 580.142, which has headers, and 580.178.04.
        assert_eq!(evidence(version!("580.159.04"), Table::Control, GET_INFO), Evidence::Between);
    }

    #[test]
    fn what_changed_between_two_neighbours_is_inferred() {
        assert_eq!(evidence(version!("610.43.02"), Table::Control, GET_INFO), Evidence::Inferred);
        assert_eq!(evidence(version!("610.43.03"), Table::Control, GET_INFO), Evidence::Inferred);
    }

    #[test]
    fn what_nothing_follows_is_inferred() {
        for release in [version!("595.104.02"), version!("620.30.00")] {
            assert_eq!(evidence(release, Table::Control, GET_GID_INFO), Evidence::Inferred);
        }
    }
}
