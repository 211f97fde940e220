//! Where releases sit, and why.

use std::fmt::Write;

use super::text::code;
use crate::add::{Came, Headers, Step};

/// One release.
pub(super) fn step(out: &mut String, step: &Step) {
    let placement = &step.place.placement;
    let version = step.version();
    let under = placement.parent.map_or_else(|| "is the root".to_string(), |parent| format!("under **{parent}**"));
    let _ = write!(out, "- **{version}** {under}: commit {} ", code(&step.place.commit));
    let _ = match (&placement.branch, placement.on_main) {
        (_, true) => write!(out, "is on `main`"),
        (Some(branch), _) => write!(out, "is on branch {}", code(branch)),
        (None, _) => write!(out, "is on no branch that still exists"),
    };
    if let Some(cut) = placement.branched_off_at {
        let _ = write!(out, ", which left at {cut}");
    }
    if let Some(parent) = placement.parent {
        let _ = write!(out, ", and {parent} is the release met first below it");
    }
    if placement.also_on_main {
        out.push_str("; `main` has it a second time, with the same interface, and later releases descend from there");
    }
    out.push('.');
    match step.came {
        Came::Inserted if step.asked => {}
        Came::Inserted => out.push_str(" It lies between the release asked for and the tree, which lacked it."),
        Came::Published { before } if before == placement.parent => {
            out.push_str(" It was known from lists; its headers are published now.");
        }
        Came::Published { before } => {
            let before = before.map_or_else(String::new, |before| format!(", under {before}"));
            let _ = write!(out, " It was known from lists{before}; its headers are published now.");
        }
        Came::Present => out.push_str(" The tree has it so."),
    }
    for older in &step.out_of_order {
        let _ = write!(out, " {older} is numbered lower than its parent: `out_of_order`, since the history has it so.");
    }
    let _ = writeln!(out, " {}", headers(step));
}

fn headers(step: &Step) -> String {
    let Headers { records, aliases, constants } = step.headers;
    let Some(parent) = step.place.placement.parent else {
        return "It is where everything begins.".to_string();
    };
    if step.headers == Headers::default() {
        return format!("Its headers define what those of {parent} do.");
    }
    let entries = match step.changes.len() {
        0 => "nothing that the proxy knows".to_string(),
        1 => "one entry of the proxy".to_string(),
        more => format!("{more} entries of the proxy"),
    };
    format!(
        "Its headers change {records} records, {aliases} typedefs and {constants} constants, and with them {entries}."
    )
}
