//! What it costs to compose a release, with a pack or without, and to find an entry: `cargo bench -p nvproxy --bench abi`.

use criterion::{Criterion, criterion_group, criterion_main};
use nvproxy::abi::{Abi, Table};
use nvproxy::pack::Pack;
use std::hint::black_box;
use version_tree::{Tree, version};

fn compose(c: &mut Criterion) {
    let tree = Tree::embedded();
    let mut group = c.benchmark_group("compose");
    for release in [version!("515.43.04"), version!("550.54.15"), version!("580.95.05"), version!("620.30.00")] {
        group.bench_function(release.to_string(), |b| b.iter(|| Abi::compose(tree, black_box(release))));
    }
    group.finish();
}

/// From the text of a pack to tables: of a release that changes nothing, and of one that moved a field of every fifth
/// struct that the proxy may lay out anew.
fn pack(c: &mut Criterion) {
    let tree = Tree::embedded();
    let ancestor = Abi::compose(tree, version!("595.45.04")).expect("a release of the tree");
    let same = Pack::unchanged(version!("999.01"), &ancestor);
    let mut moved = same.clone();
    for entries in &mut moved.tables {
        for entry in entries.values_mut().step_by(5) {
            entry.forms.iter_mut().for_each(|form| form.size += 8);
        }
    }
    let mut group = c.benchmark_group("pack");
    for (name, pack) in [("unchanged", same), ("moved", moved)] {
        let text = pack.to_text();
        let read = || Pack::parse(black_box(&text)).expect("a pack").apply(tree).expect("its tables");
        group.bench_function(name, |b| b.iter(read));
    }
    group.finish();
}

fn look_up(c: &mut Criterion) {
    let abi = Abi::compose(Tree::embedded(), version!("580.95.05")).expect("a release of the tree");
    let mut group = c.benchmark_group("look_up");
    for table in Table::ALL {
        // All numbers of the table in turn, in an order that no predictor learns, and one that is not there.
        let rows = abi.table(table);
        let mut numbers: Vec<u32> = rows.iter().map(|row| row.number).chain([0xdead]).collect();
        let mut state = 1u32;
        for index in (1..numbers.len()).rev() {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            numbers.swap(index, (state >> 16) as usize % (index + 1));
        }
        let mut next = numbers.iter().cycle();
        group.bench_function(table.as_str(), |b| b.iter(|| rows.get(black_box(*next.next().unwrap_or(&0)))));
    }
    group.finish();
}

criterion_group!(benches, compose, pack, look_up);
criterion_main!(benches);
