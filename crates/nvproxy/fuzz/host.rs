//! A driver of the fuzzer's: it holds what it gets against the tables, and answers anything.

use nix::errno::Errno;
use nvproxy::abi::row::{PARAMS_SIZE_MAX, Param};
use nvproxy::abi::{Abi, Parameters, Table};
use nvproxy::{Call, HostDriver, Node, Value};
use std::collections::HashMap;
use std::sync::Mutex;

/// Where it sees the bytes of a call.
pub const HOST_BASE: u64 = 0x7eed_f00d_0000_0000;
/// Its descriptors begin here.
pub const HOST_FD: i32 = 0x5eed_0000;

#[derive(Debug, Clone, Copy)]
pub struct HostFile {
    pub number: i32,
    /// Whose it is.
    pub sandbox: u32,
    pub node: Node,
}

pub struct Host {
    abi: &'static Abi,
    /// Whether it often gives a client the handle that is asked for, as NVIDIA's driver does.
    asked: bool,
    state: Mutex<State>,
}

struct State {
    random: u64,
    /// Clients by handle, with whose they are.
    clients: HashMap<u32, u32>,
    files: i32,
}

impl State {
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        self.random >> 24
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
}

impl Host {
    pub fn new(abi: &'static Abi, seed: u64) -> Self {
        Self { abi, asked: false, state: Mutex::new(State { random: seed, clients: HashMap::new(), files: HOST_FD }) }
    }

    /// One whose clients may choose their handles: a snapshot's do.
    #[allow(dead_code, reason = "not every target is about snapshots")]
    pub fn asked(abi: &'static Abi, seed: u64) -> Self {
        Self { asked: true, ..Self::new(abi, seed) }
    }

    /// What is passed must be listed, at the size that is listed.
    fn check(&self, state: &State, file: &HostFile, call: &mut Call<'_, HostFile>) {
        let request = call.request();
        let argument = call.argument();
        let size = argument.as_ref().map_or(0, |argument| argument.len());
        let (row, size_said) = match file.node {
            Node::Uvm => (self.abi.uvm().get(request), size),
            Node::Control | Node::Device(_) => {
                (self.abi.frontend().get(request & 0xff), (request >> 16 & 0x3fff) as usize)
            }
            node => panic!("an ioctl on {node}"),
        };
        let row = row.unwrap_or_else(|| panic!("{request:#x} is not listed"));
        assert_eq!(size, size_said, "{}", row.name);
        let shape = match row.handling.parameters {
            Parameters::Struct(shapes) => {
                let shape = shapes.iter().find(|shape| shape.layout.size == size);
                let table = if file.node == Node::Uvm { Table::Uvm } else { Table::Frontend };
                assert!(shape.is_some() || self.abi.takes_any_size(table, row), "{} of {size} bytes", row.name);
                shape
            }
            Parameters::Repeated(layout) => {
                assert_eq!(size % layout.size, 0);
                None
            }
            Parameters::Empty => {
                assert!(argument.is_none());
                None
            }
            _ => panic!("{} is not to be passed on", row.name),
        };
        let len = call.bytes().len();
        for lent in call.lent() {
            assert!(lent.at + lent.width <= len);
            match &lent.value {
                Value::Bytes(range) => assert!(range.end <= len && range.len() <= PARAMS_SIZE_MAX),
                Value::File(index) => assert_eq!(call.files()[*index].sandbox, file.sandbox, "{}", row.name),
                Value::Mapped(_) | Value::Number(_) => {}
            }
        }
        let start = argument.map_or(0, |argument| argument.start);
        for param in shape.iter().flat_map(|shape| shape.params) {
            let (Param::Client(field) | Param::OwnClient(field)) = param else { continue };
            for at in (field.offset..field.offset + field.size).step_by(4) {
                let client = word(call.bytes(), start + at);
                let owner = state.clients.get(&client).copied();
                assert!(client == 0 || owner == Some(file.sandbox), "{}: {client:#x}", row.name);
            }
        }
        // The client of most calls is the first word.
        let frontend = file.node.is_frontend();
        let is_root = request & 0xff == 0x2b && matches!(word(call.bytes(), start + 12), 0 | 1 | 0x41);
        if frontend && !is_root && matches!(request & 0xff, 0x27 | 0x29 | 0x2a | 0x2b | 0x34 | 0x4a | 0x4e | 0x54) {
            let client = word(call.bytes(), start);
            assert_eq!(state.clients.get(&client), Some(&file.sandbox), "{}: {client:#x}", row.name);
        }
    }
}

impl HostDriver for Host {
    type File = HostFile;

    fn open(&self, node: Node) -> Result<HostFile, Errno> {
        let mut state = self.state.lock().unwrap();
        state.files += 1;
        Ok(HostFile { number: state.files, sandbox: 0, node })
    }

    fn ioctl(&self, file: &HostFile, call: &mut Call<'_, HostFile>) -> Result<i32, Errno> {
        let mut state = self.state.lock().unwrap();
        self.check(&state, file, call);
        let start = call.argument().map_or(0, |argument| argument.start);
        let nr = if file.node.is_frontend() { call.request() & 0xff } else { 0 };
        let class = word(call.bytes(), start + 12);
        let (root, object) = (word(call.bytes(), start), word(call.bytes(), start + 8));
        let kept = call.lend(HOST_BASE, |file| file.number);
        let lent = call.lent();
        let argument = call.argument().unwrap_or_default();
        let bytes = call.bytes();
        if state.next() % 4 > 0 {
            // Here and there; never a byte of a marker, so that none comes about by chance.
            let step = (state.next() % 37 + 1) as usize;
            for byte in bytes.iter_mut().step_by(step).take(4096) {
                *byte = state.next() as u8 & 0x3f;
            }
            for one in lent {
                if let Some(place) = bytes.get_mut(one.at..one.at + one.width) {
                    place.copy_from_slice(&(HOST_BASE >> (64 - 8 * one.width)).to_le_bytes()[..one.width]);
                }
            }
        }
        let errno = (state.next() % 8 == 0).then(|| [Errno::EINVAL, Errno::EFAULT][state.next() as usize % 2]);
        let mut done = errno.is_none() && state.next() % 4 != 0;
        // Whose a client is, the proxy and this driver must agree on: so in the calls that make and free objects, the
        // status says what was done.
        let argument = &mut bytes[argument];
        if nr == 0x2b {
            if done && matches!(class, 0 | 1 | 0x41) {
                // Few handles, so that they are given again and again, but never while they are in use.
                let handle = match self.asked && state.next() % 8 > 0 {
                    true => object,
                    false => 0xc1d0_0000 | (state.next() % 8) as u32,
                };
                argument[8..12].copy_from_slice(&handle.to_le_bytes());
                done = !state.clients.contains_key(&handle);
                if done {
                    state.clients.insert(handle, file.sandbox);
                }
            }
            argument[24..].fill(u8::from(!done));
        }
        if nr == 0x29 {
            argument[12..16].fill(u8::from(!done));
            if done && root == object {
                state.clients.remove(&root);
            }
        }
        if let Some(at) = call.opens()
            && done
        {
            state.files += 1;
            let number = state.files.to_le_bytes();
            call.bytes()[at..at + 4].copy_from_slice(&number);
        }
        let number = call.restore(&kept);
        match errno {
            Some(errno) => Err(errno),
            None => {
                if done && number >= 0 {
                    call.opened(HostFile { number, sandbox: file.sandbox, node: Node::DmaBuf });
                }
                Ok(0)
            }
        }
    }
}
