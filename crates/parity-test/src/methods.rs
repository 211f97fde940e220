//! Control commands against the driver's own tables of them.
//!
//! A class of the driver exports its commands in a table that its compiler generates
//! (src/nvidia/generated/g_*_nvoc.c), with the struct that each takes. Those tables know nothing of the headers' names
//! for commands, so a row with the wrong struct of the right size is seen here.

use crate::c_type::Class;
use crate::{Proxy, proxy};
use driver_differ::model::Domain;
use nvproxy::abi::{Parameters, Row, Table};
use std::collections::BTreeMap;

/// Where the tables are.
pub const DIRECTORY: &str = "src/nvidia/generated";

/// Whether a file of [`DIRECTORY`] may have one.
pub fn has_tables(name: &str) -> bool {
    name.starts_with("g_") && name.ends_with("_nvoc.c")
}

/// The commands of a release, each with C's name for the struct that it takes; none where it takes nothing.
pub type Methods = BTreeMap<u32, Option<String>>;

/// The commands that a file's tables have.
///
/// # Errors
/// A table does not look as expected, which would otherwise be one that is not compared.
pub fn parse(text: &str) -> Result<Methods, String> {
    let mut methods = Methods::new();
    // What belongs to a method ends where the next one begins.
    for entry in text.split("/*methodId=*/").skip(1) {
        let number = entry.trim_start().strip_prefix("0x").and_then(|hex| {
            let digits = hex.split(|c: char| !c.is_ascii_hexdigit()).next()?;
            u32::from_str_radix(digits, 16).ok()
        });
        let size = entry.split_once("/*paramSize=*/").map(|(_, size)| size.trim_start());
        let (Some(number), Some(size)) = (number, size) else {
            return Err(format!("not a method's number and size: {:?}", entry.lines().next().unwrap_or_default()));
        };
        let takes = match size.strip_prefix("sizeof(").and_then(|name| name.split_once(')')) {
            Some((name, _)) => Some(name.trim().to_string()),
            // With a comment behind it at some releases.
            None if size.starts_with("0,") || size.starts_with("0 /*") => None,
            None => return Err(format!("{number:#x}: its size is {:?}", size.lines().next().unwrap_or_default())),
        };
        methods.insert(number, takes);
    }
    Ok(methods)
}

/// Every control command that the tables have. Gives how many were compared, too.
pub fn check(proxy: &Proxy, methods: &Methods, headers: &Domain) -> (usize, Vec<String>) {
    let mut compared = 0;
    let mut findings = Vec::new();
    for (table, row) in proxy.rows.iter().filter(|(table, _)| *table == Table::Control) {
        let Some(takes) = methods.get(&row.number) else { continue };
        compared += 1;
        if !same(row, takes.as_deref(), headers) {
            let theirs = takes.as_deref().unwrap_or("nothing");
            findings.push(format!("{}: takes {}, the driver {theirs}", proxy::subject(*table, row), describe(row)));
        }
    }
    (compared, findings)
}

fn same(row: &Row, takes: Option<&str>, headers: &Domain) -> bool {
    match (&row.handling.parameters, takes) {
        (Parameters::Empty, None) | (Parameters::Refused | Parameters::Unpublished, _) => true,
        (Parameters::Opaque(name), Some(takes)) => *name == takes,
        (Parameters::Struct([shape]), Some(takes)) => {
            shape.name == takes
                || match (Class::of(headers, shape.name), Class::of(headers, takes)) {
                    (Some(Class::Record(ours)), Some(Class::Record(theirs))) => ours.last() == theirs.last(),
                    _ => false,
                }
        }
        _ => false,
    }
}

fn describe(row: &Row) -> String {
    match row.handling.shapes() {
        [] => format!("{:?}", row.handling.parameters),
        shapes => shapes.iter().map(|shape| shape.name).collect::<Vec<_>>().join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read() {
        let text = "/*methodId=*/   0x20800102u,\n/*paramSize=*/  sizeof(A_PARAMS),\n\
                    /*methodId=*/ 0x101u,\n /*paramSize=*/ 0,\n\
                    /*methodId=*/ 0x102u,\n /*paramSize=*/ 0 /* why */,\n";
        let methods = parse(text).unwrap();
        assert_eq!(methods, Methods::from([(0x2080_0102, Some("A_PARAMS".into())), (0x101, None), (0x102, None)]));
    }

    #[test]
    fn what_is_no_table_is_said() {
        for text in [
            "/*methodId=*/ nothing,\n/*paramSize=*/ 0,",
            "/*methodId=*/ 0x1u,\n",
            "/*methodId=*/ 0x1u,\n/*paramSize=*/ 12u,",
            // The size of the next method is not this one's.
            "/*methodId=*/ 0x1u,\n/*methodId=*/ 0x2u,\n/*paramSize=*/ 0,",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
