//! `driver-differ show` and `driver-differ history`.

use super::exit::Exit;
use super::output::Output;
use super::sources::{Side, Sources};
use super::{Common, Plain, Shown, emit};
use anyhow::{Result, bail};
use driver_differ::catalogue::{Catalogue, History, Type};
use driver_differ::diff::SCHEMA_VERSION;
use driver_differ::diff::origin::in_words;
use driver_differ::extract::{Names, Wanted};
use driver_differ::model::{Abi, DomainName};
use driver_differ::report::ranges::ranges;
use driver_differ::report::record::record;
use driver_differ::report::style::{STRONG, paint};
use driver_differ::report::{count, number};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::fmt::Write;
use version_tree::{DriverVersion, Tree};

/// What a name stood for.
#[derive(Clone, PartialEq, Eq)]
enum Thing {
    Type(Type),
    Constant(i128),
}

impl Thing {
    fn words(&self) -> String {
        match self {
            Self::Type(ty) => in_words(ty),
            Self::Constant(v) => number(*v),
        }
    }

    fn shown(&self, name: &str) -> String {
        match self {
            Self::Type(Type::Record(r)) => record(name, r),
            Self::Type(Type::Alias(a)) => format!("typedef {} {name};  /* {} */\n", a.ty, count(a.size, "byte")),
            Self::Constant(_) => format!("#define {name} {}\n", self.words()),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Self::Type(Type::Record(r)) => json!({ "record": r }),
            Self::Type(Type::Alias(a)) => json!({ "alias": a }),
            Self::Constant(v) => json!({ "constant": v }),
        }
    }
}

/// One form of a name, and the releases that have it.
struct Form {
    domain: DomainName,
    thing: Thing,
    releases: BTreeSet<DriverVersion>,
}

struct Named<'a>(&'a str);

impl Names for Named<'_> {
    fn record(&self, name: &str) -> bool {
        name == self.0
    }

    fn constant(&self, name: &str) -> bool {
        name == self.0
    }
}

pub(crate) fn show(common: &Common, output: &Output, name: &str, version: Option<&str>, format: Shown) -> Result<Exit> {
    let Some(version) = version else {
        let format = match format {
            Shown::Text => Plain::Text,
            Shown::Json => Plain::Json,
            Shown::Rust => bail!("--format rust prints the definition of one release; say which with --version"),
        };
        let forms = forms(name)?;
        let shown = |form: &Form| form.thing.shown(name);
        return print(output, name, &forms, format, &shown);
    };
    let side = Side::parse(version)?;
    let (label, release) = (side.label(), side.version());
    let mut sources = Sources::open(common)?;
    let place = sources.place(side)?;
    let (abis, _) = sources.read(&[place], Wanted::Named(&Named(name)))?;
    let found: Vec<(DomainName, Thing)> = abis.iter().flat_map(|abi| in_abi(abi, name)).collect();
    if found.is_empty() {
        bail!("{label} defines no struct, union, typedef or integer constant named {name}{}", similar(name)?);
    }
    match format {
        Shown::Rust => {
            let Some(abi) = abis.first() else { bail!("nothing was read") };
            emit::one(output, (&label, release, abi), name)?;
        }
        Shown::Json => {
            let forms: Vec<_> = found.iter().map(|(d, t)| json!({ "domain": d, "is": t.json() })).collect();
            let value = json!({ "schema_version": SCHEMA_VERSION, "name": name, "version": label, "forms": forms });
            output.json(&value)?;
        }
        Shown::Text => {
            let text: Vec<String> = found.iter().map(|(_, t)| t.shown(name)).collect();
            // Both sets of headers define some names alike.
            let distinct: Vec<&String> =
                text.iter().enumerate().filter(|(i, t)| !text[..*i].contains(t)).map(|(_, t)| t).collect();
            output.print(&distinct.into_iter().cloned().collect::<Vec<_>>().join("\n"))?;
        }
    }
    Ok(Exit::Done)
}

fn in_abi(abi: &Abi, name: &str) -> Vec<(DomainName, Thing)> {
    let mut found = Vec::new();
    for d in DomainName::ALL {
        let domain = abi.domain(d);
        found.extend(domain.records.get(name).map(|r| (d, Thing::Type(Type::Record(r.clone())))));
        found.extend(domain.aliases.get(name).map(|a| (d, Thing::Type(Type::Alias(a.clone())))));
        found.extend(domain.constants.get(name).map(|v| (d, Thing::Constant(*v))));
    }
    found
}

pub(crate) fn history(output: &Output, name: &str, format: Plain) -> Result<Exit> {
    print(output, name, &forms(name)?, format, &|form| format!("{}\n", form.thing.words()))
}

fn print(output: &Output, name: &str, forms: &[Form], format: Plain, shown: &dyn Fn(&Form) -> String) -> Result<Exit> {
    if forms.is_empty() {
        bail!("no release defines a struct, union, typedef or integer constant named {name}{}", similar(name)?);
    }
    if format == Plain::Json {
        #[derive(Serialize)]
        struct Json<'a> {
            domain: DomainName,
            releases: &'a BTreeSet<DriverVersion>,
            is: serde_json::Value,
        }
        let forms: Vec<_> =
            forms.iter().map(|f| Json { domain: f.domain, releases: &f.releases, is: f.thing.json() }).collect();
        output.json(&json!({ "schema_version": SCHEMA_VERSION, "name": name, "forms": forms }))?;
        return Ok(Exit::Done);
    }
    let mut all: Vec<DriverVersion> = Catalogue::embedded()?.releases().collect();
    all.sort();
    let mut out = String::new();
    for form in forms {
        // A form that both sets of headers have at the same releases is shown once.
        let twin = |f: &Form| f.domain == DomainName::Nonuvm && f.thing == form.thing && f.releases == form.releases;
        if form.domain == DomainName::Uvm && forms.iter().any(twin) {
            continue;
        }
        let uvm = if form.domain == DomainName::Uvm { "   (nvidia-uvm)" } else { "" };
        let _ = writeln!(out, "{}{uvm}", paint(STRONG, &ranges(&all, &form.releases)));
        for line in shown(form).lines() {
            let _ = writeln!(out, "  {line}");
        }
        out.push('\n');
    }
    let has: BTreeSet<DriverVersion> = forms.iter().flat_map(|f| f.releases.iter().copied()).collect();
    let lacks: BTreeSet<DriverVersion> = all.iter().filter(|v| !has.contains(v)).copied().collect();
    if !lacks.is_empty() {
        let _ = writeln!(out, "{}\n  not defined", paint(STRONG, &ranges(&all, &lacks)));
    }
    output.print(&out)?;
    Ok(Exit::Done)
}

/// Every form a name has had, oldest release first.
fn forms(name: &str) -> Result<Vec<Form>> {
    let catalogue = Catalogue::embedded()?;
    let wanted = |_: DomainName, n: &str| n == name;
    let mut forms: Vec<Form> = Vec::new();
    for h in catalogue.type_histories(&wanted)? {
        let changes = h.changes.into_iter().map(|(v, t)| (v, t.map(Thing::Type))).collect();
        add(&mut forms, h.domain, &changes);
    }
    for h in catalogue.constant_histories(&wanted)? {
        let changes = h.changes.into_iter().map(|(v, t)| (v, t.map(Thing::Constant))).collect();
        add(&mut forms, h.domain, &changes);
    }
    forms.sort_by_key(|f| f.releases.first().copied());
    Ok(forms)
}

fn add(forms: &mut Vec<Form>, domain: DomainName, changes: &History<Thing>) {
    let tree = Tree::embedded();
    let Ok(catalogue) = Catalogue::embedded() else { return };
    for release in catalogue.releases() {
        let ancestors = std::iter::successors(Some(release), |v| tree.parent(*v).map(|r| r.version));
        let holds = ancestors.into_iter().find_map(|v| changes.iter().find(|c| c.0 == v));
        let Some((_, Some(thing))) = holds else { continue };
        match forms.iter_mut().find(|f| f.domain == domain && f.thing == *thing) {
            Some(form) => {
                form.releases.insert(release);
            }
            None => forms.push(Form { domain, thing: thing.clone(), releases: [release].into() }),
        }
    }
}

/// A hint at names that contain the one asked for, or differ from it in case alone.
fn similar(name: &str) -> Result<String> {
    let catalogue = Catalogue::embedded()?;
    let lower = name.to_lowercase();
    let like = |_: DomainName, n: &str| n.to_lowercase().contains(&lower);
    let mut names: BTreeSet<String> = catalogue.type_histories(&like)?.into_iter().map(|h| h.name).collect();
    names.extend(catalogue.constant_histories(&like)?.into_iter().map(|h| h.name));
    if names.is_empty() || lower.is_empty() {
        return Ok(String::new());
    }
    let shown: Vec<String> = names.iter().take(5).cloned().collect();
    Ok(format!("; there is {}{}", shown.join(", "), if names.len() > 5 { ", and more" } else { "" }))
}
