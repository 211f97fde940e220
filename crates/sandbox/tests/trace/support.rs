//! Calls made by hand, and a driver that does what a function says.

use nvproxy::abi::Abi;
use nvproxy::{
    Call, Errno, Fault, Guest, GuestFile, GuestFiles, GuestMemory, HostDriver, Lent, Node, Options, Outcome, Proxy,
    Value,
};
use sandbox::trace::{Called, Observed, Tracer};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use version_tree::{DriverVersion, Tree};

pub(crate) fn abi(version: DriverVersion) -> Abi {
    Abi::compose(Tree::embedded(), version).unwrap()
}

/// `_IOWR('F', number, size)`.
pub(crate) fn request(number: u32, size: usize) -> u32 {
    3 << 30 | (size as u32) << 16 | 0x46 << 8 | number
}

/// Numbers of 32 bits as bytes.
pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A call of one ioctl's parameters and what a pointer in them leads to.
pub(crate) struct ByHand {
    pub(crate) node: Node,
    pub(crate) number: u32,
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
    pub(crate) argument: Range<usize>,
    pub(crate) lent: Vec<Lent>,
    pub(crate) files: Vec<(u64, Node)>,
    pub(crate) result: Result<i32, Errno>,
}

impl ByHand {
    pub(crate) fn new(node: Node, number: u32, parameters: &[u8]) -> Self {
        let (before, after) = (parameters.to_vec(), parameters.to_vec());
        let argument = 0..parameters.len();
        Self { node, number, before, after, argument, lent: Vec::new(), files: Vec::new(), result: Ok(0) }
    }

    /// With other bytes, to which the pointer at `at` leads; where they begin.
    pub(crate) fn pointing(mut self, at: usize, bytes: &[u8]) -> Self {
        let start = self.before.len();
        self.before.extend(bytes);
        self.after.extend(bytes);
        let range = start..self.before.len();
        self.lent.push(Lent { at, width: 8, value: Value::Bytes(range) });
        self
    }

    /// The driver writes that there.
    pub(crate) fn writes(mut self, at: usize, bytes: &[u8]) -> Self {
        self.after[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub(crate) fn called(&self) -> Called<'_> {
        let size = self.argument.len();
        Called {
            file: 7,
            node: self.node,
            request: if self.node.is_frontend() { request(self.number, size) } else { self.number },
            before: &self.before,
            after: &self.after,
            argument: Some(self.argument.clone()),
            lent: &self.lent,
            files: &self.files,
            result: self.result,
            took: Duration::from_micros(12),
        }
    }
}

/// What a driver does with an ioctl's own parameters and everything else of the call.
pub(crate) type Behaviour = dyn Fn(u32, &mut [u8]) -> Result<i32, Errno> + Send + Sync;

/// A driver that does what a function says.
pub(crate) struct Driver(pub(crate) Box<Behaviour>);

impl HostDriver for Driver {
    type File = Node;

    fn open(&self, node: Node) -> Result<Node, Errno> {
        Ok(node)
    }

    fn ioctl(&self, _: &Node, call: &mut Call<'_, Node>) -> Result<i32, Errno> {
        let request = call.request();
        (self.0)(request, call.bytes())
    }
}

/// A guest with one page at 0x1000, and what watches it.
pub(crate) struct Fixture<D: HostDriver> {
    pub(crate) proxy: Proxy<Observed<D>>,
    pub(crate) tracer: Arc<Tracer>,
    files: Files<D::File>,
    memory: Memory,
}

pub(crate) const CONTROL: i32 = 3;
pub(crate) const DEVICE: i32 = 4;
pub(crate) const PAGE: u64 = 0x1000;

impl<D: HostDriver> Fixture<D>
where
    D::File: Clone,
{
    pub(crate) fn new(abi: Abi, driver: D, tracer: Tracer, options: Options) -> Self {
        let tracer = Arc::new(tracer);
        let proxy = Proxy::new(Observed::new(driver, tracer.clone()), abi).with_observer(tracer.clone());
        let sandbox = proxy.sandbox(options);
        let open = |node| proxy.open(&sandbox, node).unwrap();
        let files = HashMap::from([(CONTROL, open(Node::Control)), (DEVICE, open(Node::Device(0)))]);
        Self { proxy, tracer, files: Files(Mutex::new(files)), memory: Memory(Mutex::new(vec![0; 0x10000])) }
    }

    pub(crate) fn put(&self, address: u64, bytes: &[u8]) {
        self.memory.write(address, bytes).unwrap();
    }

    pub(crate) fn get(&self, address: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        self.memory.read(address, &mut bytes).unwrap();
        bytes
    }

    /// An ioctl on a frontend file; the parameters afterwards.
    pub(crate) fn ioctl(&self, descriptor: i32, number: u32, parameters: &[u8]) -> Result<Vec<u8>, Errno> {
        self.put(PAGE, parameters);
        let file = self.files.get(descriptor).unwrap();
        let guest = Guest { memory: &self.memory, files: &self.files };
        let outcome = self.proxy.ioctl(&file, request(number, parameters.len()), PAGE, &guest)?;
        assert_eq!(outcome, Outcome::Done(0));
        Ok(self.get(PAGE, parameters.len()))
    }
}

struct Memory(Mutex<Vec<u8>>);

impl Memory {
    fn part(&self, address: u64, len: usize) -> Result<Range<usize>, Fault> {
        let start = address.checked_sub(PAGE).ok_or(Fault)? as usize;
        let end = start.checked_add(len).ok_or(Fault)?;
        if end <= self.0.lock().unwrap().len() { Ok(start..end) } else { Err(Fault) }
    }
}

impl GuestMemory for Memory {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        let part = self.part(address, into.len())?;
        into.copy_from_slice(&self.0.lock().unwrap()[part]);
        Ok(())
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        let part = self.part(address, bytes.len())?;
        self.0.lock().unwrap()[part].copy_from_slice(bytes);
        Ok(())
    }
}

struct Files<F>(Mutex<HashMap<i32, GuestFile<F>>>);

impl<F: Clone> GuestFiles<F> for Files<F> {
    fn get(&self, descriptor: i32) -> Option<GuestFile<F>> {
        let files = self.0.lock().unwrap();
        files.get(&descriptor).map(|file| GuestFile { file: file.file.clone(), host: file.host.clone() })
    }

    fn hold(&self, id: u64) -> Option<GuestFile<F>> {
        let files = self.0.lock().unwrap();
        let file = files.values().find(|file| file.file.id() == id)?;
        Some(GuestFile { file: file.file.clone(), host: file.host.clone() })
    }

    fn install(&self, file: GuestFile<F>) -> Result<i32, Errno> {
        self.0.lock().unwrap().insert(9, file);
        Ok(9)
    }

    fn remove(&self, descriptor: i32) {
        self.0.lock().unwrap().remove(&descriptor);
    }
}
