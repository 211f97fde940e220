//! What the proxy adds to a call, against the same driver called directly.
//!
//! The driver does next to nothing, the guest's memory is a vector: what is left is the proxy's own time. Asked of it:
//! a simple control command of up to 4 KiB costs at most 300 ns more, RM_ALLOC of a tracked class at most 1 microsecond
//! more, and freeing a client with 100,000 objects is linear in them and takes less than 100 ms.
#![allow(missing_docs)]

#[path = "../tests/bare/mod.rs"]
mod bare;

use bare::{BASE, Bare, CLIENT, PARAMS, work};
use criterion::{Criterion, criterion_group, criterion_main};
use nvproxy::GuestMemory;
use std::hint::black_box;
use std::time::{Duration, Instant};

fn control(c: &mut Criterion) {
    let bare = Bare::new();
    for about in [64, 4096] {
        let (command, size) = bare.simple(about);
        let mut group = c.benchmark_group(format!("control of {size} bytes"));
        bare.prepare_control(command);
        let mut bytes = vec![0u8; 32 + size];
        group.bench_function("directly", |b| {
            b.iter(|| {
                // The bytes come from the guest and go back to it in either case.
                let (argument, params) = bytes.split_at_mut(32);
                bare.memory.read(BASE, argument).unwrap();
                bare.memory.read(PARAMS, params).unwrap();
                work(black_box(params)).unwrap();
                bare.memory.write(PARAMS, params).unwrap();
                bare.memory.write(BASE, argument).unwrap();
            });
        });
        group.bench_function("proxied", |b| b.iter(|| black_box(bare.control().unwrap())));
        group.finish();
    }
}

/// Not more objects than this are there at a time.
const OBJECTS: u64 = 10_000;

fn alloc(c: &mut Criterion) {
    let mut group = c.benchmark_group("alloc");
    let bare = Bare::new();
    let mut bytes = [0u8; 48];
    group.bench_function("directly", |b| {
        b.iter(|| {
            bare.memory.put(BASE, &[CLIENT, CLIENT, 1, 0xc5c0, PARAMS as u32, 0, 0, 0]);
            let (argument, params) = bytes.split_at_mut(32);
            bare.memory.read(BASE, argument).unwrap();
            bare.memory.read(PARAMS, params).unwrap();
            work(black_box(params)).unwrap();
            bare.memory.write(PARAMS, params).unwrap();
            bare.memory.write(BASE, argument).unwrap();
        });
    });
    group.bench_function("proxied", |b| {
        b.iter_custom(|iterations| {
            let mut took = Duration::ZERO;
            let mut left = iterations;
            while left > 0 {
                let now = left.min(OBJECTS);
                let started = Instant::now();
                (0..now).for_each(|handle| bare.alloc(handle as u32 + 1, CLIENT));
                took += started.elapsed();
                bare.free();
                bare.client();
                left -= now;
            }
            took
        });
    });
    group.finish();
}

fn free(c: &mut Criterion) {
    let mut group = c.benchmark_group("free of a client");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for objects in [10_000u32, 100_000] {
        group.bench_function(format!("with {objects} objects"), |b| {
            b.iter_custom(|iterations| {
                let mut took = Duration::ZERO;
                let bare = Bare::new();
                for _ in 0..iterations {
                    // A tree, as wide as it is deep.
                    (1..=objects).for_each(|handle| bare.alloc(handle, if handle < 10 { CLIENT } else { handle / 10 }));
                    let started = Instant::now();
                    bare.free();
                    took += started.elapsed();
                    bare.client();
                }
                took
            });
        });
    }
    group.finish();
}

criterion_group!(benches, control, alloc, free);
criterion_main!(benches);
