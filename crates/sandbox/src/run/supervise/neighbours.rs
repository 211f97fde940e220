//! Two sandboxes in front of one driver, whose device files have one inode for both, as those of the kernel's driver do.
//! A device that is not NVIDIA's stands for each of them, and this process for both guests.

use super::Supervisor;
use crate::run::backend::{Backend, Kernel};
use crate::run::files::Files;
use crate::run::plan::Pinning;
use crate::run::tap::NoTap;
use crate::run::tasks::Tasks;
use crate::run::tokens::tests::ALONE;
use crate::run::transport::{Answer, Place, Request, Transport};
use nix::errno::Errno;
use nix::libc;
use nvproxy::abi::Abi;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::devices::DeviceFile;
use nvproxy::{Call, HostDriver, Node, Proxy, UvmMode};
use parking_lot::Mutex;
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use version_tree::{Tree, version};

const CONTROL: &str = "/dev/random";
/// Nothing can be waited for on it, as on `/dev/nvidia-uvm`.
const UVM: &str = "/dev/zero";
const INVALID_CLIENT: u32 = NV_STATUS::NV_ERR_INVALID_CLIENT.0;
const RM_ALLOC: u32 = 0xc020_462b;
const ALLOC_OS_EVENT: u32 = 0xc010_46ce;
const FREE_OS_EVENT: u32 = 0xc010_46cf;
const MAP_EXTERNAL_ALLOCATION: u32 = 33;

/// What has reached the driver; it gives the handle `next` to a new client.
#[derive(Default)]
struct Heard {
    next: u32,
    calls: Vec<u32>,
    /// The descriptors that the last call was to find.
    files: usize,
}

#[derive(Clone, Default)]
struct Driver(Arc<Mutex<Heard>>);

impl HostDriver for Driver {
    type File = OwnedFd;

    fn open(&self, _: Node) -> Result<OwnedFd, Errno> {
        Err(Errno::ENODEV)
    }

    fn ioctl(&self, _: &OwnedFd, call: &mut Call<'_, OwnedFd>) -> Result<i32, Errno> {
        let mut heard = self.0.lock();
        let argument = call.argument().unwrap_or(0..0);
        if call.request() == RM_ALLOC {
            call.bytes()[argument.start + 8..argument.start + 12].copy_from_slice(&heard.next.to_le_bytes());
        }
        heard.calls.push(call.request());
        heard.files = call.files().len();
        Ok(0)
    }
}

#[derive(Default)]
struct Waits(Mutex<Vec<Answer>>);

impl Transport for Waits {
    fn receive(&self) -> Result<Request, Errno> {
        Err(Errno::ENOENT)
    }

    fn waits(&self, _: u64) -> bool {
        true
    }

    fn answer(&self, _: u64, answer: Answer) -> Result<(), Errno> {
        self.0.lock().push(answer);
        Ok(())
    }

    fn install(&self, _: u64, _: BorrowedFd<'_>, _: Place, _: bool) -> Result<i32, Errno> {
        Err(Errno::ENOENT)
    }
}

type Sandbox = Supervisor<Waits, Kernel, Driver, NoTap>;

fn sandbox(driver: &Driver) -> Sandbox {
    let abi = Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap();
    let proxy = Proxy::new(driver.clone(), abi);
    let devices = vec![
        DeviceFile { node: Node::Control, major: 1, minor: 8, mode: 0o666 },
        DeviceFile { node: Node::Uvm, major: 1, minor: 5, mode: 0o666 },
    ];
    Supervisor {
        transport: Waits::default(),
        backend: Kernel::new(devices, Pinning::Refused),
        sandbox: proxy.sandbox(nvproxy::Options { uvm: UvmMode::Native, ..Default::default() }),
        proxy,
        files: Files::new(1024, Kernel::KEEPS, Kernel::closed).unwrap(),
        tasks: Tasks::new(1024).unwrap(),
        shown: None,
        tap: NoTap,
    }
}

fn open(path: &str) -> File {
    File::options().read(true).write(true).open(path).unwrap()
}

impl Sandbox {
    /// A call of its guest; the parameters afterwards.
    fn call(&self, file: &File, number: u32, parameters: &[u8]) -> (Answer, Vec<u8>) {
        let mut parameters = parameters.to_vec();
        let task = rustix::thread::gettid().as_raw_nonzero().get();
        let argument = parameters.as_mut_ptr() as u64;
        let arguments = [file.as_raw_fd() as u64, number.into(), argument, 0, 0, 0];
        self.serve(&Request { id: 0, task, call: libc::SYS_ioctl, arguments });
        (*self.transport.0.lock().last().unwrap(), parameters)
    }

    fn client(&self, file: &File) -> u32 {
        let (answer, parameters) = self.call(file, RM_ALLOC, &words(&[0, 0, 0, 0x41, 0, 0, 0, 0]));
        assert_eq!((answer, word(&parameters, 28)), (Answer::Value(0), 0));
        word(&parameters, 8)
    }

    /// Names a client in a call on `/dev/nvidia-uvm`; the status.
    fn map_external(&self, uvm: &File, client: u32, control: i32) -> u32 {
        let row = self.proxy.abi().uvm().get(MAP_EXTERNAL_ALLOCATION).unwrap();
        let layout = row.handling.shapes()[0].layout;
        let mut parameters = vec![0; layout.size];
        let at = |name: &str| layout.field(name).unwrap().offset;
        for (name, value) in [("hClient", client), ("rmCtrlFd", control as u32)] {
            parameters[at(name)..at(name) + 4].copy_from_slice(&value.to_le_bytes());
        }
        let (answer, parameters) = self.call(uvm, MAP_EXTERNAL_ALLOCATION, &parameters);
        assert_eq!(answer, Answer::Value(0));
        word(&parameters, at("rmStatus"))
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

#[test]
fn a_client_of_a_closed_file_is_the_neighbours_and_cannot_be_named() {
    let _alone = ALONE.lock();
    let driver = Driver::default();
    let (attacker, victim) = (sandbox(&driver), sandbox(&driver));
    let heard = || driver.0.lock().calls.len();
    driver.0.lock().next = 0xc1d0_0007;
    let file = open(CONTROL);
    let client = attacker.client(&file);
    let uvm = open(UVM);
    assert_eq!(attacker.map_external(&uvm, client, -1), 0, "the client is there");
    assert_eq!(driver.0.lock().files, 1, "the driver gets the client's file");
    // Closed without a word: the driver frees the client, and gives the handle to the next.
    let copy = file.try_clone().unwrap();
    drop(file);
    assert_eq!(attacker.map_external(&uvm, client, -1), 0, "a duplicate keeps it");
    drop(copy);
    let theirs = open(CONTROL);
    assert_eq!(victim.client(&theirs), client);
    let before = heard();
    for control in [-1, theirs.as_raw_fd(), uvm.as_raw_fd()] {
        assert_eq!(attacker.map_external(&uvm, client, control), INVALID_CLIENT);
    }
    let own = open(CONTROL);
    driver.0.lock().next = 0xc1d0_0008;
    assert_eq!(attacker.client(&own), 0xc1d0_0008);
    for number in [ALLOC_OS_EVENT, FREE_OS_EVENT] {
        let (_, parameters) = attacker.call(&own, number, &words(&[client, 0, own.as_raw_fd() as u32, 0]));
        assert_eq!(word(&parameters, 12), INVALID_CLIENT);
    }
    assert_eq!(heard(), before + 1, "but for the new client");
    // The neighbour is not disturbed.
    assert_eq!(victim.map_external(&uvm, client, -1), 0);
    assert_eq!(
        victim.call(&theirs, ALLOC_OS_EVENT, &words(&[client, 0, theirs.as_raw_fd() as u32, 0])).0,
        Answer::Value(0)
    );
}

#[test]
fn a_guest_does_not_take_the_handles_that_neighbours_get_next() {
    let _alone = ALONE.lock();
    let driver = Driver::default();
    let attacker = sandbox(&driver);
    let file = open(CONTROL);
    let (_, parameters) = attacker.call(&file, RM_ALLOC, &words(&[0xc1d0_1000, 0, 0, 0x41, 0, 0, 0, 0]));
    assert_eq!(word(&parameters, 28), NV_STATUS::NV_ERR_INVALID_ARGUMENT.0);
    assert!(driver.0.lock().calls.is_empty());
}

#[test]
fn descriptors_of_one_device_are_told_apart_from_call_to_call() {
    let _alone = ALONE.lock();
    let driver = Driver::default();
    let guest = sandbox(&driver);
    let (one, two) = (open(CONTROL), open(CONTROL));
    for (file, handle) in [(&one, 0xc1d0_0001), (&two, 0xc1d0_0002)] {
        driver.0.lock().next = handle;
        assert_eq!(guest.client(file), handle);
    }
    let event = |file: &File, client: u32| {
        word(&guest.call(file, ALLOC_OS_EVENT, &words(&[client, 0, file.as_raw_fd() as u32, 0])).1, 12)
    };
    for _ in 0..3 {
        assert_eq!((event(&one, 0xc1d0_0001), event(&two, 0xc1d0_0002)), (0, 0));
        assert_eq!((event(&one, 0xc1d0_0002), event(&two, 0xc1d0_0001)), (INVALID_CLIENT, INVALID_CLIENT));
    }
    // Another description under the same number.
    let number = one.as_raw_fd();
    drop(one);
    let other = open(CONTROL);
    assert_eq!(other.as_raw_fd(), number);
    assert_eq!(event(&other, 0xc1d0_0001), INVALID_CLIENT);
    assert_eq!(event(&two, 0xc1d0_0002), 0);
}

#[test]
fn what_a_guest_can_hold_up_is_not_asked_for_an_ioctl() {
    let _alone = ALONE.lock();
    let guest = sandbox(&Driver::default());
    // An epoll file's text in /proc waits for a mutex that the guest may hold.
    let epoll = rustix::event::epoll::create(rustix::event::epoll::CreateFlags::CLOEXEC).unwrap();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    for file in [epoll, reader, writer] {
        let answer = guest.call(&File::from(file), RM_ALLOC, &[0; 32]).0;
        assert_eq!(answer, Answer::Error(Errno::ENOTTY));
    }
    assert_eq!(guest.files.len(), 0);
}
