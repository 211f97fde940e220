//! A guest and a driver made of plain data, which remember everything that was done to them.
// Each test binary takes what it needs of it.
#![allow(dead_code, missing_docs, unreachable_pub)]

use nix::errno::Errno;
use nvproxy::abi::reflect::FieldRef;
use nvproxy::abi::types::NvHandle;
use nvproxy::abi::{Abi, Capabilities};
use nvproxy::{
    Call, Fault, File, Guest, GuestFile, GuestFiles, GuestMemory, HostDriver, Lending, Lent, Mapped, Node, Options,
    Outcome, Proxy, Sandbox,
};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use version_tree::{DriverVersion, Tree};

/// Where the driver sees the bytes of a call. No guest address and no value of a test looks like it.
pub const HOST_BASE: u64 = 0x7eed_f00d_0000_0000;
/// The descriptors of the host begin here.
pub const HOST_FD: i32 = 0x5eed_0000;

/// Memory of a guest: whatever was mapped.
#[derive(Default)]
pub struct Memory {
    pages: Mutex<HashMap<u64, Box<[u8; 4096]>>>,
    pub reads: Mutex<Vec<Range<u64>>>,
    pub writes: Mutex<Vec<(u64, Vec<u8>)>>,
    /// From this many accesses on, all fail.
    pub fail_after: AtomicU64,
    pub accesses: AtomicU64,
    pub lending: Mutex<Option<Result<Lending, Errno>>>,
    pub lent: Mutex<Vec<(u64, u64, bool)>>,
}

impl Memory {
    pub fn new() -> Self {
        Self { fail_after: AtomicU64::new(u64::MAX), ..Self::default() }
    }

    /// Writes without leaving a trace, mapping what is needed.
    pub fn put(&self, address: u64, bytes: &[u8]) {
        let mut pages = self.pages.lock().unwrap();
        for (index, byte) in bytes.iter().enumerate() {
            let address = address + index as u64;
            pages.entry(address >> 12).or_insert_with(|| Box::new([0; 4096]))[(address & 0xfff) as usize] = *byte;
        }
    }

    /// Reads without leaving a trace.
    pub fn get(&self, address: u64, len: usize) -> Vec<u8> {
        let pages = self.pages.lock().unwrap();
        (address..address + len as u64)
            .map(|at| pages.get(&(at >> 12)).map_or(0, |page| page[(at & 0xfff) as usize]))
            .collect()
    }

    pub fn put_u32(&self, address: u64, value: u32) {
        self.put(address, &value.to_le_bytes());
    }

    pub fn get_u32(&self, address: u64) -> u32 {
        u32::from_le_bytes(self.get(address, 4).try_into().unwrap())
    }

    pub fn forget(&self) {
        self.reads.lock().unwrap().clear();
        self.writes.lock().unwrap().clear();
    }

    fn access(&self) -> Result<(), Fault> {
        let count = self.accesses.fetch_add(1, Ordering::Relaxed);
        if count < self.fail_after.load(Ordering::Relaxed) { Ok(()) } else { Err(Fault) }
    }

    /// No byte was read twice since the last `forget`.
    pub fn read_once(&self) -> Result<(), String> {
        let mut reads = self.reads.lock().unwrap().clone();
        reads.sort_by_key(|range| range.start);
        for pair in reads.windows(2) {
            if pair[1].start < pair[0].end {
                return Err(format!("{:#x?} and {:#x?} were read", pair[0], pair[1]));
            }
        }
        Ok(())
    }

    /// Nothing of the host's was ever written to the guest.
    pub fn holds_nothing_of_the_host(&self) -> Result<(), String> {
        for (address, bytes) in self.writes.lock().unwrap().iter() {
            for window in bytes.windows(4) {
                let word = u32::from_le_bytes(window.try_into().unwrap());
                if word == (HOST_BASE >> 32) as u32 || word & 0xffff_0000 == HOST_FD as u32 {
                    return Err(format!("{word:#x} was written at {address:#x}"));
                }
            }
        }
        Ok(())
    }
}

impl GuestMemory for Memory {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        self.access()?;
        let end = address.checked_add(into.len() as u64).ok_or(Fault)?;
        self.reads.lock().unwrap().push(address..end);
        let pages = self.pages.lock().unwrap();
        for (index, byte) in into.iter_mut().enumerate() {
            let at = address + index as u64;
            *byte = pages.get(&(at >> 12)).ok_or(Fault)?[(at & 0xfff) as usize];
        }
        Ok(())
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.access()?;
        address.checked_add(bytes.len() as u64).ok_or(Fault)?;
        self.writes.lock().unwrap().push((address, bytes.to_vec()));
        let mut pages = self.pages.lock().unwrap();
        for (index, byte) in bytes.iter().enumerate() {
            let at = address + index as u64;
            pages.get_mut(&(at >> 12)).ok_or(Fault)?[(at & 0xfff) as usize] = *byte;
        }
        Ok(())
    }

    fn lend(&self, address: u64, length: u64, writable: bool) -> Result<Lending, Errno> {
        self.lent.lock().unwrap().push((address, length, writable));
        self.lending.lock().unwrap().take().unwrap_or(Err(Errno::ENOSYS))
    }
}

/// Memory of a guest in the proxy's process. Tells when it goes.
pub struct Loan(pub u64, pub Arc<AtomicU64>);

impl Mapped for Loan {
    fn address(&self) -> u64 {
        self.0
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

/// A file of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFile {
    pub node: Node,
    pub number: i32,
}

/// Files of a guest.
#[derive(Default)]
pub struct Files {
    pub open: Mutex<HashMap<i32, (Arc<File>, HostFile)>>,
    pub full: Mutex<bool>,
}

impl Files {
    pub fn put(&self, number: i32, file: &GuestFile<HostFile>) {
        self.open.lock().unwrap().insert(number, (file.file.clone(), file.host.clone()));
    }
}

impl GuestFiles<HostFile> for Files {
    fn get(&self, descriptor: i32) -> Option<GuestFile<HostFile>> {
        let open = self.open.lock().unwrap();
        open.get(&descriptor).map(|(file, host)| GuestFile { file: file.clone(), host: host.clone() })
    }

    fn hold(&self, id: u64) -> Option<GuestFile<HostFile>> {
        let open = self.open.lock().unwrap();
        let (file, host) = open.values().find(|(file, _)| file.id() == id)?;
        Some(GuestFile { file: file.clone(), host: host.clone() })
    }

    fn install(&self, file: GuestFile<HostFile>) -> Result<i32, Errno> {
        if *self.full.lock().unwrap() {
            return Err(Errno::EMFILE);
        }
        self.open.lock().unwrap().insert(77, (file.file, file.host));
        Ok(77)
    }

    fn remove(&self, descriptor: i32) {
        self.open.lock().unwrap().remove(&descriptor);
    }
}

/// A call as the driver got it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub file: HostFile,
    pub request: u32,
    /// All bytes, with the host's values in place.
    pub bytes: Vec<u8>,
    pub argument: Option<Range<usize>>,
    pub lent: Vec<Lent>,
}

impl Seen {
    /// The argument.
    pub fn argument(&self) -> &[u8] {
        &self.bytes[self.argument.clone().unwrap()]
    }

    /// A number in the argument.
    pub fn number(&self, field: FieldRef) -> u64 {
        let mut value = [0; 8];
        value[..field.size].copy_from_slice(&self.argument()[field.offset..field.offset + field.size]);
        u64::from_le_bytes(value)
    }

    /// What a pointer of the host's leads to: to the end of that block.
    pub fn follow(&self, pointer: u64) -> Option<&[u8]> {
        let start = usize::try_from(pointer.checked_sub(HOST_BASE)?).ok()?;
        let range = self.lent.iter().find_map(|lent| match &lent.value {
            nvproxy::Value::Bytes(range) if range.start == start => Some(range.clone()),
            _ => None,
        })?;
        self.bytes.get(range)
    }
}

/// What the driver does with the bytes of a call, the host's values in place.
pub type Behaviour = dyn Fn(&Seen, &mut [u8]) -> Result<i32, Errno> + Send + Sync;

/// A driver that does as it is told.
pub struct Script {
    pub seen: Mutex<Vec<Seen>>,
    pub behaviour: Mutex<Arc<Behaviour>>,
    numbers: AtomicI32,
}

impl Default for Script {
    fn default() -> Self {
        Self { seen: Mutex::default(), behaviour: Mutex::new(Arc::new(|_, _| Ok(0))), numbers: AtomicI32::new(HOST_FD) }
    }
}

impl Script {
    pub fn answer(&self, behaviour: impl Fn(&Seen, &mut [u8]) -> Result<i32, Errno> + Send + Sync + 'static) {
        *self.behaviour.lock().unwrap() = Arc::new(behaviour);
    }

    pub fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    pub fn one(&self) -> Seen {
        let mut seen = self.take();
        assert_eq!(seen.len(), 1, "{seen:#x?}");
        seen.remove(0)
    }
}

impl HostDriver for Script {
    type File = HostFile;

    fn open(&self, node: Node) -> Result<HostFile, Errno> {
        Ok(HostFile { node, number: self.numbers.fetch_add(1, Ordering::Relaxed) })
    }

    fn ioctl(&self, file: &HostFile, call: &mut Call<'_, HostFile>) -> Result<i32, Errno> {
        let before = call.bytes().to_vec();
        let kept = call.lend(HOST_BASE, |file| file.number);
        let seen = Seen {
            file: file.clone(),
            request: call.request(),
            bytes: call.bytes().to_vec(),
            argument: call.argument(),
            lent: call.lent().to_vec(),
        };
        let behaviour = self.behaviour.lock().unwrap().clone();
        let result = behaviour(&seen, call.bytes());
        self.seen.lock().unwrap().push(seen);
        let mut after = call.bytes().to_vec();
        let number = call.restore(&kept);
        // Where the host's values were are the guest's again, and everywhere else is what the driver left.
        if let Some(at) = call.opens() {
            after[at..at + 4].fill(0xff);
        }
        for (index, lent) in call.lent().iter().enumerate() {
            let place = lent.at..lent.at + lent.width;
            after[place.clone()].copy_from_slice(&before[place.clone()]);
            let overlaps = |other: &Lent| other.at < place.end && place.start < other.at + other.width;
            assert!(!call.lent()[..index].iter().any(overlaps), "{:#x}: lent twice: {:?}", call.request(), call.lent());
        }
        assert!(call.bytes() == after, "{:#x}: something of the host's stays: {:?}", call.request(), call.lent());
        if result.is_ok() && number >= 0 {
            call.opened(HostFile { node: Node::DmaBuf, number });
        }
        result
    }
}

/// A sandbox with a file of every kind, and one client.
pub struct Fixture {
    pub proxy: Arc<Proxy<Script>>,
    pub sandbox: Arc<Sandbox>,
    pub memory: Memory,
    pub files: Files,
    pub client: NvHandle,
}

pub const CONTROL: i32 = 3;
pub const DEVICE: i32 = 4;
pub const UVM: i32 = 5;
pub const CAPABILITY: i32 = 6;
pub const DMA_BUF: i32 = 7;
/// A control file that no client was made on.
pub const OTHER_CONTROL: i32 = 8;

/// Where the tests put the argument of a call.
pub const ARGUMENT: u64 = 0x10_0000;

pub fn proxy(version: DriverVersion) -> Arc<Proxy<Script>> {
    let abi = Abi::compose(Tree::embedded(), version).unwrap();
    Arc::new(Proxy::new(Script::default(), abi).with_memory_block_size(0x800_0000))
}

impl Fixture {
    pub fn new(version: DriverVersion) -> Self {
        Self::of(proxy(version), Options { capabilities: Capabilities::all(), ..Options::default() }, 0xc1d0_0001)
    }

    pub fn of(proxy: Arc<Proxy<Script>>, mut options: Options, client: u32) -> Self {
        options.open_only.push(Node::Capability(1));
        let sandbox = proxy.sandbox(options);
        let files = Files::default();
        for (number, node) in [
            (CONTROL, Node::Control),
            (DEVICE, Node::Device(0)),
            (UVM, Node::Uvm),
            (CAPABILITY, Node::Capability(1)),
            (DMA_BUF, Node::DmaBuf),
            (OTHER_CONTROL, Node::Control),
        ] {
            files.put(number, &proxy.open(&sandbox, node).unwrap());
        }
        let fixture = Self { proxy, sandbox, memory: Memory::new(), files, client: NvHandle(client) };
        fixture.new_client(client);
        fixture
    }

    /// Makes a client on the control file.
    pub fn new_client(&self, handle: u32) {
        let rm_alloc = 32u32;
        self.memory.put(ARGUMENT, &[0; 64]);
        self.memory.put_u32(ARGUMENT + 12, 0x41);
        // The driver says what it is called.
        self.proxy.driver().answer(move |seen, bytes| {
            let at = seen.argument.clone().unwrap().start + 8;
            bytes[at..at + 4].copy_from_slice(&handle.to_le_bytes());
            Ok(0)
        });
        assert_eq!(self.ioctl(CONTROL, request(0x2b, rm_alloc), ARGUMENT), Ok(Outcome::Done(0)));
        self.proxy.driver().answer(|_, _| Ok(0));
        self.proxy.driver().take();
        self.memory.forget();
    }

    /// Issues a call on the frontend with these parameters.
    pub fn call(&self, descriptor: i32, number: u32, parameters: &[u8]) -> Result<Outcome, Errno> {
        self.memory.put(ARGUMENT, parameters);
        self.ioctl(descriptor, request(number, parameters.len() as u32), ARGUMENT)
    }

    /// Issues a call that the driver answers with success, and gives the parameters afterwards.
    pub fn done(&self, descriptor: i32, number: u32, parameters: &[u8]) -> Vec<u8> {
        assert_eq!(self.call(descriptor, number, parameters), Ok(Outcome::Done(0)));
        self.memory.get(ARGUMENT, parameters.len())
    }

    /// An object that commands of that number get to: one that the proxy does not know, where the firmware is not meant.
    pub fn receiver(&self, command: u32) -> u32 {
        if command & 0x8000 == 0 {
            return 0x5000_0001;
        }
        let object = 0x5100_0000 + (command >> 16);
        assert_eq!(self.alloc(object, self.client.0, command >> 16, 0), 0);
        self.proxy.driver().take();
        object
    }

    /// Whether the proxy knows an object to be of a class: only then a command of the firmware's gets to it.
    pub fn knows(&self, object: u32, class: u32) -> bool {
        self.proxy.driver().take();
        self.control(object, class << 16 | 0x8001, 0, 0).unwrap();
        !self.proxy.driver().take().is_empty()
    }

    pub fn file(&self, descriptor: i32) -> GuestFile<HostFile> {
        self.files.get(descriptor).unwrap()
    }

    pub fn ioctl(&self, descriptor: i32, request: u32, argument: u64) -> Result<Outcome, Errno> {
        let guest = Guest { memory: &self.memory, files: &self.files };
        self.proxy.ioctl(&self.file(descriptor), request, argument, &guest)
    }

    /// Makes an object by NVOS21, without parameters unless the guest's memory at `params` holds some.
    pub fn alloc(&self, handle: u32, parent: u32, class: u32, params: u64) -> u32 {
        self.memory.put(ARGUMENT, &[0; 32]);
        self.memory.put_u32(ARGUMENT, self.client.0);
        self.memory.put_u32(ARGUMENT + 4, parent);
        self.memory.put_u32(ARGUMENT + 8, handle);
        self.memory.put_u32(ARGUMENT + 12, class);
        self.memory.put(ARGUMENT + 16, &params.to_le_bytes());
        let size = self.proxy.abi().frontend().get(0x2b).unwrap().handling.shapes()[0].layout;
        let status = size.fields.iter().find(|field| field.name == "status").unwrap().offset as u64;
        assert_eq!(self.ioctl(CONTROL, request(0x2b, 32), ARGUMENT), Ok(Outcome::Done(0)));
        self.memory.get_u32(ARGUMENT + status)
    }

    /// Frees an object; the status.
    pub fn free(&self, handle: u32) -> u32 {
        self.memory.put(ARGUMENT, &[0; 16]);
        self.memory.put_u32(ARGUMENT, self.client.0);
        self.memory.put_u32(ARGUMENT + 8, handle);
        assert_eq!(self.ioctl(CONTROL, request(0x29, 16), ARGUMENT), Ok(Outcome::Done(0)));
        self.memory.get_u32(ARGUMENT + 12)
    }

    /// Sends a control command with parameters at `address`; the status.
    pub fn control(&self, object: u32, command: u32, address: u64, size: u32) -> Result<u32, Errno> {
        self.control_flags(object, command, address, size, 0)
    }

    pub fn control_flags(&self, object: u32, command: u32, address: u64, size: u32, flags: u32) -> Result<u32, Errno> {
        self.memory.put(ARGUMENT, &[0; 32]);
        self.memory.put_u32(ARGUMENT, self.client.0);
        self.memory.put_u32(ARGUMENT + 4, object);
        self.memory.put_u32(ARGUMENT + 8, command);
        self.memory.put_u32(ARGUMENT + 12, flags);
        self.memory.put(ARGUMENT + 16, &address.to_le_bytes());
        self.memory.put_u32(ARGUMENT + 24, size);
        self.ioctl(CONTROL, request(0x2a, 32), ARGUMENT)?;
        Ok(self.memory.get_u32(ARGUMENT + 28))
    }
}

/// Numbers of 32 bits as bytes. One of 64 bits is two of them, the lower half first.
pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The number of 32 bits at an offset.
pub fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The number of 64 bits at an offset.
pub fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Has the driver write a status into arguments that are long enough.
pub fn fail(proxy: &Proxy<Script>, at: usize, status: u32) {
    proxy.driver().answer(move |seen, bytes| {
        if let Some(place) = bytes[seen.argument.clone().unwrap()].get_mut(at..at + 4) {
            place.copy_from_slice(&status.to_le_bytes());
        }
        Ok(0)
    });
}

/// `_IOWR('F', number, size)`.
pub fn request(number: u32, size: u32) -> u32 {
    3 << 30 | size << 16 | 0x46 << 8 | number
}
