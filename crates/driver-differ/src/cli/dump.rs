//! `driver-differ dump`.

use super::exit::Exit;
use super::output::Output;
use super::sources::{Side, Sources};
use super::{Common, Plain, proxied};
use anyhow::Result;
use driver_differ::diff::SCHEMA_VERSION;
use driver_differ::extract::Wanted;
use driver_differ::model::{Abi, DomainName};
use driver_differ::report;
use serde::Serialize;
use std::fmt::Write;

#[derive(Serialize)]
struct Dump<'a> {
    schema_version: u32,
    version: String,
    #[serde(flatten)]
    abi: &'a Abi,
}

pub(crate) fn run(common: &Common, output: &Output, version: &str, all: bool, format: Plain) -> Result<Exit> {
    let side = Side::parse(version)?;
    let (label, version) = (side.label(), side.version());
    let mut sources = Sources::open(common)?;
    let place = sources.place(side)?;
    let proxied = proxied(&[version], all, output);
    let wanted = if all { Wanted::All } else { proxied.wanted() };
    let (abis, _) = sources.read(&[place], wanted)?;
    let Some(abi) = abis.first() else { anyhow::bail!("nothing was read") };
    let version = version.map_or(label, |v| v.to_string());
    match format {
        Plain::Json => output.json(&Dump { schema_version: SCHEMA_VERSION, version, abi })?,
        Plain::Text => output.print(&text(abi))?,
    }
    Ok(Exit::Done)
}

fn text(abi: &Abi) -> String {
    let mut out = String::new();
    for name in DomainName::ALL {
        let domain = abi.domain(name);
        let _ = writeln!(out, "/* {} */\n", name.as_str());
        for (name, record) in &domain.records {
            let _ = writeln!(out, "{}", report::record::record(name, record));
        }
        for (name, alias) in &domain.aliases {
            let _ = writeln!(out, "typedef {} {name};  /* {} */", alias.ty, report::count(alias.size, "byte"));
        }
        for (name, value) in &domain.constants {
            let _ = writeln!(out, "#define {name} {}", report::number(*value));
        }
        out.push('\n');
    }
    out
}
