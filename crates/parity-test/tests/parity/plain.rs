//! The fields that [`parity_test::plain`] finds in headers, against those of the proxy's structs: both must see the same.

use crate::trial;
use crate::world::World;
use libtest_mimic::Trial;
use nvproxy::abi::Table;
use parity_test::layouts::domain;
use parity_test::plain;
use parity_test::reviewed::REVIEWED;
use std::collections::BTreeMap;
use version_tree::version;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("fields_of_headers_are_found_where_the_structs_have_them", of_headers)]
}

fn of_headers(world: &World) -> Vec<String> {
    let mut findings = Vec::new();
    let mut compared = 0;
    for release in [version!("515.43.04"), version!("550.54.15"), version!("595.45.04")] {
        let headers = world.catalogue(release, false);
        for (table, row) in &world.proxy(release).rows {
            // A handle alone has no fields.
            for shape in row.handling.shapes().iter().filter(|shape| shape.name != "NvHandle") {
                let title = format!("{release} {} {}", Table::as_str(*table), row.name);
                let (size, fields) = match plain::fields(headers.domain(domain(*table)), shape.name) {
                    Ok(found) => found,
                    Err(error) => {
                        findings.push(format!("{title}: {error}"));
                        continue;
                    }
                };
                let mut ours = BTreeMap::new();
                shape.layout.walk(&mut |path, offset, field| {
                    ours.insert(path.to_owned(), (offset as u64, field.ty.size() as u64));
                });
                let theirs: BTreeMap<_, _> = fields.iter().map(|f| (f.path.clone(), (f.offset, f.size))).collect();
                compared += theirs.len();
                if ours != theirs || size != shape.layout.size as u64 {
                    findings.push(format!("{title}: {} has another size or other fields", shape.name));
                }
                findings
                    .extend(plain::check(&fields, shape.params, REVIEWED).into_iter().map(|f| format!("{title}: {f}")));
            }
        }
    }
    if compared < 5_000 {
        findings.push(format!("only {compared} fields compared"));
    }
    findings
}
