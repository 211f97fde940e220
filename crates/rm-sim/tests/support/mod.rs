//! A guest of plain memory, behind a proxy in front of the simulator.
// Each test binary takes what it needs of it.
#![allow(dead_code, missing_docs, unreachable_pub)]

use nvproxy::abi::numbers::*;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Abi, Layout, Parameters, Row};
use nvproxy::{
    Errno, Fault, Guest, GuestFile, GuestFiles, GuestMemory, HostDriver, Lending, Mapped, Node, Options, Outcome,
    Proxy, Sandbox,
};
use rm_sim::{File, Profile, Simulator};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};
use version_tree::{DriverVersion, Tree, version};

/// The releases that the tests go through: the oldest, those that real clients are tried with, and the newest.
pub fn releases() -> Vec<DriverVersion> {
    let mut all: Vec<_> = Tree::embedded().iter().map(|release| release.version).collect();
    all.sort_unstable();
    vec![all[0], version!("535.261.03"), version!("550.163.01"), *all.last().unwrap()]
}

pub fn abi(version: DriverVersion) -> Abi {
    Abi::compose(Tree::embedded(), version).unwrap()
}

pub fn simulator(version: DriverVersion, profiles: &[&str]) -> Simulator {
    let profiles: Vec<_> = profiles.iter().map(|name| Profile::named(name).unwrap()).collect();
    Simulator::new(abi(version), &profiles).unwrap()
}

/// A guest's memory: some bytes from here on. A channel's entries have room for addresses of 40 bits.
pub const BASE: u64 = 0x40_0000_0000;
pub const SIZE: usize = 1 << 20;

pub struct Memory(RwLock<Vec<u8>>);

impl Memory {
    fn range(address: u64, len: usize) -> Option<std::ops::Range<usize>> {
        let start = usize::try_from(address.checked_sub(BASE)?).ok()?;
        let end = start.checked_add(len)?;
        (end <= SIZE).then_some(start..end)
    }
}

impl rm_sim::GuestMemory for Memory {
    fn read_at(&self, address: u64, into: &mut [u8]) -> bool {
        let Some(range) = Self::range(address, into.len()) else { return false };
        into.copy_from_slice(&self.0.read().unwrap()[range]);
        true
    }

    fn write_at(&self, address: u64, bytes: &[u8]) -> bool {
        let Some(range) = Self::range(address, bytes.len()) else { return false };
        self.0.write().unwrap()[range].copy_from_slice(bytes);
        true
    }
}

/// What lends the guest's memory to the driver.
type Lend = Box<dyn Fn(Arc<Memory>, u64, u64) -> Option<Box<dyn Mapped>> + Send + Sync>;

pub struct Machine<D: HostDriver<File = File>> {
    pub proxy: Proxy<D>,
    pub sandbox: Arc<Sandbox>,
    pub memory: Arc<Memory>,
    files: Mutex<HashMap<i32, GuestFile<File>>>,
    lend: Lend,
}

struct View<'a, D: HostDriver<File = File>>(&'a Machine<D>);

impl<D: HostDriver<File = File>> GuestMemory for View<'_, D> {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        if rm_sim::GuestMemory::read_at(&*self.0.memory, address, into) { Ok(()) } else { Err(Fault) }
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        if rm_sim::GuestMemory::write_at(&*self.0.memory, address, bytes) { Ok(()) } else { Err(Fault) }
    }

    fn lend(&self, address: u64, length: u64, _: bool) -> Result<Lending, Errno> {
        (self.0.lend)(self.0.memory.clone(), address, length).map(Lending::Mapped).ok_or(Errno::EINVAL)
    }
}

impl<D: HostDriver<File = File>> GuestFiles<File> for View<'_, D> {
    fn get(&self, descriptor: i32) -> Option<GuestFile<File>> {
        let files = self.0.files.lock().unwrap();
        files.get(&descriptor).map(|file| GuestFile { file: file.file.clone(), host: file.host.clone() })
    }

    fn hold(&self, id: u64) -> Option<GuestFile<File>> {
        let files = self.0.files.lock().unwrap();
        let file = files.values().find(|file| file.file.id() == id)?;
        Some(GuestFile { file: file.file.clone(), host: file.host.clone() })
    }

    fn install(&self, _: GuestFile<File>) -> Result<i32, Errno> {
        Err(Errno::EMFILE)
    }

    fn remove(&self, _: i32) {}
}

impl Machine<Simulator> {
    pub fn new(version: DriverVersion, profiles: &[&str]) -> Self {
        let simulator = simulator(version, profiles);
        let lender = simulator.clone();
        Self::with(simulator, abi(version), Box::new(move |memory, at, len| lender.lend(memory, at, len)))
    }
}

/// Where arguments of calls are put in the guest's memory.
const ARGUMENT: u64 = BASE;
const PARAMS: u64 = BASE + 0x1000;

impl<D: HostDriver<File = File>> Machine<D> {
    pub fn with(driver: D, abi: Abi, lend: Lend) -> Self {
        let proxy = Proxy::new(driver, abi);
        let sandbox = proxy.sandbox(Options::default());
        let memory = Arc::new(Memory(RwLock::new(vec![0; SIZE])));
        Self { proxy, sandbox, memory, files: Mutex::default(), lend }
    }

    pub fn open(&self, node: Node) -> i32 {
        let file = self.proxy.open(&self.sandbox, node).unwrap();
        file.host.set_guest(self.memory.clone());
        let mut files = self.files.lock().unwrap();
        let number = files.keys().max().map_or(3, |last| last + 1);
        files.insert(number, file);
        number
    }

    pub fn close(&self, descriptor: i32) {
        let gone = self.files.lock().unwrap().remove(&descriptor);
        drop(gone);
    }

    pub fn file(&self, descriptor: i32) -> File {
        self.files.lock().unwrap()[&descriptor].host.clone()
    }

    /// An ioctl with these bytes as its argument.
    pub fn ioctl(&self, descriptor: i32, request: u32, bytes: &mut [u8]) -> Result<i32, Errno> {
        let view = View(self);
        let file = view.get(descriptor).unwrap();
        assert!(rm_sim::GuestMemory::write_at(&*self.memory, ARGUMENT, bytes));
        let guest = Guest { memory: &view, files: &view };
        let result = self.proxy.ioctl(&file, request, ARGUMENT, &guest);
        assert!(rm_sim::GuestMemory::read_at(&*self.memory, ARGUMENT, bytes));
        result.map(|outcome| match outcome {
            Outcome::Done(value) => value,
            Outcome::Native => panic!("nothing is native here"),
        })
    }

    /// An ioctl of the frontend's, with the struct that this release has for it.
    pub fn escape(&self, descriptor: i32, number: u32, params: &mut Params) -> Result<i32, Errno> {
        let request = 3 << 30 | (params.bytes.len() as u32) << 16 | 0x46 << 8 | number;
        self.ioctl(descriptor, request, &mut params.bytes)
    }

    pub fn params(&self, row: &Row) -> Params {
        match row.handling.parameters {
            Parameters::Struct(shapes) => Params::of(shapes.last().unwrap().layout),
            _ => panic!("{} has no struct", row.name),
        }
    }

    pub fn escape_params(&self, number: u32) -> Params {
        self.params(self.proxy.abi().frontend().get(number).unwrap())
    }

    pub fn control_params(&self, command: u32) -> Params {
        self.params(self.proxy.abi().control().get(command).unwrap())
    }

    pub fn class_params(&self, class: u32) -> Params {
        self.params(self.proxy.abi().alloc().get(class).unwrap())
    }

    pub fn uvm_params(&self, number: u32) -> Params {
        self.params(self.proxy.abi().uvm().get(number).unwrap())
    }

    pub fn uvm(&self, descriptor: i32, number: u32, params: &mut Params) -> NV_STATUS {
        assert_eq!(self.ioctl(descriptor, number, &mut params.bytes), Ok(0));
        NV_STATUS(params.get("rmStatus") as u32)
    }

    /// A new object: its handle.
    pub fn alloc(
        &self,
        descriptor: i32,
        [root, parent, new]: [u32; 3],
        class: u32,
        params: Option<&mut Params>,
    ) -> Result<u32, NV_STATUS> {
        let mut alloc = self.escape_params(NV_ESC_RM_ALLOC);
        for (field, value) in [("hRoot", root), ("hObjectParent", parent), ("hObjectNew", new), ("hClass", class)] {
            alloc.set(field, value.into());
        }
        if let Some(params) = &params {
            assert!(rm_sim::GuestMemory::write_at(&*self.memory, PARAMS, &params.bytes));
            alloc.set("pAllocParms", PARAMS);
        }
        if self.escape(descriptor, NV_ESC_RM_ALLOC, &mut alloc).is_err() {
            return Err(NV_STATUS::NV_ERR_OPERATING_SYSTEM);
        }
        if let Some(params) = params {
            assert!(rm_sim::GuestMemory::read_at(&*self.memory, PARAMS, &mut params.bytes));
        }
        match NV_STATUS(alloc.get("status") as u32) {
            NV_STATUS::NV_OK => Ok(alloc.get("hObjectNew") as u32),
            status => Err(status),
        }
    }

    pub fn client(&self, descriptor: i32) -> u32 {
        self.alloc(descriptor, [0, 0, 0], NV01_ROOT, None).unwrap()
    }

    /// A client's device and subdevice, 2 and 3.
    pub fn device(&self, descriptor: i32, client: u32, gpu: u64) {
        let mut params = self.class_params(NV01_DEVICE_0);
        params.set("deviceId", gpu);
        self.alloc(descriptor, [client, client, 2], NV01_DEVICE_0, Some(&mut params)).unwrap();
        self.alloc(descriptor, [client, 2, 3], NV20_SUBDEVICE_0, None).unwrap();
    }

    pub fn control(&self, descriptor: i32, [client, object]: [u32; 2], command: u32, params: &mut Params) -> NV_STATUS {
        let mut control = self.escape_params(NV_ESC_RM_CONTROL);
        assert!(rm_sim::GuestMemory::write_at(&*self.memory, PARAMS, &params.bytes));
        for (field, value) in [
            ("hClient", client.into()),
            ("hObject", object.into()),
            ("cmd", command.into()),
            ("params", PARAMS),
            ("paramsSize", params.bytes.len() as u64),
        ] {
            control.set(field, value);
        }
        if self.escape(descriptor, NV_ESC_RM_CONTROL, &mut control).is_err() {
            return NV_STATUS::NV_ERR_OPERATING_SYSTEM;
        }
        assert!(rm_sim::GuestMemory::read_at(&*self.memory, PARAMS, &mut params.bytes));
        NV_STATUS(control.get("status") as u32)
    }

    pub fn free(&self, descriptor: i32, root: u32, object: u32) -> NV_STATUS {
        let mut params = self.escape_params(NV_ESC_RM_FREE);
        params.set("hRoot", root.into());
        params.set("hObjectOld", object.into());
        assert_eq!(self.escape(descriptor, NV_ESC_RM_FREE, &mut params), Ok(0));
        NV_STATUS(params.get("status") as u32)
    }
}

/// A struct's bytes, by the names of its fields: `a.b` for one within another.
pub struct Params {
    pub layout: &'static Layout,
    pub bytes: Vec<u8>,
}

impl Params {
    pub fn of(layout: &'static Layout) -> Self {
        Self { layout, bytes: vec![0; layout.size] }
    }

    fn place(&self, path: &str) -> (usize, usize) {
        let (mut layout, mut offset, mut size) = (self.layout, 0, 0);
        for name in path.split('.') {
            let field = layout.field(name).unwrap_or_else(|| panic!("{} has no {path}", self.layout.name));
            offset += field.offset;
            size = field.ty.size();
            layout = field.ty.record().unwrap_or(layout);
        }
        (offset, size.min(8))
    }

    pub fn set(&mut self, path: &str, value: u64) {
        let (offset, size) = self.place(path);
        self.bytes[offset..offset + size].copy_from_slice(&value.to_le_bytes()[..size]);
    }

    pub fn get(&self, path: &str) -> u64 {
        let (offset, size) = self.place(path);
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&self.bytes[offset..offset + size]);
        u64::from_le_bytes(bytes)
    }

    /// All bytes of an array from there on.
    pub fn at(&mut self, path: &str) -> &mut [u8] {
        let (offset, _) = self.place(path);
        &mut self.bytes[offset..]
    }

    pub fn text(&mut self, path: &str) -> String {
        let bytes = self.at(path);
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }
}
