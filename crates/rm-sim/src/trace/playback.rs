//! A driver that plays back what a recorded one answered.

use super::read::{Entry, TraceError, read};
use super::{Header, LentValue};
use nvproxy::abi::numbers::{NV_ESC_RM_ALLOC, NV_ESC_RM_CONTROL};
use nvproxy::abi::structs::{NVOS21_PARAMETERS, NVOS54_PARAMETERS};
use nvproxy::{Call, Errno, HostDriver, Lent, Node, Value};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::BufRead;
use std::ops::Range;

/// A driver that answers as a recorded one did.
///
/// A call gets the answer of the first recorded one with the same parameters that was not given yet. Pointers and
/// descriptors are no part of that: they differ from one run of a program to the next. If all are given, the last is
/// given again, as to a program that waits for something; if there is none, the next of the same kind. Memory cannot be
/// mapped: what was in it is not recorded.
pub struct Playback {
    header: Header,
    entries: Vec<Entry>,
    state: Mutex<State>,
}

struct State {
    same: HashMap<Vec<u8>, Waiting>,
    similar: HashMap<Vec<u8>, VecDeque<usize>>,
    given: Vec<bool>,
    unknown: BTreeMap<u32, u64>,
}

/// Recorded calls with the same parameters.
#[derive(Default)]
struct Waiting {
    next: VecDeque<usize>,
    last: Option<usize>,
}

/// An open file of a [`Playback`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Played(Node);

impl Playback {
    /// Reads a trace.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn new(reader: impl BufRead) -> Result<Self, TraceError> {
        let (header, entries) = read(reader)?;
        let (mut same, mut similar) = (HashMap::<_, Waiting>::new(), HashMap::<_, VecDeque<usize>>::new());
        for (index, entry) in entries.iter().enumerate() {
            let asked = Asked::recorded(entry);
            same.entry(asked.exactly()).or_default().next.push_back(index);
            similar.entry(asked.roughly()).or_default().push_back(index);
        }
        let given = vec![false; entries.len()];
        let state = State { same, similar, given, unknown: BTreeMap::new() };
        Ok(Self { header, entries, state: Mutex::new(state) })
    }

    /// What the trace says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// How many recorded calls nobody has made yet.
    pub fn left(&self) -> usize {
        self.state.lock().given.iter().filter(|given| !**given).count()
    }

    /// The request numbers that there is no answer to, with how often they came.
    pub fn unknown(&self) -> Vec<(u32, u64)> {
        self.state.lock().unknown.iter().map(|(request, count)| (*request, *count)).collect()
    }

    fn find(&self, asked: &Asked<'_>) -> Option<&Entry> {
        let mut state = self.state.lock();
        let State { same, similar, given, .. } = &mut *state;
        let index = match same.get_mut(&asked.exactly()) {
            Some(waiting) => {
                // One that was given for want of a better one is no answer any more, unless there is no other.
                while waiting.next.len() > 1 && waiting.next.front().is_some_and(|index| given[*index]) {
                    waiting.next.pop_front();
                }
                let index = waiting.next.pop_front().or(waiting.last)?;
                waiting.last = Some(index);
                index
            }
            None => {
                let fits = |index: &usize| self.entries[*index].after.len() == asked.bytes.len();
                let waiting = similar.get_mut(&asked.roughly())?;
                *waiting
                    .iter()
                    .find(|index| !given[**index] && fits(index))
                    .or(waiting.iter().rfind(|index| fits(index)))?
            }
        };
        given[index] = true;
        self.entries.get(index)
    }
}

impl HostDriver for Playback {
    type File = Played;

    fn open(&self, node: Node) -> Result<Played, Errno> {
        let path = node.to_string();
        let there = match node {
            Node::Device(minor) => self.header.gpus.contains(&minor),
            _ => false,
        };
        let used = || self.entries.iter().any(|entry| entry.record.node == path);
        if there || node == Node::Control || used() { Ok(Played(node)) } else { Err(Errno::ENODEV) }
    }

    fn ioctl(&self, file: &Played, call: &mut Call<'_, Played>) -> Result<i32, Errno> {
        let (request, argument, lent) = (call.request(), call.argument(), call.lent());
        let places = lent.iter().map(place).collect();
        let asked = Asked { node: file.0.to_string(), request, argument, bytes: call.bytes(), places };
        let Some(entry) = self.find(&asked) else {
            *self.state.lock().unknown.entry(request).or_default() += 1;
            return Err(Errno::EINVAL);
        };
        // What the driver changed, and nothing else: pointers and descriptors are this run's.
        for (byte, (before, after)) in call.bytes().iter_mut().zip(entry.before.iter().zip(&entry.after)) {
            if before != after {
                *byte = *after;
            }
        }
        match entry.record.result {
            error @ ..0 => Err(Errno::from_raw(error.saturating_neg())),
            value => Ok(value),
        }
    }
}

/// What a call asks, without what differs from one run to the next.
struct Asked<'a> {
    node: String,
    request: u32,
    argument: Option<Range<usize>>,
    bytes: &'a [u8],
    /// Where something was lent, and where it leads if it is a pointer.
    places: Vec<(Range<usize>, Option<Range<usize>>)>,
}

fn place(lent: &Lent) -> (Range<usize>, Option<Range<usize>>) {
    let leads = match &lent.value {
        Value::Bytes(range) => Some(range.clone()),
        Value::File(_) | Value::Mapped(_) | Value::Number(_) => None,
    };
    (lent.at..lent.at + lent.width, leads)
}

impl<'a> Asked<'a> {
    fn recorded(entry: &'a Entry) -> Self {
        let record = &entry.record;
        let places = record.lent.iter().map(|lent| {
            let leads = match lent.value {
                LentValue::Bytes(start, end) => Some(start..end),
                LentValue::File(_) | LentValue::Mapped | LentValue::Number(_) => None,
            };
            (lent.at..lent.at + lent.width, leads)
        });
        Self {
            node: record.node.clone(),
            request: record.request,
            argument: record.argument.map(|(start, end)| start..end),
            bytes: &entry.before,
            places: places.collect(),
        }
    }

    /// Calls with the same parameters have the same of this.
    fn exactly(&self) -> Vec<u8> {
        let mut key = self.kind();
        let mut bytes = self.bytes.to_vec();
        for (at, leads) in &self.places {
            if let Some(place) = bytes.get_mut(at.clone()) {
                place.fill(0);
            }
            let leads = leads.clone().unwrap_or_default();
            key.extend([at.start, leads.start, leads.end].iter().flat_map(|number| number.to_le_bytes()));
        }
        key.extend(bytes);
        key
    }

    /// Calls of the same kind have the same of this: the command or the class counts, too.
    fn roughly(&self) -> Vec<u8> {
        let mut key = self.kind();
        let inner = match self.request & 0xff {
            NV_ESC_RM_CONTROL => std::mem::offset_of!(NVOS54_PARAMETERS, cmd),
            NV_ESC_RM_ALLOC => std::mem::offset_of!(NVOS21_PARAMETERS, hClass),
            _ => return key,
        };
        let at = self.argument.as_ref().map_or(0, |argument| argument.start) + inner;
        key.extend(self.bytes.get(at..at + 4).unwrap_or_default());
        key
    }

    fn kind(&self) -> Vec<u8> {
        let mut key = self.request.to_le_bytes().to_vec();
        key.extend(self.node.as_bytes());
        key
    }
}
