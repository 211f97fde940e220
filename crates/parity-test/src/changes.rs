//! What releases change, against what their parents have.

use crate::Proxy;
use crate::proxy::subject;
use nvproxy::abi::{Change, Row, Table};
use version_tree::{DriverVersion, Tree};

/// The changes of a release, on what its parent has: what comes of it, and every change that changes nothing.
pub fn apply(parent: &Proxy, version: DriverVersion, changes: &[Change]) -> (Proxy, Vec<String>) {
    let mut rows = parent.rows.clone();
    let mut findings = Vec::new();
    for change in changes {
        let (table, number) = (change.table(), change.number());
        let at = rows.iter().position(|(t, row)| *t == table && row.number == number);
        let title = format!("{version} {} {} ({number:#x})", table.as_str(), change.name());
        match (change, at) {
            (Change::Add(_, row), None) => rows.push((table, *row)),
            (Change::Add(..), Some(_)) => findings.push(format!("{title}: added, but is there already")),
            (Change::Set { .. } | Change::Remove(..), None) => {
                findings.push(format!("{title}: changed or removed, but is not there"));
            }
            (Change::Remove(..), Some(at)) => {
                findings.extend(renamed(&title, table, &rows[at].1, change));
                rows.remove(at);
            }
            (Change::Set { handling, capabilities, .. }, Some(at)) => {
                let before = rows[at].1;
                findings.extend(renamed(&title, table, &before, change));
                let capabilities = capabilities.unwrap_or(before.capabilities);
                let after = Row { handling: *handling, capabilities, ..before };
                if after == before {
                    findings.push(format!("{title}: set to what it is already"));
                }
                rows[at].1 = after;
            }
        }
    }
    rows.sort_by_key(|(table, row)| (*table as usize, row.number));
    (Proxy { version, rows }, findings)
}

fn renamed(title: &str, table: Table, row: &Row, change: &Change) -> Option<String> {
    (row.name != change.name()).then(|| format!("{title}: that number is {}", subject(table, row)))
}

/// That a release's changes all change something, and that the proxy composes them into the same.
pub fn check(tree: &Tree, proxy: &Proxy) -> Vec<String> {
    let changes: Vec<Change> = nvproxy::abi::changes(proxy.version).copied().collect();
    let Some(parent) = tree.parent(proxy.version).and_then(|parent| Proxy::compose(tree, parent.version).ok()) else {
        let first = changes.first().map(|c| format!("{}: {} belongs to the base tables", proxy.version, c.name()));
        return first.into_iter().collect();
    };
    let (composed, mut findings) = apply(&parent, proxy.version, &changes);
    if composed != *proxy {
        findings.push(format!("{}: composed otherwise than its parent with its changes", proxy.version));
    }
    findings
}

/// That changes hang on releases of the tree only, each listed once: others would never apply.
pub fn listed(tree: &Tree) -> Vec<String> {
    let changing: Vec<DriverVersion> = nvproxy::abi::changing().collect();
    let mut findings = Vec::new();
    for version in &changing {
        if tree.get(*version).is_none() {
            findings.push(format!("{version} changes something, but is no release of the tree"));
        }
        if nvproxy::abi::changes(*version).next().is_none() {
            findings.push(format!("{version} is listed, but changes nothing"));
        }
    }
    for pair in changing.windows(2).filter(|pair| pair[0] >= pair[1]) {
        findings.push(format!("{} is listed behind {}; a search would miss it", pair[1], pair[0]));
    }
    findings
}
