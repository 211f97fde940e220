//! What compiled rows still decide about an entry, whatever a pack says: who may use it, what of it is translated, and
//! whether the release has it at all.

use super::compiled::{Compiled, named};
use crate::abi::{Abi, Evidence, Param, Parameters, Row, Table};
use std::collections::BTreeMap;
use version_tree::{DriverVersion, Standing};

/// Why an entry is left out at a release that this build has proved.
pub(super) const DIFFERS: &str = "differs from what this build has proved";

/// What the tables of the ancestor, or those that this build has of the release itself, decide about a row of `from`: who
/// may use it, what of it is translated, and that a number means one entry.
pub(super) fn within(
    compiled: &mut Compiled<'_>,
    tables: &Abi,
    table: Table,
    from: DriverVersion,
    row: &Row,
) -> Result<(), String> {
    let release = tables.version();
    for known in tables.table(table).iter().filter(|known| known.name == row.name || known.number == row.number) {
        if known.name != row.name {
            return Err(format!("at {release} its number is that of {}", known.name));
        }
        if !known.capabilities.contains(row.capabilities) {
            return Err(format!("at {release} it needs other capabilities"));
        }
        if known.handling.parameters == Parameters::Refused && row.handling.parameters != Parameters::Refused {
            return Err(format!("at {release} it is refused"));
        }
        if !translates_enough(compiled, table, from, row, known) {
            return Err(format!("at {release} more of its fields are translated"));
        }
    }
    Ok(())
}

/// Whether an entry may be like the row of another release than the ancestor.
pub(super) fn like(
    compiled: &mut Compiled<'_>,
    ancestor: &Abi,
    table: Table,
    from: DriverVersion,
    row: &Row,
) -> Result<(), String> {
    let based_on = ancestor.version();
    if let Some(known) = named(ancestor.table(table), row.name) {
        return match known.capabilities == row.capabilities {
            true => Ok(()),
            false => Err(format!("at {from} it needs other capabilities than at {based_on}")),
        };
    }
    if from <= based_on && !compiled.line(based_on, table, row.name).is_empty() {
        return Err(format!("it was removed before {based_on}"));
    }
    match compiled.newest(table, row.name) {
        Some(newest) if newest.capabilities != row.capabilities => {
            Err(format!("at {from} it needs other capabilities than at newer releases"))
        }
        Some(newest) if !translates_enough(compiled, table, from, row, &newest) => {
            Err(format!("more of its fields are translated at newer releases than at {from}"))
        }
        _ => Ok(()),
    }
}

/// Whether a row of `from` does as much about fields as another, or has done so before: a field can go, as the pointers of
/// `NV0000_CTRL_CMD_SYSTEM_GET_P2P_CAPS` did. A row of before a pointer came in does not fit a release that has it.
fn translates_enough(compiled: &mut Compiled<'_>, table: Table, from: DriverVersion, row: &Row, other: &Row) -> bool {
    translates_as_much(row, other)
        || compiled.line(from, table, row.name).iter().any(|before| translates_as_much(before, other))
}

/// What this build knows of the release itself.
pub(super) fn of_release(own: &Abi, table: Table, row: &Row) -> Result<(), String> {
    let release = own.version();
    let known = own.table(table).get(row.number);
    match own.standing() {
        Standing::Proved => match known {
            Some(known) if known == row => Ok(()),
            Some(_) => Err(DIFFERS.to_owned()),
            None => Err(format!("{release} does not have it, as this build has proved")),
        },
        Standing::Measured if table == Table::Control => match known {
            None => Err(format!("{release} does not have it, as was measured")),
            Some(known) if own.evidence(table, row.number) == Some(Evidence::Measured) => {
                let fits = sizes(known).is_none_or(|known| sizes(row) == Some(known));
                if fits { Ok(()) } else { Err(format!("its size differs from what was measured at {release}")) }
            }
            Some(_) => Ok(()),
        },
        Standing::Measured | Standing::Inferred => Ok(()),
    }
}

/// The sizes of what a row passes, where it says any.
fn sizes(row: &Row) -> Option<Vec<usize>> {
    match row.handling.parameters {
        Parameters::Empty => Some(Vec::new()),
        Parameters::Struct(shapes) => Some(shapes.iter().map(|shape| shape.layout.size).collect()),
        Parameters::Repeated(layout) => Some(vec![layout.size]),
        Parameters::Opaque(_) | Parameters::Unpublished | Parameters::Refused => None,
    }
}

/// Whether a row does at least as much about fields as another of its name: as many pointers, descriptors, clients and
/// so on. Their names may differ.
fn translates_as_much(row: &Row, other: &Row) -> bool {
    let (ours, theirs) = (translated(row), translated(other));
    theirs.iter().all(|(kind, many)| ours.get(kind).is_some_and(|ours| ours >= many))
}

/// How many fields of each kind something is done about, at most in one of the row's structs.
fn translated(row: &Row) -> BTreeMap<usize, usize> {
    let mut most = BTreeMap::new();
    for shape in row.handling.shapes() {
        let mut here: BTreeMap<usize, usize> = BTreeMap::new();
        for kind in shape.params.iter().filter_map(kind) {
            *here.entry(kind).or_default() += 1;
        }
        for (kind, many) in here {
            let most: &mut usize = most.entry(kind).or_default();
            *most = many.max(*most);
        }
    }
    most
}

/// What is done about a field, as far as it keeps something from the driver or from the guest.
fn kind(param: &Param) -> Option<usize> {
    Some(match param {
        Param::Pointer(_) => 0,
        Param::Descriptor(_) => 1,
        Param::Client(_) | Param::OwnClient(_) => 2,
        Param::GpuIds(..) | Param::GpuUuid(_) => 3,
        Param::Null(_) | Param::Fixed { .. } | Param::Zero(_) | Param::Wipe { .. } => 4,
        Param::Special(_) => 5,
        Param::Key(_) | Param::Dependency { .. } => return None,
    })
}
