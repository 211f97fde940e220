//! Entries against the constants of a release's headers, both ways.

use crate::Proxy;
use crate::layouts::domain;
use crate::proxy::subject;
use driver_differ::model::Abi;
use nvproxy::abi::{Parameters, Row, Table};
use std::collections::{BTreeMap, BTreeSet};

/// The names of entries, with the tables they stand in.
pub type Names = BTreeSet<(Table, &'static str)>;

/// Every name that the tables have at any of these releases.
pub fn names(proxies: &[Proxy]) -> Names {
    proxies.iter().flat_map(|proxy| &proxy.rows).map(|(table, row)| (*table, row.name)).collect()
}

/// Whether no header has a name for a number: it is known from what clients ask, or from the driver's method tables.
pub fn is_nameless(row: &Row) -> bool {
    match row.handling.parameters {
        Parameters::Unpublished => true,
        Parameters::Refused => row.name.starts_with("UNKNOWN_CONTROL_COMMAND_"),
        _ => false,
    }
}

/// Every name has a row if and only if the headers define it, and then the number they say.
///
/// Gives how many numbers were compared.
pub fn check(proxy: &Proxy, names: &Names, headers: &Abi) -> (usize, Vec<String>) {
    let mut findings = Vec::new();
    let mut compared = 0;
    let mut rows: BTreeMap<(Table, &str), Vec<&Row>> = BTreeMap::new();
    for (table, row) in &proxy.rows {
        rows.entry((*table, row.name)).or_default().push(row);
    }
    for &(table, name) in names.iter().chain(rows.keys().filter(|key| !names.contains(*key))) {
        let defined = headers.domain(domain(table)).constants.get(name);
        let rows = rows.get(&(table, name)).map_or(&[][..], Vec::as_slice);
        let title = format!("{} {name}", table.as_str());
        match (defined, rows) {
            (None, []) => {}
            (Some(number), []) => findings.push(format!("{title}: missing, the headers define it as {number:#x}")),
            (None, rows) => {
                let rows = rows.iter().filter(|row| !is_nameless(row));
                findings.extend(rows.map(|row| format!("{}: the headers do not define it", subject(table, row))));
            }
            (Some(number), rows) => {
                for row in rows {
                    compared += 1;
                    if i128::from(row.number) != *number {
                        findings.push(format!("{}: the headers define it as {number:#x}", subject(table, row)));
                    }
                    if matches!(row.handling.parameters, Parameters::Unpublished | Parameters::Opaque(_)) {
                        findings.push(format!("{}: the headers define it; say what it passes", subject(table, row)));
                    }
                }
            }
        }
    }
    (compared, findings)
}

/// What holds of tables whatever the headers say: names and numbers are unique in a table, and numbers ascend, as the
/// search for one relies on.
pub fn well_formed(proxy: &Proxy) -> Vec<String> {
    let mut findings = Vec::new();
    for pair in proxy.rows.windows(2) {
        if let [(table, before), (next, row)] = pair
            && (*table as usize, before.number) >= (*next as usize, row.number)
        {
            findings.push(format!("{}: stands behind {}", subject(*next, row), subject(*table, before)));
        }
    }
    let mut seen = BTreeMap::new();
    for (table, row) in &proxy.rows {
        if let Some(other) = seen.insert((*table, row.name), row.number) {
            findings.push(format!("{}: has the number {other:#x} too", subject(*table, row)));
        }
        if row.capabilities.is_empty() {
            findings.push(format!("{}: nobody may use it", subject(*table, row)));
        }
    }
    findings
}
