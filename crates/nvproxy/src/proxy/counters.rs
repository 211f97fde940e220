//! What became of calls, per entry: for an exporter to read.

use super::refusal::Refusal;
use crate::abi::{Abi, Row, Table};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Counters of every entry of a release.
#[derive(Debug)]
pub struct Counters {
    tables: [Box<[Counter]>; 4],
    unlisted: Mutex<HashMap<(Table, u32), u64>>,
}

/// Not more numbers than this are told apart that are in no table: a guest could make up any.
const UNLISTED_MAX: usize = 256;

/// Counters of one entry.
#[derive(Debug, Default)]
pub struct Counter {
    forwarded: AtomicU64,
    nanoseconds: AtomicU64,
    refused: [AtomicU64; Refusal::KINDS],
    said: AtomicBool,
}

impl Counters {
    pub(super) fn new(abi: &Abi) -> Self {
        let tables = Table::ALL.map(|table| abi.table(table).iter().map(|_| Counter::default()).collect());
        Self { tables, unlisted: Mutex::default() }
    }

    pub(super) fn of(&self, table: Table, index: usize) -> &Counter {
        // One per row, made from the same tables.
        &self.tables[table as usize][index]
    }

    /// Counts a number that is in no table.
    pub(super) fn unlisted(&self, table: Table, number: u32) {
        let mut unlisted = self.unlisted.lock();
        if unlisted.len() < UNLISTED_MAX || unlisted.contains_key(&(table, number)) {
            let count = unlisted.entry((table, number)).or_insert(0);
            *count += 1;
            if *count == 1 {
                tracing::warn!(table = table.as_str(), number, "refused: not known at this release");
            }
        }
    }

    /// The numbers that were asked for and are in no table, with how often. After 256 different ones, others are not
    /// counted.
    pub fn unknown(&self) -> Vec<(Table, u32, u64)> {
        let mut all: Vec<_> =
            self.unlisted.lock().iter().map(|((table, number), count)| (*table, *number, *count)).collect();
        all.sort_unstable();
        all
    }

    /// Every entry with its counters.
    pub fn iter<'a>(&'a self, abi: &'a Abi) -> impl Iterator<Item = (Table, &'a Row, &'a Counter)> {
        Table::ALL.into_iter().flat_map(move |table| {
            abi.table(table).iter().zip(&self.tables[table as usize]).map(move |(row, counter)| (table, row, counter))
        })
    }
}

impl Counter {
    /// How many calls reached the driver, or were answered in its place.
    pub fn count(&self) -> u64 {
        self.forwarded.load(Ordering::Relaxed)
    }

    /// How long those took in all, the driver's part included; zero unless the proxy was told to look
    /// ([`Proxy::with_times`](super::Proxy::with_times)).
    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }

    /// How many calls were refused, by [`Refusal::kind`].
    pub fn refusals(&self) -> [u64; Refusal::KINDS] {
        std::array::from_fn(|kind| self.refused[kind].load(Ordering::Relaxed))
    }

    pub(super) fn forwarded(&self, took: Option<Duration>) {
        self.forwarded.fetch_add(1, Ordering::Relaxed);
        if let Some(took) = took {
            self.nanoseconds.fetch_add(took.as_nanos() as u64, Ordering::Relaxed);
        }
    }

    pub(super) fn refused(&self, table: Table, name: &'static str, number: u32, refusal: &Refusal) {
        self.refused[refusal.kind()].fetch_add(1, Ordering::Relaxed);
        if !self.said.swap(true, Ordering::Relaxed) {
            tracing::warn!(table = table.as_str(), number, name, %refusal, "refused");
        } else {
            tracing::debug!(table = table.as_str(), number, name, %refusal, "refused");
        }
    }
}
