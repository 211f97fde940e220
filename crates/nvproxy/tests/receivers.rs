//! Control commands go to objects of the class that takes them, whatever else is done at the same time.

mod support;

use nvproxy::abi::row::{Parameters, Row};
use nvproxy::abi::status::NV_STATUS;
use nvproxy::{Guest, Outcome, Refusal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use support::*;
use version_tree::{DriverVersion, version};

const PARAMS: u64 = 0x100_0000;
const OBJECT: u32 = 0x5000_0001;
const NV20_SUBDEVICE_0: u32 = 0x2080;
const NV2081_BINAPI: u32 = 0x2081;
/// `NV2080_CTRL_CMD_BUS_GET_PCI_INFO`.
const BUS_GET_PCI_INFO: u32 = 0x2080_1801;
const NOT_SUPPORTED: Result<u32, nix::errno::Errno> = Ok(NV_STATUS::NV_ERR_NOT_SUPPORTED.0);
const IN_USE: u32 = NV_STATUS::NV_ERR_STATE_IN_USE.0;
/// Long enough for the slowest machine; what waits for a command's end waits longer.
const WATCHDOG: Duration = Duration::from_secs(60);

fn fixture(version: DriverVersion) -> Fixture {
    let fixture = Fixture::new(version);
    fixture.memory.put(PARAMS, &[0; 0x4000]);
    fixture
}

/// Sends a command with parameters of the right size; whether it reached the driver.
fn reaches(fixture: &Fixture, object: u32, command: u32) -> bool {
    let row = fixture.proxy.abi().control().get(command);
    let size = row.and_then(|row| row.handling.shapes().first()).map_or(0, |shape| shape.layout.size as u32);
    fixture.proxy.driver().take();
    let status = fixture.control(object, command, if size == 0 { 0 } else { PARAMS }, size);
    let seen = fixture.proxy.driver().take().len();
    assert_eq!(status, if seen == 0 { NOT_SUPPORTED } else { Ok(0) }, "{object:#x} {command:#x}");
    seen == 1
}

/// With zeros for parameters these are let through, if their object takes them.
fn plain(row: &Row) -> bool {
    row.number & 0x8000 == 0 && (row.handling.is_plain() || row.handling.parameters == Parameters::Empty)
}

#[test]
fn no_listed_command_reaches_an_object_that_passes_commands_on() {
    let fixture = fixture(version!("595.45.04"));
    assert_eq!(fixture.alloc(OBJECT, fixture.client.0, NV2081_BINAPI, 0), 0);
    let rows: Vec<u32> = fixture.proxy.abi().control().iter().filter(|row| plain(row)).map(|row| row.number).collect();
    assert!(rows.len() > 150);
    for command in rows {
        assert!(!reaches(&fixture, OBJECT, command), "{command:#x}");
    }
    // Its own do, which the firmware knows alone.
    assert!(reaches(&fixture, OBJECT, NV2081_BINAPI << 16 | 0x0123));
}

#[test]
fn a_command_reaches_objects_of_its_class_and_no_others() {
    let fixture = fixture(version!("595.45.04"));
    let client = fixture.client.0;
    assert_eq!(fixture.alloc(OBJECT, client, NV20_SUBDEVICE_0, 0), 0);
    assert!(reaches(&fixture, OBJECT, BUS_GET_PCI_INFO));
    assert!(!reaches(&fixture, client, BUS_GET_PCI_INFO));
    assert_eq!(fixture.alloc(OBJECT, client, 0x80, 0), 0, "another object of that handle");
    assert!(!reaches(&fixture, OBJECT, BUS_GET_PCI_INFO));
    assert_eq!(fixture.free(OBJECT), 0);
    // The driver may know what the proxy does not.
    assert!(reaches(&fixture, OBJECT, BUS_GET_PCI_INFO));
}

#[test]
fn documented_exceptions_reach_the_driver() {
    let fixture = fixture(version!("595.45.04"));
    let client = fixture.client.0;
    let mut tried = 0;
    for (class, commands) in [
        // NV01_MEMORY_LOCAL_USER and TURING_USERMODE_A: of NV04_MEMORY, whose number NV01_ROOT_CLIENT has.
        (0x40, &[0x41][..]),
        (0xc461, &[0x41]),
        // AMPERE_CHANNEL_GPFIFO_A: of KERNEL_GRAPHICS_CONTEXT, and of channels of other releases.
        (0xc56f, &[0x90, 0x906f, 0xa06f, 0xc36f, 0xc56f]),
        // GF100_SUBDEVICE_MASTER: of GF100_SUBDEVICE_INFOROM.
        (0x90e6, &[0x90e6, 0x90e7]),
        // MAXWELL_PROFILER_DEVICE: of the profilers' base.
        (0xb2cc, &[0xb0cc]),
        // A client is known as NV01_ROOT_CLIENT.
        (0x41, &[0x0]),
    ] {
        let object = if class == 0x41 { client } else { OBJECT };
        if object == OBJECT {
            assert_eq!(fixture.alloc(OBJECT, client, class, 0), 0, "{class:#x}");
        }
        for row in fixture.proxy.abi().control().iter() {
            if plain(row) {
                let takes = commands.contains(&(row.number >> 16));
                assert_eq!(reaches(&fixture, object, row.number), takes, "{class:#x} {}", row.name);
                tried += usize::from(takes);
            }
        }
    }
    assert!(tried > 20, "only {tried}");
}

/// A driver in which commands stay until they are let go.
struct Held {
    fixture: Arc<Fixture>,
    entered: mpsc::Receiver<()>,
    stay: Arc<AtomicBool>,
}

impl Held {
    fn new() -> Self {
        let fixture = Arc::new(fixture(version!("550.54.15")));
        let (sender, entered) = mpsc::channel();
        let stay = Arc::new(AtomicBool::new(true));
        let flag = stay.clone();
        fixture.proxy.driver().answer(move |seen, _| {
            if seen.request & 0xff == 0x2a {
                let _ = sender.send(());
                while flag.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
            }
            Ok(0)
        });
        Self { fixture, entered, stay }
    }

    /// Sends a command to an object from another thread, and waits until the driver has it.
    fn send(&self, object: u32) -> JoinHandle<u32> {
        let fixture = self.fixture.clone();
        let thread = std::thread::spawn(move || {
            let row = fixture.proxy.abi().control().get(BUS_GET_PCI_INFO).unwrap();
            let size = row.handling.shapes()[0].layout.size as u32;
            let memory = Memory::new();
            memory.put(PARAMS, &vec![0; size as usize]);
            let words = words(&[fixture.client.0, object, BUS_GET_PCI_INFO, 0, PARAMS as u32, 0, size, 0]);
            memory.put(ARGUMENT, &words);
            let guest = Guest { memory: &memory, files: &fixture.files };
            let result = fixture.proxy.ioctl(&fixture.file(CONTROL), request(0x2a, 32), ARGUMENT, &guest);
            assert_eq!(result, Ok(Outcome::Done(0)));
            memory.get_u32(ARGUMENT + 28)
        });
        self.entered.recv_timeout(WATCHDOG).expect("the driver has the command");
        thread
    }

    fn alloc(&self, object: u32, class: u32) -> u32 {
        self.fixture.alloc(object, self.fixture.client.0, class, 0)
    }

    fn let_go(&self, threads: Vec<JoinHandle<u32>>) {
        self.stay.store(false, Ordering::SeqCst);
        threads.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap(), 0));
    }
}

#[test]
fn no_forwarding_object_is_made_under_a_handle_with_a_command_under_way() {
    let held = Held::new();
    assert_eq!(held.alloc(OBJECT, NV20_SUBDEVICE_0), 0);
    let threads = vec![held.send(OBJECT), held.send(OBJECT), held.send(OBJECT + 1)];
    // Nothing waits for the commands: the object goes, and others come.
    assert_eq!(held.fixture.free(OBJECT), 0);
    held.fixture.proxy.driver().take();
    // The proxy does not know OBJECT + 1. The handle 0 lets the driver choose.
    for handle in [OBJECT, OBJECT + 1, 0] {
        assert_eq!(held.alloc(handle, NV2081_BINAPI), IN_USE, "{handle:#x}");
    }
    assert!(held.fixture.proxy.driver().take().is_empty(), "the driver heard of none of it");
    assert_eq!(held.alloc(OBJECT + 2, NV2081_BINAPI), 0, "another handle");
    assert_eq!(held.alloc(OBJECT, NV20_SUBDEVICE_0), 0, "another class");
    assert_eq!(held.fixture.free(OBJECT), 0);
    held.let_go(threads);
    for handle in [OBJECT, OBJECT + 1, 0] {
        assert_eq!(held.alloc(handle, NV2081_BINAPI), 0, "{handle:#x}");
    }
}

#[test]
fn one_command_that_ends_leaves_the_others_under_way() {
    let held = Held::new();
    assert_eq!(held.alloc(OBJECT, NV20_SUBDEVICE_0), 0);
    let first = held.send(OBJECT);
    held.let_go(vec![first]);
    held.stay.store(true, Ordering::SeqCst);
    let threads = vec![held.send(OBJECT)];
    assert_eq!(held.alloc(OBJECT, NV2081_BINAPI), IN_USE);
    held.let_go(threads);
    assert_eq!(held.alloc(OBJECT, NV2081_BINAPI), 0);
}

#[test]
fn a_new_client_of_the_same_handle_has_the_commands_of_the_old_one() {
    let held = Held::new();
    let client = held.fixture.client.0;
    assert_eq!(held.alloc(OBJECT, NV20_SUBDEVICE_0), 0);
    let threads = vec![held.send(OBJECT)];
    for _ in 0..3 {
        assert_eq!(held.fixture.free(client), 0);
        // A guest may ask for a client's handle.
        let argument = words(&[0, 0, client, 0x41, 0, 0, 0, 0]);
        held.fixture.done(CONTROL, 0x2b, &argument);
        assert_eq!(held.alloc(OBJECT, NV2081_BINAPI), IN_USE);
        assert_eq!(held.alloc(OBJECT + 1, NV2081_BINAPI), 0);
    }
    held.let_go(threads);
    assert_eq!(held.alloc(OBJECT, NV2081_BINAPI), 0);
}

#[test]
fn a_context_dma_is_of_no_class_that_passes_commands_on() {
    let fixture = fixture(version!("550.54.15"));
    let client = fixture.client.0;
    let mut argument = words(&[client, 0, OBJECT, NV2081_BINAPI]);
    argument.resize(fixture.proxy.abi().frontend().get(0x54).unwrap().handling.shapes()[0].layout.size, 0);
    let _ = fixture.call(CONTROL, 0x54, &argument);
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn the_refusal_names_its_reason() {
    assert_eq!(Refusal::Commanded.to_string(), "commands on its handle are under way");
    assert_eq!(Refusal::NAMES[Refusal::Commanded.kind()], "commanded");
}
