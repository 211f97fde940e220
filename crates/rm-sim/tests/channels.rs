//! Channels at work: methods are run, memory is copied, semaphores tell of it; and what goes wrong is told, too.

mod support;

use memory_file::{read, write};
use nvproxy::Node;
use nvproxy::abi::numbers::*;
use nvproxy::abi::status::NV_STATUS;
use rm_sim::{Backing, GuestMemory};
use std::time::{Duration, Instant};
use support::{BASE, Machine, releases};
use version_tree::DriverVersion;

/// Memory files are read and written by offset.
mod memory_file {
    use super::Backing;
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    fn file(backing: &Backing) -> File {
        backing.memory.try_clone().unwrap().into()
    }

    pub(super) fn read(backing: &Backing, at: u64, into: &mut [u8]) {
        file(backing).read_exact_at(into, backing.offset + at).unwrap();
    }

    pub(super) fn write(backing: &Backing, at: u64, bytes: &[u8]) {
        file(backing).write_all_at(bytes, backing.offset + at).unwrap();
    }
}

const SPACE: u32 = 10;
const USERD: u32 = 11;
const VIDEO: u32 = 12;
const NOTIFIER: u32 = 13;
const CHANNEL: u32 = 20;
/// Where the video memory is, for the GPU.
const VIDEO_AT: u64 = 0x2_0000_0000;
/// Where entries, methods, data and semaphores are: in the guest's own memory.
const FIFO: u64 = BASE + 0x10000;
const METHODS: u64 = BASE + 0x20000;
const DATA: u64 = BASE + 0x30000;
const SEMAPHORE: u64 = BASE + 0x40000;
const ENTRIES: u32 = 32;

struct Running {
    machine: Machine<rm_sim::Simulator>,
    control: i32,
    client: u32,
    userd: Backing,
    put: u32,
}

impl Running {
    fn new(release: DriverVersion) -> Self {
        let machine = Machine::new(release, &["h100"]);
        let (control, uvm) = (machine.open(Node::Control), machine.open(Node::Uvm));
        let client = machine.client(control);
        machine.device(control, client, 0);
        let mut params = machine.class_params(FERMI_VASPACE_A);
        machine.alloc(control, [client, 2, SPACE], FERMI_VASPACE_A, Some(&mut params)).unwrap();
        for (handle, class) in
            [(USERD, NV01_MEMORY_SYSTEM), (VIDEO, NV01_MEMORY_LOCAL_USER), (NOTIFIER, NV01_MEMORY_SYSTEM)]
        {
            let mut params = machine.class_params(class);
            params.set("size", 1 << 20);
            machine.alloc(control, [client, 2, handle], class, Some(&mut params)).unwrap();
        }

        let mut params = machine.uvm_params(UVM_INITIALIZE);
        assert_eq!(machine.uvm(uvm, UVM_INITIALIZE, &mut params), NV_STATUS::NV_OK);
        let uuid = uuid(&machine.proxy.driver().uuids()[0]);
        let mut params = machine.uvm_params(UVM_REGISTER_GPU);
        params.at("gpu_uuid")[..16].copy_from_slice(&uuid);
        params.set("rmCtrlFd", control as u64);
        assert_eq!(machine.uvm(uvm, UVM_REGISTER_GPU, &mut params), NV_STATUS::NV_OK);
        let mut params = machine.uvm_params(UVM_REGISTER_GPU_VASPACE);
        params.at("gpuUuid")[..16].copy_from_slice(&uuid);
        params.set("rmCtrlFd", control as u64);
        params.set("hClient", client.into());
        params.set("hVaSpace", SPACE.into());
        assert_eq!(machine.uvm(uvm, UVM_REGISTER_GPU_VASPACE, &mut params), NV_STATUS::NV_OK);
        let mut params = machine.uvm_params(UVM_MAP_EXTERNAL_ALLOCATION);
        params.set("base", VIDEO_AT);
        params.set("length", 1 << 20);
        params.set("rmCtrlFd", control as u64);
        params.set("hClient", client.into());
        params.set("hMemory", VIDEO.into());
        assert_eq!(machine.uvm(uvm, UVM_MAP_EXTERNAL_ALLOCATION, &mut params), NV_STATUS::NV_OK);

        let mut params = machine.class_params(HOPPER_CHANNEL_GPFIFO_A);
        params.set("gpFifoOffset", FIFO);
        params.set("gpFifoEntries", ENTRIES.into());
        params.set("hVASpace", SPACE.into());
        params.set("hObjectError", NOTIFIER.into());
        params.at("hUserdMemory")[..4].copy_from_slice(&USERD.to_le_bytes());
        machine.alloc(control, [client, 2, CHANNEL], HOPPER_CHANNEL_GPFIFO_A, Some(&mut params)).unwrap();
        let userd = map(&machine, control, client, USERD);
        Self { machine, control, client, userd, put: 0 }
    }

    /// Leaves methods for the GPU: (subchannel, method, data).
    fn submit(&mut self, methods: &[(u32, u32, u32)]) {
        let mut bytes = Vec::new();
        for (subchannel, method, data) in methods {
            // INC_METHOD, one word.
            let header = 1u32 << 29 | 1 << 16 | subchannel << 13 | method >> 2;
            bytes.extend_from_slice(&header.to_le_bytes());
            bytes.extend_from_slice(&data.to_le_bytes());
        }
        let at = METHODS + u64::from(self.put) * 0x400;
        assert!(self.machine.memory.write_at(at, &bytes));
        let entry = at | (bytes.len() as u64 / 4) << 42;
        assert!(self.machine.memory.write_at(FIFO + u64::from(self.put) * 8, &entry.to_le_bytes()));
        self.put = (self.put + 1) % ENTRIES;
        write(&self.userd, 0x8c, &self.put.to_le_bytes());
    }

    fn semaphore(&self) -> u32 {
        let mut bytes = [0; 4];
        assert!(self.machine.memory.read_at(SEMAPHORE, &mut bytes));
        u32::from_le_bytes(bytes)
    }

    fn wait_for(&self, payload: u32) {
        let began = Instant::now();
        while self.semaphore() != payload {
            assert!(began.elapsed() < Duration::from_secs(20), "the semaphore stays {}", self.semaphore());
            std::thread::sleep(Duration::from_micros(100));
        }
    }

    fn video(&self, at: u64, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        read(&map(&self.machine, self.control, self.client, VIDEO), at, &mut bytes);
        bytes
    }
}

fn map(machine: &Machine<rm_sim::Simulator>, control: i32, client: u32, memory: u32) -> Backing {
    let device = machine.open(Node::Device(0));
    let mut params = machine.escape_params(NV_ESC_RM_MAP_MEMORY);
    params.set("params.hClient", client.into());
    params.set("params.hDevice", 2);
    params.set("params.hMemory", memory.into());
    params.set("params.length", 1 << 20);
    params.set("fd", device as u64);
    assert_eq!(machine.escape(control, NV_ESC_RM_MAP_MEMORY, &mut params), Ok(0));
    assert_eq!(params.get("params.status"), 0);
    let backing = machine.file(device).mapped().unwrap();
    assert_eq!(backing.length, 1 << 20);
    machine.close(device);
    backing
}

fn uuid(text: &str) -> [u8; 16] {
    let hex: String = text.chars().skip(4).filter(|digit| *digit != '-').collect();
    let mut bytes = [0; 16];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[index * 2..][..2], 16).unwrap();
    }
    bytes
}

fn halves(address: u64) -> (u32, u32) {
    ((address >> 32) as u32, address as u32)
}

/// A semaphore of the host's methods: RELEASE.
fn release(payload: u32) -> Vec<(u32, u32, u32)> {
    let (high, low) = halves(SEMAPHORE);
    vec![(0, 0x5c, low), (0, 0x60, high), (0, 0x64, payload), (0, 0x68, 0), (0, 0x6c, 1)]
}

/// A copy by a copy engine, with a semaphore of one word.
fn copy(from: u64, to: u64, length: u32, payload: u32) -> Vec<(u32, u32, u32)> {
    let ((from_high, from_low), (to_high, to_low)) = (halves(from), halves(to));
    let (high, low) = halves(SEMAPHORE);
    vec![
        (4, 0x0, HOPPER_DMA_COPY_A),
        (4, 0x400, from_high),
        (4, 0x404, from_low),
        (4, 0x408, to_high),
        (4, 0x40c, to_low),
        (4, 0x418, length),
        (4, 0x41c, 1),
        (4, 0x240, high),
        (4, 0x244, low),
        (4, 0x248, payload),
        (4, 0x300, 0x18a),
    ]
}

#[test]
fn a_copy_engine_copies_both_ways_and_then_releases_its_semaphore() {
    for version in releases().into_iter().skip(1) {
        let mut running = Running::new(version);
        assert!(running.machine.memory.write_at(DATA, b"from the guest to the GPU"));
        running.submit(&copy(DATA, VIDEO_AT + 5, 25, 1));
        running.wait_for(1);
        assert_eq!(running.video(5, 25), b"from the guest to the GPU", "{version}");
        running.submit(&copy(VIDEO_AT + 5, DATA + 100, 25, 2));
        running.wait_for(2);
        let mut back = [0; 25];
        assert!(running.machine.memory.read_at(DATA + 100, &mut back));
        assert_eq!(&back, b"from the guest to the GPU", "{version}");
    }
}

#[test]
fn a_copy_engine_fills_memory_with_a_constant() {
    let mut running = Running::new(releases()[1]);
    let (high, low) = halves(VIDEO_AT);
    let mut methods = vec![
        (4, 0x0, HOPPER_DMA_COPY_A),
        (4, 0x408, high),
        (4, 0x40c, low),
        (4, 0x418, 5),
        (4, 0x41c, 1),
        (4, 0x700, 0x0403_0201),
        // One component of four bytes: CONST_A.
        (4, 0x708, 4 | 3 << 16),
        (4, 0x300, 0x582),
    ];
    methods.extend(release(1));
    running.submit(&methods);
    running.wait_for(1);
    assert_eq!(running.video(0, 24), [[1, 2, 3, 4].repeat(5), vec![0; 4]].concat());
}

#[test]
fn compute_classes_write_inline_data_and_release_four_words() {
    let mut running = Running::new(releases()[2]);
    let ((high, low), (to_high, to_low)) = (halves(SEMAPHORE), halves(VIDEO_AT));
    running.submit(&[
        (1, 0x0, HOPPER_COMPUTE_A),
        (1, 0x188, to_high),
        (1, 0x18c, to_low),
        (1, 0x180, 6),
        (1, 0x184, 1),
        (1, 0x1b0, 0x41),
        (1, 0x1b4, u32::from_le_bytes(*b"inli")),
        (1, 0x1b4, u32::from_le_bytes(*b"ne!!")),
        (1, 0x1b00, high),
        (1, 0x1b04, low),
        (1, 0x1b08, 77),
        (1, 0x1b0c, 0),
    ]);
    running.wait_for(77);
    assert_eq!(running.video(0, 8), b"inline\0\0");
    let mut words = [0; 16];
    assert!(running.machine.memory.read_at(SEMAPHORE, &mut words));
    assert_eq!(words[4..8], [0; 4]);
    assert_ne!(words[8..], [0; 8], "the time");
}

#[test]
fn a_channel_waits_for_a_semaphore_that_another_writes() {
    let mut running = Running::new(releases()[1]);
    let (high, low) = halves(SEMAPHORE + 16);
    let mut methods = vec![(0, 0x5c, low), (0, 0x60, high), (0, 0x64, 9), (0, 0x68, 0), (0, 0x6c, 3)];
    methods.extend(release(1));
    running.submit(&methods);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(running.semaphore(), 0, "it waits");
    assert!(running.machine.memory.write_at(SEMAPHORE + 16, &9u32.to_le_bytes()));
    running.wait_for(1);
}

#[test]
fn entries_are_done_in_a_ring() {
    let mut running = Running::new(releases()[1]);
    for payload in 1..=ENTRIES * 2 + 3 {
        running.submit(&release(payload));
        running.wait_for(payload);
    }
    let mut get = [0; 4];
    read(&running.userd, 0x88, &mut get);
    assert_eq!(u32::from_le_bytes(get), running.put);
}

#[test]
fn what_leads_nowhere_and_what_needs_multiprocessors_is_told_in_the_notifier() {
    // An address without memory: an MMU fault. A kernel: an exception.
    for (methods, error) in
        [(copy(0x1000, VIDEO_AT, 16, 1), 31), (vec![(1, 0, HOPPER_COMPUTE_A), (1, 0x2b4, 0x1234)], 13u32)]
    {
        let mut running = Running::new(releases()[2]);
        let notifier = map(&running.machine, running.control, running.client, NOTIFIER);
        running.submit(&methods);
        let began = Instant::now();
        let mut words = [0; 16];
        while words[14..] != [0xff, 0xff] {
            assert!(began.elapsed() < Duration::from_secs(20), "nothing is told");
            read(&notifier, 0, &mut words);
        }
        assert_eq!(words[8..12], error.to_le_bytes());
        running.submit(&release(2));
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(running.semaphore(), 0, "the channel is dead");
        assert_eq!(running.machine.proxy.driver().usage().faults, 1);
    }
}

#[test]
fn methods_of_all_kinds_do_not_end_the_machine() {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..40 {
        let mut running = Running::new(releases()[2]);
        for _ in 0..8 {
            let methods: Vec<_> = (0..60)
                .map(|_| {
                    let method = [0, 0x10, 0x1c, 0x5c, 0x60, 0x6c, 0x300, 0x404, 0x418, 0x708, 0x1b0, 0x1b4, 0x1b0c];
                    let data = [next() as u32, 0, HOPPER_DMA_COPY_A, HOPPER_COMPUTE_A, 2, DATA as u32, 0x40];
                    let method = method[next() as usize % method.len()];
                    (next() as u32 % 8, method, data[next() as usize % data.len()])
                })
                .collect();
            running.submit(&methods);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    // Another machine is as before.
    let mut running = Running::new(releases()[2]);
    running.submit(&release(5));
    running.wait_for(5);
}

#[test]
fn closing_ends_a_channel_in_the_middle_of_its_work() {
    let mut running = Running::new(releases()[1]);
    // Waits for ever.
    let (high, low) = halves(SEMAPHORE + 16);
    running.submit(&[(0, 0x5c, low), (0, 0x60, high), (0, 0x64, 9), (0, 0x68, 0), (0, 0x6c, 3)]);
    running.machine.close(running.control);
    let began = Instant::now();
    while running.machine.proxy.driver().usage().filled > 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "memory is kept");
        std::thread::sleep(Duration::from_millis(1));
    }
}
