//! What a client asked for and the simulator does not have.

use parking_lot::Mutex;
use std::collections::BTreeMap;

/// What kind of request it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An ioctl on a frontend file, by its number.
    Escape,
    /// An ioctl on `/dev/nvidia-uvm`.
    Uvm,
    /// A control command.
    Control,
    /// A class.
    Class,
    /// A method of a channel: its subchannel's class in the upper half, its address in the lower.
    Method,
}

/// A request that the simulator answered as not supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What kind.
    pub kind: Kind,
    /// Its number.
    pub number: u32,
    /// NVIDIA's name for it, if it has one at this release.
    pub name: Option<&'static str>,
    /// How often it was asked for.
    pub count: u64,
}

/// A guest can make up as many numbers as it likes; more kinds of requests than this are not told apart.
const MOST: usize = 4096;

#[derive(Default)]
pub(crate) struct Unknowns(Mutex<BTreeMap<(Kind, u32), u64>>);

impl Unknowns {
    pub(crate) fn count(&self, kind: Kind, number: u32) {
        let mut counts = self.0.lock();
        if counts.len() < MOST || counts.contains_key(&(kind, number)) {
            let count = counts.entry((kind, number)).or_default();
            *count = count.saturating_add(1);
        }
    }

    pub(crate) fn list(&self, name: impl Fn(Kind, u32) -> Option<&'static str>) -> Vec<Unknown> {
        let counts = self.0.lock();
        let one = |(&(kind, number), &count)| Unknown { kind, number, name: name(kind, number), count };
        let mut list: Vec<_> = counts.iter().map(one).collect();
        list.sort_by_key(|unknown| std::cmp::Reverse(unknown.count));
        list
    }
}
