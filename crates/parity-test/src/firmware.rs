//! Numbers of control commands that mean the GPU's firmware by their bit or by their class, which the proxy passes on as
//! bytes unless it has a row: those of headers, of the driver's method tables and of the measured record must have one.

use crate::Proxy;
use crate::measured::Measured;
use crate::methods::Methods;
use driver_differ::extract::Names;
use driver_differ::model::Domain;
use nvproxy::abi::receivers::is_for_firmware;
use nvproxy::abi::{Parameters, Table};
use std::collections::BTreeMap;

/// Asks for the constants of headers that are control commands by their names, and nothing else.
pub struct Commands;

impl Names for Commands {
    fn record(&self, _: &str) -> bool {
        false
    }

    fn constant(&self, name: &str) -> bool {
        class(name).is_some()
    }
}

/// The class in the name of a control command: `NV2080_CTRL_CMD_..`.
fn class(name: &str) -> Option<u32> {
    let (class, _) = name.strip_prefix("NV")?.split_once("_CTRL_CMD_")?;
    if class.len() == 4 { u32::from_str_radix(class, 16).ok() } else { None }
}

/// Numbers that mean the firmware, and where each was found.
pub type Found = BTreeMap<u32, String>;

/// Those that headers define.
pub fn of_headers(headers: &Domain) -> Found {
    let numbers = headers.constants.iter().filter_map(|(name, value)| {
        let number = u32::try_from(*value).ok()?;
        // Other constants of such names are of other classes, or have all bits set.
        let command = Some(number >> 16) == class(name) && number & 0xffff != 0xffff;
        (command && is_for_firmware(number)).then(|| (number, name.clone()))
    });
    numbers.collect()
}

/// Those of method tables.
pub fn of_methods(methods: &Methods) -> Found {
    let numbers = methods.iter().filter(|(number, _)| is_for_firmware(**number));
    numbers.map(|(number, takes)| (*number, format!("a method that takes {takes:?}"))).collect()
}

/// Those of the measured record.
pub fn of_record(measured: &Measured) -> Found {
    let numbers = measured.controls.iter().filter(|(number, _)| is_for_firmware(**number));
    numbers.map(|(number, one)| (*number, format!("measured: {:?}", one.name))).collect()
}

/// Each has a row, and what is the resource manager's own is refused.
pub fn check(proxy: &Proxy, found: &Found) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, what) in found {
        let row = proxy.rows.iter().find(|(table, row)| *table == Table::Control && row.number == *number);
        match row {
            None => findings.push(format!("{}: {number:#x} has no row: {what}", proxy.version)),
            Some((_, row))
                if what.contains("_CTRL_CMD_INTERNAL_") && row.handling.parameters != Parameters::Refused =>
            {
                findings.push(format!("{}: {number:#x} is internal, and not refused", proxy.version));
            }
            Some(_) => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_by_names_and_numbers() {
        let constants = [
            ("NV2080_CTRL_CMD_A", 0x2080_81ea),
            ("NV2080_CTRL_CMD_B", 0x2080_01ea),
            ("NV2080_CTRL_CMD_NONE", 0xffff_ffff),
            ("NV0000_CTRL_CMD_NONE", 0xffff),
            ("NV2080_CTRL_CMD_WIDE", 0x1_2080_8000),
            ("NV20_CTRL_CMD_C", 0x2080_8001),
            ("NV2080_CTRL_D", 0x2080_8002),
            ("NV2081_CTRL_CMD_E", 0x2081_0001),
        ];
        let constants = constants.map(|(name, value)| (name.to_owned(), value)).into();
        let headers = Domain { constants, ..Domain::default() };
        assert_eq!(
            of_headers(&headers),
            Found::from([(0x2080_81ea, "NV2080_CTRL_CMD_A".into()), (0x2081_0001, "NV2081_CTRL_CMD_E".into())])
        );
    }
}
