//! `driver-differ --base A --next B`.

use super::exit::Exit;
use super::output::Output;
use super::sources::{Place, Side, Sources};
use super::{Common, Format, emit, proxied};
use anyhow::Result;
use driver_differ::catalogue::Catalogue;
use driver_differ::diff::origin::{Way, catalogue_agrees, from_abis, from_catalogue};
use driver_differ::diff::{Diff, compare};
use driver_differ::extract::Wanted;
use driver_differ::model::Abi;
use driver_differ::report;
use version_tree::git::History;
use version_tree::{DriverVersion, Tree};

/// What is printed of a comparison.
pub(crate) enum Printed {
    Comparison(Format),
    Rust,
}

pub(crate) fn run(
    common: &Common,
    output: &Output,
    base: &str,
    next: &str,
    all: bool,
    printed: Printed,
) -> Result<Exit> {
    let sides = [Side::parse(base)?, Side::parse(next)?];
    let labels = [sides[0].label(), sides[1].label()];
    let versions = [sides[0].version(), sides[1].version()];
    let mut sources = Sources::open(common)?;
    let places: Vec<Place> = sides.into_iter().map(|side| sources.place(side)).collect::<Result<_>>()?;
    let proxied = proxied(&versions, all, output);
    let wanted = if all { Wanted::All } else { proxied.wanted() };
    let (abis, counts) = sources.read(&places, wanted)?;
    // The process ends with the answer: taking 150,000 names apart again would only make it later. So with `sources`.
    let abis = abis.leak();
    let [base_abi, next_abi] = &*abis else { anyhow::bail!("a side was lost") };
    let mut diff = compare((&labels[0], base_abi), (&labels[1], next_abi), &proxied.entries);
    match printed {
        Printed::Rust => emit::changed(output, base_abi, (&labels[1], versions[1], next_abi))?,
        Printed::Comparison(format) => {
            if let ([Some(base), Some(next)], false) = (versions, diff.is_empty()) {
                origins(&mut diff, &mut sources, (base, base_abi), (next, next_abi), counts.is_none(), wanted, output)?;
            }
            match format {
                Format::Text => output.print(&report::text::diff(&diff))?,
                Format::Markdown => output.print(&report::markdown::diff(&diff))?,
                Format::Json => output.json(&diff)?,
            }
        }
    }
    if let Some(c) = counts {
        output.note(&format!(
            "read {} headers: {} declarations, {} records, {} constants; {} macros are no integers",
            c.files, c.declarations, c.records, c.constants, c.other_macros
        ));
    }
    std::mem::forget(sources);
    Ok(if diff.is_empty() { Exit::Done } else { Exit::Finding })
}

/// Fills in which release introduced each change: from the catalogue where it can be relied on, else by reading the
/// releases on the way from the repository.
fn origins(
    diff: &mut Diff,
    sources: &mut Sources,
    base: (DriverVersion, &Abi),
    next: (DriverVersion, &Abi),
    catalogued: bool,
    wanted: Wanted<'_>,
    output: &Output,
) -> Result<()> {
    let catalogue = Catalogue::embedded()?;
    let tree = Tree::embedded();
    let known = catalogue.contains(base.0) && catalogue.contains(next.0);
    if known && (catalogued || catalogue_agrees(diff, base, next, catalogue)?) {
        let way = Way::between(base.0, next.0, |v| tree.parent(v).map(|r| r.version));
        from_catalogue(diff, &way, catalogue)?;
        return Ok(());
    }
    let unknown =
        || output.note("note: which release introduced each change is not known: the way between them is not at hand");
    let Some(repository) = sources.repository() else {
        unknown();
        return Ok(());
    };
    let history = match History::open(repository.path()) {
        Ok(history) => Some(history),
        Err(e) => {
            output.note(&format!("note: {e}"));
            None
        }
    };
    let placed = |v| history.as_ref().and_then(|h| h.place(v).ok()?.parent);
    let way = Way::between(base.0, next.0, |v| placed(v).or_else(|| tree.parent(v).map(|r| r.version)));
    let releases = if way.common.is_some() { way.releases() } else { Vec::new() };
    let at_hand = releases.iter().map(|&release| sources.at_hand(release)).collect::<Result<Option<Vec<_>>>>()?;
    let Some(places) = at_hand.filter(|places| !places.is_empty()) else {
        unknown();
        return Ok(());
    };
    let (abis, _) = sources.read(&places, wanted)?;
    from_abis(diff, &way, &abis);
    Ok(())
}
