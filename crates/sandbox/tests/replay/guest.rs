//! A guest that is put together from a record.

use nvproxy::abi::numbers::{NV_ESC_CARD_INFO, NV_ESC_SYS_PARAMS};
use nvproxy::abi::structs::nv_ioctl_card_info_t;
use nvproxy::abi::{Abi, Capabilities};
use nvproxy::{
    Call, Errno, EventKeys, Fault, Guest, GuestFile, GuestFiles, GuestMemory, HostDriver, Lending, Mapped, Node,
    Options, Outcome, Proxy, Value,
};
use rm_sim::trace::{LentValue, Record};
use rm_sim::{File, Playback};
use std::collections::HashMap;
use std::mem::offset_of;
use std::sync::{Arc, Mutex};
use version_tree::Tree;

/// Where the argument of every call is. No pointer of a program's leads there.
const ARGUMENT: u64 = 0x10_0000;

pub(crate) struct Replay {
    proxy: Proxy<Exact>,
    asked: Arc<Mutex<Asked>>,
    capabilities: Capabilities,
    records: Vec<Record>,
}

/// A driver that plays a trace back, and sees whether it is called as the recorded one was.
struct Exact {
    playback: Playback,
    asked: Arc<Mutex<Asked>>,
}

/// What is to come, and what came of it.
#[derive(Default)]
struct Asked {
    expected: Option<Record>,
    difference: Option<String>,
}

impl HostDriver for Exact {
    type File = File;

    fn open(&self, node: Node) -> Result<File, Errno> {
        self.playback.open(node)
    }

    fn ioctl(&self, file: &File, call: &mut Call<'_, File>) -> Result<i32, Errno> {
        {
            let mut asked = self.asked.lock().unwrap();
            asked.difference = match asked.expected.take() {
                Some(record) => difference(&record, call),
                None => Some("there is no second call".to_owned()),
            };
        }
        self.playback.ioctl(file, call)
    }
}

/// What is not as it was recorded.
fn difference(record: &Record, call: &mut Call<'_, File>) -> Option<String> {
    let (request, argument, lent) = (call.request(), call.argument(), call.lent());
    if (request, &argument) != (record.request, &record.argument.map(|(start, end)| start..end)) {
        return Some(format!("{request:#x} of {argument:?}"));
    }
    let same = lent.len() == record.lent.len()
        && lent.iter().zip(&record.lent).all(|(one, other)| {
            let value = match (&one.value, &other.value) {
                (Value::Bytes(range), LentValue::Bytes(start, end)) => *range == (*start..*end),
                (Value::Number(number), LentValue::Number(other)) => number == other,
                (Value::File(_), LentValue::File(_)) | (Value::Mapped(_), LentValue::Mapped) => true,
                _ => false,
            };
            value && (one.at, one.width) == (other.at, other.width)
        });
    if !same {
        return Some(format!("{lent:?} is lent, not {:?}", record.lent));
    }
    let bytes = call.bytes();
    (bytes != record.before.0).then(|| format!("{bytes:02x?}, not {:02x?}", record.before.0))
}

impl Replay {
    pub(crate) fn new(text: &str) -> Self {
        let playback = Playback::new(text.as_bytes()).unwrap();
        let abi = Abi::compose(Tree::embedded(), playback.header().driver.parse().unwrap()).unwrap();
        let records: Vec<Record> = text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
        let asked = Arc::default();
        let mut proxy = Proxy::new(Exact { playback, asked: Arc::clone(&asked) }, abi);
        // Where it was let through, it was the host's.
        if let Some(record) = records.iter().find(|record| record.request & 0xffff == 0x4600 | NV_ESC_SYS_PARAMS) {
            proxy = proxy.with_memory_block_size(u64::from_le_bytes(record.before.0[..8].try_into().unwrap()));
        }
        Self { proxy, asked, capabilities: Capabilities::all(), records }
    }

    pub(crate) fn with_capabilities(&mut self, capabilities: Capabilities) {
        self.capabilities = capabilities;
    }

    /// Expects of the last call something that the driver did not answer.
    pub(crate) fn expect_another_answer(&mut self) {
        let last = self.records.iter_mut().rfind(|record| record.after.is_some()).unwrap();
        let after = last.after.as_mut().unwrap();
        // The last of the ioctl's own parameters is the status.
        let (_, end) = last.argument.unwrap();
        after.0[end - 1] = 0x77;
    }

    /// Makes every call; how many there were.
    pub(crate) fn all(&mut self) -> Result<usize, String> {
        let options = Options { capabilities: self.capabilities, events: EventKeys::Guest, ..Options::default() };
        let sandbox = self.proxy.sandbox(options);
        let mut open = HashMap::new();
        for (index, record) in self.records.iter().enumerate() {
            let what = || format!("call {} ({:#x} on {})", index + 1, record.request, record.node);
            let mut file = |id: u64, node: Node| -> Result<GuestFile<File>, String> {
                let file = match open.entry(id) {
                    std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                    std::collections::hash_map::Entry::Vacant(entry) => {
                        entry.insert(self.proxy.open(&sandbox, node).map_err(|e| format!("{node}: {e}"))?)
                    }
                };
                Ok(GuestFile { file: file.file.clone(), host: file.host.clone() })
            };
            let own = file(record.file, node(&record.node))?;
            let before = &record.before.0;
            let after = record.after.as_ref().map_or(before, |after| &after.0);
            let memory = Memory::default();
            let mut expected = Vec::new();
            if let Some((start, end)) = record.argument {
                memory.put(ARGUMENT, &before[start..end]);
                expected.push((ARGUMENT, start..end));
            }
            let mut files = HashMap::new();
            for lent in &record.lent {
                let guests = unsigned(&before[lent.at..lent.at + lent.width]);
                match lent.value {
                    LentValue::Bytes(start, end) => {
                        memory.put(guests, &before[start..end]);
                        expected.push((guests, start..end));
                    }
                    LentValue::File(id) => {
                        let node = self.records.iter().find(|record| record.file == id);
                        let node = node.map_or(Node::Control, |record| self::node(&record.node));
                        files.insert(guests as i32, file(id, node)?);
                    }
                    LentValue::Mapped | LentValue::Number(_) => {}
                }
            }
            let compared = file(u64::MAX, Node::Control)?;
            let copy = |file: &GuestFile<File>| GuestFile { file: file.file.clone(), host: file.host.clone() };
            let files = Files(files, compared, open.values().map(copy).collect());
            let guest = Guest { memory: &memory, files: &files };
            let address = if record.argument.is_some() { ARGUMENT } else { 0 };
            *self.asked.lock().unwrap() = Asked { expected: Some(record.clone()), difference: None };
            let result = self.proxy.ioctl(&own, record.request, address, &guest);
            let asked = std::mem::take(&mut *self.asked.lock().unwrap());
            if asked.expected.is_some() {
                return Err(format!("{} does not pass: {result:?}", what()));
            }
            if let Some(difference) = asked.difference {
                return Err(format!("{} reaches the driver as another call: {difference}", what()));
            }
            let expected_result =
                if record.result < 0 { Err(Errno::from_raw(-record.result)) } else { Ok(Outcome::Done(record.result)) };
            if result != expected_result {
                return Err(format!("{}: {result:?}, not {expected_result:?}", what()));
            }
            // Of what another pointer leads to, too, the last one counts.
            for (address, range) in expected {
                let found = memory.get(address, range.len());
                if result.is_ok() && !same(&found, after, range.clone(), record) {
                    return Err(format!("{}: at {address:#x} the guest finds {found:02x?}", what()));
                }
            }
        }
        let playback = &self.proxy.driver().playback;
        match (playback.unused(), playback.unmatched()) {
            (0, 0) => Ok(self.records.len()),
            (unused, unmatched) => Err(format!("{unused} records answer nothing, {unmatched} calls have no answer")),
        }
    }
}

/// Whether the guest finds what the driver left. Lists of GPUs, and what is wiped, the proxy changes afterwards: those
/// bytes are not compared with what the driver wrote but where a guest has nothing of its own in them. Where the
/// registers and the memory of a GPU are in the host's memory is not for a guest.
fn same(found: &[u8], after: &[u8], range: std::ops::Range<usize>, record: &Record) -> bool {
    let lent = |at: usize| record.lent.iter().any(|lent| (lent.at..lent.at + lent.width).contains(&at));
    let hidden = |at: usize| record.request & 0xff == NV_ESC_CARD_INFO && is_host_address(at);
    found.iter().zip(range).all(|(byte, at)| lent(at) || *byte == if hidden(at) { 0 } else { after[at] })
}

/// Whether a byte of a list of GPUs is one of a host's address.
fn is_host_address(at: usize) -> bool {
    let fields = [offset_of!(nv_ioctl_card_info_t, reg_address), offset_of!(nv_ioctl_card_info_t, fb_address)];
    let at = at % size_of::<nv_ioctl_card_info_t>();
    fields.iter().any(|field| (*field..field + size_of::<u64>()).contains(&at))
}

fn node(path: &str) -> Node {
    match path {
        "/dev/nvidiactl" => Node::Control,
        "/dev/nvidia-uvm" => Node::Uvm,
        path => Node::Device(path.strip_prefix("/dev/nvidia").and_then(|minor| minor.parse().ok()).unwrap()),
    }
}

fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// What was put into it, byte by byte.
#[derive(Default)]
struct Memory(Mutex<HashMap<u64, u8>>);

impl Memory {
    fn put(&self, address: u64, bytes: &[u8]) {
        self.0.lock().unwrap().extend((address..).zip(bytes.iter().copied()));
    }

    fn get(&self, address: u64, len: usize) -> Vec<u8> {
        let memory = self.0.lock().unwrap();
        (address..).take(len).map(|at| memory.get(&at).copied().unwrap_or_default()).collect()
    }
}

impl GuestMemory for Memory {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        let memory = self.0.lock().unwrap();
        for (at, byte) in (address..).zip(into) {
            *byte = *memory.get(&at).ok_or(Fault)?;
        }
        Ok(())
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.put(address, bytes);
        Ok(())
    }

    fn lend(&self, address: u64, _: u64, _: bool) -> Result<Lending, Errno> {
        struct Same(u64);
        impl Mapped for Same {
            fn address(&self) -> u64 {
                self.0
            }
        }
        Ok(Lending::Mapped(Box::new(Same(address))))
    }
}

/// The files that a call names; and one that stands for those whose numbers the driver only compares, which are in no
/// record; and all that are open.
struct Files(HashMap<i32, GuestFile<File>>, GuestFile<File>, Vec<GuestFile<File>>);

impl GuestFiles<File> for Files {
    fn get(&self, descriptor: i32) -> Option<GuestFile<File>> {
        let file = self.0.get(&descriptor).unwrap_or(&self.1);
        Some(GuestFile { file: file.file.clone(), host: file.host.clone() })
    }

    fn hold(&self, id: u64) -> Option<GuestFile<File>> {
        let file = self.2.iter().find(|file| file.file.id() == id)?;
        Some(GuestFile { file: file.file.clone(), host: file.host.clone() })
    }

    fn install(&self, _: GuestFile<File>) -> Result<i32, Errno> {
        Ok(99)
    }

    fn remove(&self, _: i32) {}
}
