//! From a pack and the compiled tables to the tables of the release.

use super::compiled::{Compiled, named};
use super::limits;
use super::relay::{Unfit, plain, relay, same};
use super::{Entry, Pack, PackError};
use crate::abi::anywhere;
use crate::abi::receivers::is_for_firmware;
use crate::abi::{Abi, Parameters, Row, Table, is_coded};
use crate::printable::printable;
use version_tree::{DriverVersion, Standing, Tree};

/// An entry that a pack does not let through: one that it names, or one that its ancestor has and it does not mention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The table it is in.
    pub table: Table,
    /// The number that this build knows it by; of an unknown one, the pack's.
    pub number: u32,
    /// NVIDIA's name of it.
    pub name: String,
    /// Why.
    pub why: String,
}

/// What an entry of a pack is judged by.
struct Known<'t> {
    ancestor: Abi,
    /// The compiled tables of the release itself, if the tree has it.
    own: Option<Abi>,
    compiled: Compiled<'t>,
}

impl Pack {
    /// The tables of the pack's release, and the entries that it leaves out ([`Abi::left_out`]).
    ///
    /// # Errors
    /// The tree does not have the release that the pack is based on, or this process has applied too many different
    /// packs.
    pub fn apply(&self, tree: &Tree) -> Result<Abi, PackError> {
        let ancestor = Abi::compose(tree, self.ancestor).map_err(PackError::Ancestor)?;
        let own = Abi::compose(tree, self.release).ok();
        let mut known = Known { ancestor, own, compiled: Compiled::new(tree) };
        let mut left_out = Vec::new();
        let mut rows: [Vec<Row>; 4] = Default::default();
        for (table, name, entry) in self.entries() {
            match self.row(table, name, entry, &mut known) {
                Ok(row) => rows[table as usize].push(row),
                Err(Unfit::Entry(why)) => left_out.extend(known.left_out(table, name, entry.number, &why)),
                Err(Unfit::Pack(error)) => return Err(error),
            }
        }
        let Known { ancestor, own, .. } = known;
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
        let proved = own.is_some_and(|own| own.standing() == Standing::Proved);
        Ok(Abi::of_pack(self.release, rows, left_out, proved))
    }

    fn row(&self, table: Table, name: &str, entry: &Entry, known: &mut Known<'_>) -> Result<Row, Unfit> {
        if let Some(why) = &entry.left_out {
            return Err(why.clone().into());
        }
        let from = entry.like.unwrap_or(self.ancestor);
        let row = known.compiled.row(from, table, entry.number).filter(|row| row.name == name);
        let row = row.ok_or_else(|| unknown(table, name, entry.number, from))?;
        let Known { ancestor, own, compiled } = known;
        let is_proved = own.as_ref().is_some_and(|own| own.standing() == Standing::Proved);
        if !is_proved {
            for tables in [Some(&*ancestor), own.as_ref()].into_iter().flatten() {
                limits::within(compiled, tables, table, from, &row)?;
            }
            if from != self.ancestor {
                limits::like(compiled, ancestor, table, from, &row)?;
            }
        }
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
            Parameters::Struct(_) if is_proved => return Err(limits::DIFFERS.to_owned().into()),
            Parameters::Struct(shapes) => {
                // Code was written for the fields of these, and does not know of other forms.
                if row.handling.effect.is_some() || shapes.iter().any(|shape| is_coded(shape.name)) {
                    return Err("the proxy's code is written for another form of its parameters".to_owned().into());
                }
                Parameters::Struct(relay(table, shapes, &entry.forms)?)
            }
        };
        let row = Row { handling, ..row };
        own.as_ref().map_or(Ok(()), |own| limits::of_release(own, table, &row))?;
        Ok(row)
    }
}

impl Known<'_> {
    /// What an entry is left out as: under the number that this build knows it by, and if the pack has another one that
    /// means the firmware, under that, too.
    fn left_out(&self, table: Table, name: &str, number: u32, why: &str) -> impl Iterator<Item = LeftOut> {
        let numbers = anywhere::numbers_of(table, name);
        let own = named(self.ancestor.table(table), name).map(|row| row.number).or(numbers.last().copied());
        let known = if numbers.contains(&number) { number } else { own.unwrap_or(number) };
        let (name, why) = (printable(name), printable(why));
        let another = known != number && table == Table::Control && is_for_firmware(number);
        [Some(known), another.then_some(number)].into_iter().flatten().map(move |number| LeftOut {
            table,
            number,
            name: name.clone(),
            why: why.clone(),
        })
    }
}

/// Why there is no row of that name and number at a release.
fn unknown(table: Table, name: &str, number: u32, from: DriverVersion) -> String {
    match anywhere::numbers_of(table, name) {
        [.., known] if !anywhere::numbers_of(table, name).contains(&number) => {
            format!("this build knows it as {known:#x}, the pack says {number:#x}")
        }
        _ => format!("this build does not have it at {from}"),
    }
}
