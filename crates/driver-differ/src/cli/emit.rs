//! `--emit rust` and `show --format rust`.

use super::output::Output;
use anyhow::{Result, bail};
use driver_differ::catalogue::Catalogue;
use driver_differ::model::{Abi, DomainName};
use driver_differ::report::rust::{Definitions, Key, changed as changed_records, document};
use version_tree::DriverVersion;

/// A side: what it was asked for as, the release it is, and what it defines.
pub(crate) type Side<'a> = (&'a str, Option<DriverVersion>, &'a Abi);

/// Prints the records that `base` has not, or not in the same form.
pub(crate) fn changed(output: &Output, base: &Abi, next: Side<'_>) -> Result<()> {
    let records = changed_records(base, next.2);
    if records.is_empty() {
        output.note(&format!("no definition of a record differs in {}", next.0));
        return Ok(());
    }
    print(output, next, &records)
}

/// Prints one record.
pub(crate) fn one(output: &Output, side: Side<'_>, name: &str) -> Result<()> {
    let records: Vec<Key> = DomainName::ALL
        .into_iter()
        .filter(|&domain| side.2.domain(domain).records.contains_key(name))
        .map(|domain| (domain, name.to_string()))
        .collect();
    if records.is_empty() {
        bail!("{name} is no struct or union in {}; only those have definitions in Rust", side.0);
    }
    print(output, side, &records)
}

fn print(output: &Output, (label, release, abi): Side<'_>, records: &[Key]) -> Result<()> {
    let Some(release) = release else {
        bail!("{label} does not say which release it is (version.mk), and definitions are named after releases");
    };
    let mut definitions = Definitions::of(Catalogue::embedded()?, records.iter().cloned())?;
    output.print(&document(&definitions.define(release, abi, records)))
}
