//! What it costs to compose a release and to find an entry: `cargo bench -p nvproxy --bench abi`.

use criterion::{Criterion, criterion_group, criterion_main};
use nvproxy::abi::{Abi, Table};
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

criterion_group!(benches, compose, look_up);
criterion_main!(benches);
