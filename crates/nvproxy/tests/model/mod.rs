//! A driver that keeps clients and objects as the kernel's does, as far as saving and restoring need it.
#![allow(dead_code, missing_docs, unreachable_pub)]

use crate::support::*;
use nix::errno::Errno;
use nvproxy::abi::{Abi, Capabilities, reflect::Layout};
use nvproxy::{GuestFile, Node, Options, Proxy};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use version_tree::{DriverVersion, Tree};

pub const CARD_INFO: u32 = 0xc8;
pub const RM_ALLOC: u32 = 0x2b;
pub const ALLOC_MEMORY: u32 = 0x27;
pub const VID_HEAP: u32 = 0x4a;
pub const CONTEXT_DMA: u32 = 0x54;
pub const DUP: u32 = 0x34;
pub const FREE: u32 = 0x29;
pub const CONTROL_COMMAND: u32 = 0x2a;
pub const MAP_MEMORY: u32 = 0x4e;
pub const UNMAP_MEMORY: u32 = 0x4f;
pub const UPDATE_MAPPING: u32 = 0x5e;
const ROOTS: [u32; 3] = [0, 1, 0x41];
const FAILED: u32 = 0x19;

/// A GPU of the model.
#[derive(Debug, Clone, Copy)]
pub struct Card {
    pub minor: u32,
    pub id: u32,
    pub device: u16,
    pub instance: u32,
}

/// What the driver has.
#[derive(Debug, Default)]
pub struct Model {
    pub cards: Vec<Card>,
    /// Objects with their class and parent, by client and handle.
    pub clients: BTreeMap<u32, BTreeMap<u32, (u32, u32)>>,
    /// What was made, in order: client, handle.
    pub made: Vec<(u32, u32)>,
    /// Instances that devices were made with.
    pub devices: Vec<u32>,
    /// Addresses that mappings are called by.
    pub mappings: Vec<u64>,
    /// Calls that are answered with an error, by number, after so many.
    pub fail: Option<(u32, usize)>,
    /// Handles that are given instead of those asked for.
    pub stubborn: bool,
    /// A handle that the driver chooses before any other: one that was freed.
    pub free: Option<u32>,
    next: u32,
}

fn at(layout: &Layout, name: &str) -> Option<usize> {
    layout.fields.iter().find_map(|field| match field.name {
        found if found == name => Some(field.offset),
        "params" => Some(field.offset + at(field.ty.record()?, name)?),
        _ => None,
    })
}

impl Model {
    fn handle(&mut self, asked: u32) -> u32 {
        if asked != 0 && !self.stubborn {
            return asked;
        }
        if let Some(free) = self.free.take() {
            return free;
        }
        loop {
            self.next += 1;
            let handle = 0xcaf0_0000 + self.next;
            if !self.clients.contains_key(&handle)
                && !self.clients.values().any(|objects| objects.contains_key(&handle))
            {
                return handle;
            }
        }
    }

    fn object(&mut self, client: u32, parent: u32, asked: u32, class: u32) -> Option<u32> {
        let handle = self.handle(asked);
        let objects = self.clients.get_mut(&client)?;
        if !objects.contains_key(&parent) || objects.contains_key(&handle) {
            return None;
        }
        objects.insert(handle, (class, parent));
        self.made.push((client, handle));
        Some(handle)
    }

    /// What comes of a call: the handle that was made, if any.
    fn call(&mut self, seen: &Seen, argument: &mut [u8]) -> Option<()> {
        let number = seen.request & 0xff;
        let word_at = |offset| word(seen.argument(), offset);
        let put = |argument: &mut [u8], offset: usize, value: u32| {
            argument[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        };
        match number {
            RM_ALLOC => {
                let (client, parent, asked, class) = (word_at(0), word_at(4), word_at(8), word_at(12));
                let handle = if ROOTS.contains(&class) {
                    let handle = self.handle(client);
                    if self.clients.contains_key(&handle) {
                        return None;
                    }
                    self.clients.insert(handle, BTreeMap::from([(handle, (class, 0))]));
                    self.made.push((handle, handle));
                    handle
                } else {
                    if class == 0x80 {
                        let params = seen.follow(long(seen.argument(), 16));
                        self.devices.push(params.map_or(0, |params| word(params, 0)));
                    }
                    self.object(client, parent, asked, class)?
                };
                put(argument, 8, handle);
            }
            DUP => {
                let (client, parent, asked) = (word_at(0), word_at(4), word_at(8));
                let class = self.clients.get(&word_at(12))?.get(&word_at(16))?.0;
                let handle = self.object(client, parent, asked, class)?;
                put(argument, 8, handle);
            }
            ALLOC_MEMORY => {
                let handle = self.object(word_at(0), word_at(4), word_at(8), word_at(12))?;
                put(argument, 8, handle);
            }
            CONTEXT_DMA => {
                let parent = self.clients.get(&word_at(0))?.get(&word_at(24))?.1;
                let handle = self.object(word_at(0), parent, word_at(8), word_at(12))?;
                put(argument, 8, handle);
            }
            VID_HEAP => {
                let (memory, flags) = (44, 52);
                let asked = if word_at(flags) & 0x4000 != 0 { word_at(memory) } else { 0 };
                let handle = self.object(word_at(0), word_at(4), asked, 0x40)?;
                put(argument, memory, handle);
            }
            FREE => {
                let (client, object) = (word_at(0), word_at(8));
                if client == object {
                    self.clients.remove(&client)?;
                } else {
                    let objects = self.clients.get_mut(&client)?;
                    // One that is none is free already.
                    objects.remove(&object);
                    while let Some(orphan) = objects
                        .iter()
                        .find(|(handle, (_, parent))| **handle != client && !objects.contains_key(parent))
                        .map(|(handle, _)| *handle)
                    {
                        objects.remove(&orphan);
                    }
                }
            }
            MAP_MEMORY => {
                self.next += 1;
                let address = 0xabc0_0000_0000 + u64::from(self.next);
                self.mappings.push(address);
                argument[32..40].copy_from_slice(&address.to_le_bytes());
            }
            UPDATE_MAPPING => {
                let (old, new) = (long(seen.argument(), 16), long(seen.argument(), 24));
                *self.mappings.iter_mut().find(|address| **address == old)? = new;
            }
            UNMAP_MEMORY => {
                let old = long(seen.argument(), 16);
                let at = self.mappings.iter().position(|address| *address == old)?;
                self.mappings.remove(at);
            }
            _ => {}
        }
        Some(())
    }

    fn answer(&mut self, seen: &Seen, bytes: &mut [u8], status: Option<usize>) -> Result<i32, Errno> {
        let range = seen.argument.clone().unwrap();
        let number = seen.request & 0xff;
        if let Some((fails, left)) = &mut self.fail
            && *fails == number
        {
            if *left == 0 {
                return Err(Errno::EIO);
            }
            *left -= 1;
        }
        if number == CARD_INFO {
            bytes[range.clone()].fill(0);
            for (card, place) in self.cards.iter().zip(bytes[range].chunks_exact_mut(72)) {
                place[0] = 1;
                place[12..16].copy_from_slice(&words(&[u32::from(card.device) << 16 | 0x10de]));
                place[16..20].copy_from_slice(&words(&[card.id]));
                place[56..60].copy_from_slice(&words(&[card.minor]));
            }
            return Ok(0);
        }
        if number == CONTROL_COMMAND {
            let command = word(seen.argument(), 8);
            let params = (long(seen.argument(), 16).wrapping_sub(HOST_BASE)) as usize;
            let card = |id: u32| self.cards.iter().find(|card| card.id == id);
            if let (0x205 | 0x275, Some(id)) = (command, bytes.get(params..params + 4).map(|id| word(id, 0))) {
                match (card(id), command) {
                    (Some(card), 0x205) => bytes[params + 8..][..4].copy_from_slice(&words(&[card.instance])),
                    (Some(card), _) => {
                        bytes[params + 8..][..8].copy_from_slice(format!("GPU-{:04x}", card.id).as_bytes())
                    }
                    (None, _) => bytes[range.start + 28..][..4].copy_from_slice(&words(&[0x1f])),
                }
            }
            return Ok(0);
        }
        let done = self.call(seen, &mut bytes[range.clone()]).is_some();
        if let Some(at) = status {
            let status = if done { 0 } else { FAILED };
            bytes[range.start + at..][..4].copy_from_slice(&words(&[status]));
        }
        Ok(0)
    }
}

/// The GPUs that a host has unless a test says otherwise.
pub const CARDS: [Card; 2] = [
    Card { minor: 0, id: 0x100, device: 0x2330, instance: 0 },
    Card { minor: 1, id: 0x4100, device: 0x2330, instance: 1 },
];

/// A proxy in front of a model.
pub fn host(version: DriverVersion, cards: &[Card]) -> (Arc<Proxy<Script>>, Arc<Mutex<Model>>) {
    let proxy = proxy(version);
    let model = Arc::new(Mutex::new(Model { cards: cards.to_vec(), ..Model::default() }));
    let abi = Abi::compose(Tree::embedded(), version).unwrap();
    let behind = model.clone();
    proxy.driver().answer(move |seen, bytes| {
        let row = abi.frontend().get(seen.request & 0xff);
        let size = seen.argument.as_ref().map_or(0, ExactSizeIterator::len);
        let shape = row.and_then(|row| row.handling.shapes().iter().find(|shape| shape.layout.size == size));
        let status = shape.and_then(|shape| at(shape.layout, "status").or_else(|| at(shape.layout, "Status")));
        behind.lock().unwrap().answer(seen, bytes, status)
    });
    (proxy, model)
}

pub fn options() -> Options {
    Options { capabilities: Capabilities::all(), saveable: true, ..Options::default() }
}

/// A guest with files of both control and GPU 0, and a client that the driver has named.
pub fn guest(proxy: &Arc<Proxy<Script>>, options: Options) -> Fixture {
    let sandbox = proxy.sandbox(options);
    let files = Files::default();
    for (number, node) in [(CONTROL, Node::Control), (DEVICE, Node::Device(0)), (OTHER_CONTROL, Node::Control)] {
        files.put(number, &proxy.open(&sandbox, node).unwrap());
    }
    let mut fixture = Fixture {
        proxy: proxy.clone(),
        sandbox,
        memory: Memory::new(),
        files,
        client: nvproxy::abi::types::NvHandle(0),
    };
    fixture.client.0 = root(&fixture, CONTROL);
    fixture
}

/// Makes another client on a file.
pub fn root(fixture: &Fixture, file: i32) -> u32 {
    word(&fixture.done(file, RM_ALLOC, &words(&[0, 0, 0, 0x41, 0, 0, 0, 0])), 8)
}

/// A guest that goes on with files that were made again, under the descriptors that it had.
pub fn again(
    proxy: &Arc<Proxy<Script>>,
    before: &Fixture,
    saved: &nvproxy::save::Saved,
    made: nvproxy::save::Restored<HostFile>,
) -> Fixture {
    let files = Files::default();
    for (number, (old, _)) in before.files.open.lock().unwrap().iter() {
        let at = saved.files.iter().position(|file| Arc::ptr_eq(file, old)).unwrap();
        let GuestFile { file, host } = &made.files[at];
        files.put(*number, &GuestFile { file: file.clone(), host: host.clone() });
    }
    Fixture { proxy: proxy.clone(), sandbox: made.sandbox, memory: Memory::new(), files, client: before.client }
}
