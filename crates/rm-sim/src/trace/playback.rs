//! A driver that answers as a recorded one did.

use super::{Header, LentValue, Record, SCHEMA_VERSION, TraceError};
use crate::{File, Profile, Simulator};
use nvproxy::abi::Abi;
use nvproxy::abi::numbers::{NV_ESC_RM_ALLOC, NV_ESC_RM_CONTROL, NV_ESC_RM_MAP_MEMORY, NV_ESC_RM_VID_HEAP_CONTROL};
use nvproxy::{Call, Errno, HostDriver, Lent, Node, Value};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io::BufRead;
use version_tree::Tree;

/// The GPU whose place a recorded one takes: only its files are used.
const STAND_IN: &str = "h100";
/// As long as a line of a trace may be, in bytes.
const LONGEST_LINE: u64 = 64 << 20;

/// A driver that answers as a recorded one did.
///
/// A call is answered by a record of the same kind of file, the same request and, for those that say what else they are
/// about (control commands, allocations), the same subject; of several by the one whose parameters differ least, and of
/// equals by the first that was not used yet. What is lent for a call, pointers and descriptors, is not compared, and
/// stays the caller's. When all are used, the last is used again: clients that wait do not ask equally often each time.
///
/// What is mapped is memory that holds nothing: a trace has parameters only.
pub struct Playback {
    header: Header,
    simulator: Simulator,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The records of each subject, and whether they were used.
    records: HashMap<Subject, Vec<(Record, bool)>>,
    /// Which of the trace's files a file is.
    files: HashMap<u64, u64>,
    unmatched: u64,
}

/// What a call is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Subject {
    node: String,
    request: u32,
    detail: u32,
}

impl Playback {
    /// Reads a trace.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn new(mut reader: impl BufRead) -> Result<Self, TraceError> {
        let mut number = 0;
        let mut line = || -> Result<Option<(usize, String)>, TraceError> {
            let mut text = String::new();
            number += 1;
            let len = std::io::Read::take(&mut reader, LONGEST_LINE).read_line(&mut text)?;
            Ok((len > 0).then_some((number, text)))
        };
        let (_, first) = line()?.unwrap_or_default();
        let header: Header =
            serde_json::from_str(&first).map_err(|source| TraceError::Malformed { line: 1, source })?;
        if header.schema_version != SCHEMA_VERSION {
            return Err(TraceError::Version(header.schema_version));
        }
        let mut state = State::default();
        while let Some((line, text)) = line()? {
            if text.trim().is_empty() {
                continue;
            }
            let record: Record =
                serde_json::from_str(&text).map_err(|source| TraceError::Malformed { line, source })?;
            let argument = record.argument.map(|(start, end)| start..end);
            let subject = subject(&record.node, record.request, argument.and_then(|range| record.before.0.get(range)));
            state.records.entry(subject).or_default().push((record, false));
        }
        Ok(Self { simulator: machine(&header)?, header, state: Mutex::new(state) })
    }

    /// What the trace says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The machine whose files are opened: how a runtime shows it to a guest.
    pub fn machine(&self) -> &Simulator {
        &self.simulator
    }

    /// How many records answered no call yet.
    pub fn unused(&self) -> usize {
        self.state.lock().records.values().flatten().filter(|(_, used)| !used).count()
    }

    /// How many calls found no record.
    pub fn unmatched(&self) -> u64 {
        self.state.lock().unmatched
    }
}

/// A machine with the release and as many GPUs as the trace was made on.
fn machine(header: &Header) -> Result<Simulator, TraceError> {
    let wrong = |what: String| TraceError::Machine(what);
    let version = header.driver.parse().map_err(|error: version_tree::VersionError| wrong(error.to_string()))?;
    let abi = Abi::compose(Tree::embedded(), version).map_err(|error| wrong(error.to_string()))?;
    let profile = Profile::named(STAND_IN).map_err(|error| wrong(error.to_string()))?;
    let gpus = header.gpus.iter().max().map_or(1, |minor| (*minor as usize).saturating_add(1));
    if gpus > crate::machine::MOST_GPUS {
        return Err(wrong(format!("it has a GPU of the minor number {}", gpus - 1)));
    }
    Simulator::new(abi, &vec![profile; gpus]).map_err(|error| wrong(error.to_string()))
}

fn subject(node: &str, request: u32, argument: Option<&[u8]>) -> Subject {
    let word = |at: usize| {
        let bytes = argument?.get(at..at + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    };
    let detail = match request & 0xff {
        _ if node == Node::Uvm.to_string() => None,
        // The command, the class and the function.
        NV_ESC_RM_CONTROL | NV_ESC_RM_VID_HEAP_CONTROL => word(8),
        NV_ESC_RM_ALLOC => word(12),
        _ => None,
    };
    Subject { node: node.to_owned(), request, detail: detail.unwrap_or(0) }
}

/// Whether the same things are lent at the same places; where they are is the caller's business.
fn lends_alike(recorded: &[super::Lent], lent: &[Lent]) -> bool {
    recorded.len() == lent.len()
        && recorded.iter().zip(lent).all(|(one, other)| {
            let alike = match (&one.value, &other.value) {
                (LentValue::Bytes(start, end), Value::Bytes(range)) => start.checked_add(range.len()) == Some(*end),
                (LentValue::File(_), Value::File(_)) | (LentValue::Mapped, Value::Mapped(_)) => true,
                (LentValue::Number(_), Value::Number(_)) => true,
                // Events are known by the guest's number or by the host's.
                (LentValue::File(_), Value::Number(_)) | (LentValue::Number(_), Value::File(_)) => true,
                _ => false,
            };
            (one.at, one.width) == (other.at, other.width) && alike
        })
}

/// How much of the parameters differs, what is lent aside.
fn difference(record: &Record, bytes: &[u8]) -> usize {
    let lent = |at: usize| record.lent.iter().any(|lent| (lent.at..lent.at + lent.width).contains(&at));
    let differs = |(at, (a, b)): &(usize, (&u8, &u8))| a != b && !lent(*at);
    record.before.0.iter().zip(bytes).enumerate().filter(differs).count()
}

/// Writes what the driver changed.
fn replay(record: &Record, bytes: &mut [u8]) {
    let Some(after) = &record.after else { return };
    for (at, (before, after)) in record.before.0.iter().zip(&after.0).enumerate() {
        if before != after
            && let Some(byte) = bytes.get_mut(at)
        {
            *byte = *after;
        }
    }
}

impl State {
    /// The record that answers a call.
    fn find(&mut self, subject: &Subject, file: u64, bytes: &[u8], lent: &[Lent]) -> Option<&Record> {
        let known = self.files.get(&file).copied();
        let claimed: Vec<u64> = self.files.values().copied().collect();
        let records = self.records.get_mut(subject)?;
        let fits = |record: &Record| record.before.0.len() == bytes.len() && lends_alike(&record.lent, lent);
        let rank = |(index, (record, used)): (usize, &(Record, bool))| {
            // Of its own file rather than of one that nobody has yet, and rather than of another's.
            let of = match known {
                Some(known) if known == record.file => 0,
                None if !claimed.contains(&record.file) => 1,
                _ => 2,
            };
            // What was used already is the last resort, and then the latest.
            let order = if *used { usize::MAX - index } else { index };
            (*used, of, difference(record, bytes), order)
        };
        let candidates = records.iter().enumerate().filter(|(_, (record, _))| fits(record));
        let (index, _) = candidates.min_by_key(|candidate| rank(*candidate))?;
        let (record, used) = records.get_mut(index)?;
        *used = true;
        if known.is_none() && !claimed.contains(&record.file) {
            self.files.insert(file, record.file);
        }
        Some(record)
    }
}

impl HostDriver for Playback {
    type File = File;

    fn open(&self, node: Node) -> Result<File, Errno> {
        self.simulator.open(node)
    }

    fn ioctl(&self, file: &File, call: &mut Call<'_, File>) -> Result<i32, Errno> {
        let (request, lent, files) = (call.request(), call.lent(), call.files());
        let argument = call.argument();
        let bytes = call.bytes();
        let subject = subject(&file.node().to_string(), request, argument.clone().and_then(|range| bytes.get(range)));
        let mut state = self.state.lock();
        let Some(record) = state.find(&subject, file.0.id, bytes, lent) else {
            state.unmatched += 1;
            return Err(Errno::EINVAL);
        };
        replay(record, bytes);
        let result = record.result;
        drop(state);
        if result < 0 {
            return Err(Errno::from_raw(result.saturating_neg()));
        }
        if request & 0xff == NV_ESC_RM_MAP_MEMORY && file.node().is_frontend() {
            let target = lent.iter().find_map(|lent| match lent.value {
                Value::File(index) => files.get(index).copied(),
                _ => None,
            });
            if let (Some(target), Some(start)) = (target, argument.map(|range| range.start)) {
                // NVOS33_PARAMETERS.length
                self.simulator.map_nothing(target, bytes.get(start + 24..start + 32));
            }
        }
        Ok(result)
    }
}
