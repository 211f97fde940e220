//! A guest and a driver that do as little as possible, so that what is measured is the proxy.
#![allow(dead_code, missing_docs, unreachable_pub)]

use nix::errno::Errno;
use nvproxy::abi::{Abi, Capabilities};
use nvproxy::{
    Call, Fault, Guest, GuestFile, GuestFiles, GuestMemory, HostDriver, Node, Options, Outcome, Proxy, Sandbox,
};
use std::cell::RefCell;
use std::sync::Arc;
use version_tree::{Tree, version};

/// Where the guest's memory begins.
pub const BASE: u64 = 0x1_0000;
/// Where the parameters of a command are.
pub const PARAMS: u64 = BASE + 0x1000;

/// Memory that begins at [`BASE`].
pub struct Flat(RefCell<Vec<u8>>);

impl Flat {
    fn range(&self, address: u64, len: usize) -> Option<std::ops::Range<usize>> {
        let start = usize::try_from(address.checked_sub(BASE)?).ok()?;
        Some(start..start.checked_add(len)?)
    }

    pub fn put(&self, address: u64, words: &[u32]) {
        for (index, word) in words.iter().enumerate() {
            self.write(address + 4 * index as u64, &word.to_le_bytes()).unwrap();
        }
    }

    pub fn word(&self, address: u64) -> u32 {
        let mut bytes = [0; 4];
        self.read(address, &mut bytes).unwrap();
        u32::from_le_bytes(bytes)
    }
}

impl GuestMemory for Flat {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        let range = self.range(address, into.len()).ok_or(Fault)?;
        into.copy_from_slice(self.0.borrow().get(range).ok_or(Fault)?);
        Ok(())
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        let range = self.range(address, bytes.len()).ok_or(Fault)?;
        self.0.borrow_mut().get_mut(range).ok_or(Fault)?.copy_from_slice(bytes);
        Ok(())
    }
}

/// A driver that does what [`work`] does.
pub struct Idle;

/// A byte of the call changes.
#[inline(never)]
pub fn work(bytes: &mut [u8]) -> Result<i32, Errno> {
    if let Some(last) = bytes.last_mut() {
        *last = last.wrapping_add(1);
    }
    Ok(0)
}

impl HostDriver for Idle {
    type File = i32;

    fn open(&self, _: Node) -> Result<i32, Errno> {
        Ok(3)
    }

    fn ioctl(&self, _: &i32, call: &mut Call<'_, i32>) -> Result<i32, Errno> {
        // As the kernel's driver needs it.
        let kept = call.lend(0x7f00_0000_0000, |file| *file);
        let argument = call.argument();
        let bytes = call.bytes();
        let status = match argument.map(|range| range.len()) {
            // Nothing is changed that is looked at afterwards.
            Some(len) => work(&mut bytes[len..]),
            None => Ok(0),
        };
        call.restore(&kept);
        status
    }
}

/// No files besides the one that calls are made on.
pub struct NoFiles;

impl GuestFiles<i32> for NoFiles {
    fn get(&self, _: i32) -> Option<GuestFile<i32>> {
        None
    }

    fn hold(&self, _: u64) -> Option<GuestFile<i32>> {
        None
    }

    fn install(&self, _: GuestFile<i32>) -> Result<i32, Errno> {
        Err(Errno::EMFILE)
    }

    fn remove(&self, _: i32) {}
}

/// A proxy, a sandbox, a control file and a client.
pub struct Bare {
    pub proxy: Proxy<Idle>,
    pub sandbox: Arc<Sandbox>,
    pub control: GuestFile<i32>,
    pub memory: Flat,
}

pub const CLIENT: u32 = 0xc1d0_0001;

impl Default for Bare {
    fn default() -> Self {
        Self::new()
    }
}

impl Bare {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    /// A sandbox with these options, and all capabilities.
    pub fn with(options: Options) -> Self {
        let proxy = Proxy::new(Idle, Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap());
        let sandbox = proxy.sandbox(Options { capabilities: Capabilities::all(), ..options });
        let control = proxy.open(&sandbox, Node::Control).unwrap();
        let bare = Self { proxy, sandbox, control, memory: Flat(RefCell::new(vec![0; 0x1_0000])) };
        bare.client();
        bare
    }

    pub fn ioctl(&self, request: u32) -> Result<Outcome, Errno> {
        let guest = Guest { memory: &self.memory, files: &NoFiles };
        self.proxy.ioctl(&self.control, request, BASE, &guest)
    }

    /// Makes the client.
    pub fn client(&self) {
        self.memory.put(BASE, &[0, 0, CLIENT, 0x41, 0, 0, 0, 0]);
        self.ioctl(0xc020_462b).unwrap();
        assert_eq!(self.memory.word(BASE + 28), 0);
    }

    /// Writes the argument of a control command; [`control`](Self::control) issues it.
    pub fn prepare_control(&self, command: u32) -> usize {
        let size = self.proxy.abi().control().get(command).unwrap().handling.shapes()[0].layout.size;
        self.memory.put(BASE, &[CLIENT, 1, command, 0, PARAMS as u32, 0, size as u32, 0]);
        size
    }

    pub fn control(&self) -> Result<Outcome, Errno> {
        self.ioctl(0xc020_462a)
    }

    /// Makes an object of a class without dependencies, with 16 bytes of parameters.
    pub fn alloc(&self, handle: u32, parent: u32) {
        self.memory.put(BASE, &[CLIENT, parent, handle, 0xc5c0, PARAMS as u32, 0, 0, 0]);
        self.ioctl(0xc020_462b).unwrap();
        assert_eq!(self.memory.word(BASE + 28), 0);
    }

    /// Frees the client with all its objects.
    pub fn free(&self) {
        self.memory.put(BASE, &[CLIENT, 0, CLIENT, 0]);
        self.ioctl(0xc010_4629).unwrap();
        assert_eq!(self.memory.word(BASE + 12), 0);
    }

    /// A simple command with parameters of about a size, and its number.
    pub fn simple(&self, about: usize) -> (u32, usize) {
        let size = |row: &nvproxy::abi::Row| row.handling.shapes().first().map_or(0, |shape| shape.layout.size);
        let rows = self.proxy.abi().control().iter().filter(|row| row.handling.is_simple() && size(row) > 0);
        rows.min_by_key(|row| size(row).abs_diff(about)).map(|row| (row.number, size(row))).unwrap()
    }
}
