//! From a pack and the compiled tables to the tables of the release.

use super::relay::{Unfit, plain, printable, relay, same};
use super::{Entry, Pack, PackError};
use crate::abi::receivers::is_for_firmware;
use crate::abi::{Abi, Parameters, Row, Table, is_coded};
use std::collections::BTreeMap;
use version_tree::{DriverVersion, Tree};

/// An entry that a pack does not let through: one that it names, or one that its ancestor has and it does not mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The table it is in.
    pub table: Table,
    /// Its number.
    pub number: u32,
    /// NVIDIA's name of it.
    pub name: String,
    /// Why.
    pub why: String,
}

/// The compiled tables that entries are based on.
struct Compiled<'t> {
    tree: &'t Tree,
    known: BTreeMap<DriverVersion, Option<Abi>>,
}

impl Compiled<'_> {
    fn row(&mut self, release: DriverVersion, table: Table, number: u32) -> Option<Row> {
        let tree = self.tree;
        let abi = self.known.entry(release).or_insert_with(|| Abi::compose(tree, release).ok());
        abi.as_ref()?.table(table).get(number).copied()
    }
}

impl Pack {
    /// The tables of the pack's release, and the entries that it leaves out ([`Abi::left_out`]).
    ///
    /// # Errors
    /// The tree does not have the release that the pack is based on, or this process has applied too many different
    /// packs.
    pub fn apply(&self, tree: &Tree) -> Result<Abi, PackError> {
        let ancestor = Abi::compose(tree, self.ancestor).map_err(PackError::Ancestor)?;
        let mut left_out = Vec::new();
        let mut rows: [Vec<Row>; 4] = Default::default();
        let mut compiled = Compiled { tree, known: BTreeMap::new() };
        for (table, name, entry) in self.entries() {
            match self.row(table, name, entry, &ancestor, &mut compiled) {
                Ok(row) => rows[table as usize].push(row),
                Err(Unfit::Entry(why)) => {
                    left_out.push(LeftOut { table, number: entry.number, name: printable(name), why: printable(&why) });
                }
                Err(Unfit::Pack(error)) => return Err(error),
            }
        }
        for (table, row) in ancestor.rows().filter(|(table, row)| !self.tables[*table as usize].contains_key(row.name))
        {
            let why = "the pack does not mention it; learn the release again with this build".to_owned();
            left_out.push(LeftOut { table, number: row.number, name: row.name.to_owned(), why });
        }
        // The proxy passes a number that means the firmware on as bytes, unless it knows it.
        let control = Table::Control;
        for row in ancestor.control().iter().filter(|row| is_for_firmware(row.number)) {
            let here = rows[control as usize].iter().any(|known| known.number == row.number);
            if !here && left_out.iter().all(|left| (left.table, left.number) != (control, row.number)) {
                let why = "the pack has another number for it".to_owned();
                left_out.push(LeftOut { table: control, number: row.number, name: row.name.to_owned(), why });
            }
        }
        left_out.sort_by_key(|left| (left.table as usize, left.number));
        Ok(Abi::of_pack(self.release, rows, left_out))
    }

    fn row(
        &self,
        table: Table,
        name: &str,
        entry: &Entry,
        ancestor: &Abi,
        compiled: &mut Compiled<'_>,
    ) -> Result<Row, Unfit> {
        if let Some(why) = &entry.left_out {
            return Err(why.clone().into());
        }
        let from = entry.like.unwrap_or(self.ancestor);
        let row = compiled.row(from, table, entry.number).filter(|row| row.name == name);
        let row = row.ok_or_else(|| format!("this build does not have it at {from}"))?;
        limits(ancestor, table, &row)?;
        let mut handling = row.handling;
        handling.parameters = match row.handling.parameters {
            parameters @ (Parameters::Empty | Parameters::Refused | Parameters::Unpublished) => {
                match entry.forms.as_slice() {
                    [] => parameters,
                    _ => return Err("the pack has parameters for it, this build none".to_owned().into()),
                }
            }
            Parameters::Opaque(name) => match entry.forms.as_slice() {
                [form] if form.name == name && form.fields.is_empty() => Parameters::Struct(plain(name, form.size)?),
                _ => return Err(format!("the pack does not say how large {name} is").into()),
            },
            parameters @ Parameters::Repeated(layout) => match entry.forms.as_slice() {
                [form] if form.name == layout.name && form.size == layout.size && form.fields.is_empty() => parameters,
                _ => return Err(format!("it passes a list of {}, whose form changed", layout.name).into()),
            },
            Parameters::Struct(shapes) if same(table, shapes, &entry.forms) => Parameters::Struct(shapes),
            Parameters::Struct(shapes) => {
                // Code was written for the fields of these, and does not know of other forms.
                if row.handling.effect.is_some() || shapes.iter().any(|shape| is_coded(shape.name)) {
                    return Err("the proxy's code is written for another form of its parameters".to_owned().into());
                }
                Parameters::Struct(relay(table, shapes, &entry.forms)?)
            }
        };
        Ok(Row { handling, ..row })
    }
}

/// What the ancestor's row of that name or number still decides, whichever release the entry is like: who may use it,
/// and that a number means one entry.
fn limits(ancestor: &Abi, table: Table, row: &Row) -> Result<(), String> {
    let release = ancestor.version();
    for known in ancestor.table(table).iter().filter(|known| known.name == row.name || known.number == row.number) {
        if known.name != row.name {
            return Err(format!("at {release} its number is that of {}", known.name));
        }
        if !known.capabilities.contains(row.capabilities) {
            return Err(format!("at {release} it needs other capabilities"));
        }
        if known.handling.parameters == Parameters::Refused && row.handling.parameters != Parameters::Refused {
            return Err(format!("at {release} it is refused"));
        }
    }
    Ok(())
}
