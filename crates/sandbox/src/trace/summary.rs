//! What was asked for, by kind.

use super::event::{Asked, Ending, Event, Why};
use nvproxy::abi::Abi;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;
use version_tree::DriverVersion;

/// Not more kinds than this are told apart: a guest could make up any number.
const KINDS_MAX: usize = 4096;

/// Calls by kind.
#[derive(Debug, Clone)]
pub struct Summary {
    driver: DriverVersion,
    calls: HashMap<Asked, Line>,
    unsupported: HashMap<Asked, Unsupported>,
    uncounted: u64,
}

/// Calls of one kind that were let through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Line {
    /// How many there were.
    pub calls: u64,
    /// To how many of them the driver said no.
    pub failed: u64,
    /// How long the driver took for all of them.
    pub time: Duration,
}

/// Calls of one kind that the proxy refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsupported {
    /// How many there were.
    pub calls: u64,
    /// Why the last of them was.
    pub why: Why,
}

impl Summary {
    /// Of nothing yet.
    pub fn new(abi: &Abi) -> Self {
        Self { driver: abi.version(), calls: HashMap::new(), unsupported: HashMap::new(), uncounted: 0 }
    }

    /// Counts a call.
    pub fn add(&mut self, event: &Event) {
        let asked = event.asked;
        let known = self.calls.contains_key(&asked) || self.unsupported.contains_key(&asked);
        if !known && self.calls.len() + self.unsupported.len() >= KINDS_MAX {
            self.uncounted += 1;
        } else if let Ending::Refused(why) = event.ending {
            let entry = self.unsupported.entry(asked).or_insert(Unsupported { calls: 0, why });
            *entry = Unsupported { calls: entry.calls + 1, why };
        } else {
            let line = self.calls.entry(asked).or_default();
            line.calls += 1;
            line.failed += u64::from(!event.ending.succeeded());
            line.time += event.took.unwrap_or_default();
        }
    }

    /// What was let through, what took longest first.
    pub fn calls(&self) -> Vec<(Asked, Line)> {
        let mut all: Vec<_> = self.calls.iter().map(|(asked, line)| (*asked, *line)).collect();
        all.sort_by_key(|(asked, line)| (std::cmp::Reverse(line.time), *asked));
        all
    }

    /// What was refused, most often first.
    pub fn unsupported(&self) -> Vec<(Asked, Unsupported)> {
        let mut all: Vec<_> = self.unsupported.iter().map(|(asked, line)| (*asked, *line)).collect();
        all.sort_by_key(|(asked, line)| (std::cmp::Reverse(line.calls), *asked));
        all
    }

    /// All that was let through.
    pub fn total(&self) -> Line {
        self.calls.values().fold(Line::default(), |sum, line| Line {
            calls: sum.calls + line.calls,
            failed: sum.failed + line.failed,
            time: sum.time + line.time,
        })
    }

    /// How many were refused.
    pub fn refused(&self) -> u64 {
        self.unsupported.values().map(|line| line.calls).sum()
    }

    /// How many calls of further kinds there were, once 4096 kinds were told apart.
    pub fn uncounted(&self) -> u64 {
        self.uncounted
    }

    /// The release by whose tables that was decided.
    pub fn driver(&self) -> DriverVersion {
        self.driver
    }
}

/// As text, without colours.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::text::summary(self, super::text::Paint::none()))
    }
}
