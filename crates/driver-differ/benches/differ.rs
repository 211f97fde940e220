//! What a question costs: from the catalogue, and from headers read afresh.
//!
//! `cargo bench -p driver-differ`; with NVPROXY_DRIVER_REPO set to a clone of NVIDIA/open-gpu-kernel-modules the
//! headers are read, too. `scripts/bench` times the whole process beside a C compiler's.

use criterion::{Criterion, criterion_group, criterion_main};
use driver_differ::catalogue::Catalogue;
use driver_differ::diff::compare;
use driver_differ::extract::{Session, Wanted};
use driver_differ::headers::Tree;
use driver_differ::proxied::Proxied;
use driver_differ::source::Repository;
use std::hint::black_box;
use std::path::Path;
use version_tree::DriverVersion;

const BASE: &str = "570.211.01";
const NEXT: &str = "580.65.06";

fn catalogue(c: &mut Criterion) {
    let releases: Vec<DriverVersion> = [BASE, NEXT].iter().map(|v| v.parse().expect("a version")).collect();
    let catalogue = Catalogue::embedded().expect("the catalogue of this build");
    let proxied = Proxied::at(&releases[..1]);
    let mut diff = |name: &str, wanted: Wanted<'_>| {
        c.bench_function(name, |b| {
            b.iter(|| {
                let abis = catalogue.abis(&releases, wanted).expect("both releases");
                black_box(compare((BASE, &abis[0]), (NEXT, &abis[1]), &proxied.entries))
            });
        });
    };
    diff("catalogue/proxied", proxied.wanted());
    diff("catalogue/all", Wanted::All);
}

fn headers(c: &mut Criterion) {
    let Some(path) = std::env::var_os("NVPROXY_DRIVER_REPO") else {
        eprintln!("SKIPPED: reading headers (NVPROXY_DRIVER_REPO names no repository)");
        return;
    };
    let repository = Repository::open(Path::new(&path)).expect("a repository");
    let read = |names: &[String]| {
        // One release after the other, as a reader of the whole history does.
        let mut session = Session::new();
        for name in names {
            let tree = repository.release(name).expect("a readable tag").expect("a tag");
            black_box(session.extract(&tree as &dyn Tree, Wanted::All).expect("headers that are understood"));
        }
    };
    let mut group = c.benchmark_group("headers");
    group.sample_size(10);
    let all: Vec<String> = Catalogue::embedded().expect("the catalogue").releases().map(|v| v.to_string()).collect();
    for (label, names) in [
        ("one release", vec![NEXT.to_string()]),
        ("the same release twice", vec![NEXT.to_string(); 2]),
        ("two releases", vec![BASE.to_string(), NEXT.to_string()]),
        ("all releases", all),
    ] {
        group.bench_function(label, |b| b.iter(|| read(&names)));
    }
    group.finish();
}

criterion_group!(benches, catalogue, headers);
criterion_main!(benches);
