//! Packs the catalogue's text files into the form that is embedded.

use std::path::Path;
use std::{env, fs};

#[allow(dead_code, unreachable_pub)]
#[path = "src/model.rs"]
mod model;

#[allow(dead_code, unreachable_pub)]
#[path = "src/catalogue"]
mod catalogue {
    pub mod pack;
    pub mod text;
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=catalogue");
    let mut releases = Vec::new();
    if Path::new("catalogue").is_dir() {
        for entry in fs::read_dir("catalogue")? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "txt") {
                let text = fs::read_to_string(&path)?;
                let parsed = catalogue::text::ReleaseChanges::parse(&text);
                releases.push(parsed.map_err(|(line, what)| format!("{}:{line}: {what}", path.display()))?);
            }
        }
    }
    let parts = catalogue::pack::pack(&parents_first(releases)?)?;
    let out = env::var("OUT_DIR")?;
    for (name, bytes) in [("records", parts.records), ("constants", parts.constants)] {
        fs::write(Path::new(&out).join(name), zstd::bulk::compress(&bytes, 19)?)?;
    }
    Ok(())
}

/// Each release after its parent; otherwise by name, so that equal files give equal bytes.
fn parents_first(
    mut left: Vec<catalogue::text::ReleaseChanges>,
) -> Result<Vec<catalogue::text::ReleaseChanges>, String> {
    left.sort_by(|a, b| a.release.cmp(&b.release));
    let mut ordered: Vec<catalogue::text::ReleaseChanges> = Vec::new();
    while !left.is_empty() {
        let known = |p: &Option<String>| p.as_ref().is_none_or(|p| ordered.iter().any(|o| o.release == *p));
        let (ready, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(|r| known(&r.parent));
        if ready.is_empty() {
            let names: Vec<_> = rest.iter().map(|r| r.release.as_str()).collect();
            return Err(format!("no file for the parent of any of {}", names.join(", ")));
        }
        ordered.extend(ready);
        left = rest;
    }
    Ok(ordered)
}
