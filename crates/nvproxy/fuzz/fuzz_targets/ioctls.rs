//! Any ioctls of two sandboxes, with any memory, before a driver that answers anything.
#![no_main]

#[path = "../guest.rs"]
mod guest;
#[path = "../host.rs"]
mod host;

use guest::{BASE, Files, Memory};
use host::Host;
use libfuzzer_sys::arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use nvproxy::abi::row::{PARAMS_SIZE_MAX, Param};
use nvproxy::abi::{Abi, Capabilities, Row, Shape, Table};
use nvproxy::{EventKeys, Guest, Node, Options, Proxy, Sandbox, UvmMode};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use version_tree::{Tree, version};

/// Every ABI there is.
static ABIS: LazyLock<Vec<Abi>> = LazyLock::new(|| {
    let releases = std::iter::once(version!("515.43.04")).chain(nvproxy::abi::changing());
    releases.map(|release| Abi::compose(Tree::embedded(), release).expect("a release of the tree")).collect()
});

const NODES: [Node; 6] = [Node::Control, Node::Control, Node::Device(0), Node::Uvm, Node::DmaBuf, Node::Capability(1)];
const PARAMS: u64 = BASE + 0x4000;
const LISTS: u64 = BASE + 0x8000;

/// A sandbox with its files and memory.
struct Tenant {
    sandbox: Arc<Sandbox>,
    files: Files,
    memory: Memory,
}

fn options(input: &mut Unstructured<'_>) -> Result<Options> {
    let capabilities = if input.ratio(3, 4)? { Capabilities::all() } else { Capabilities::DEFAULT };
    let gpus = if input.arbitrary()? { Some(vec![0]) } else { None };
    let uvm = if input.arbitrary()? { UvmMode::Shared } else { UvmMode::Native };
    let events = if input.arbitrary()? { EventKeys::Host } else { EventKeys::Guest };
    let open_only = vec![Node::Capability(1)];
    Ok(Options { capabilities, gpus, open_only, uvm, events, saveable: input.arbitrary()? })
}

fn handle(input: &mut Unstructured<'_>) -> Result<u32> {
    Ok(if input.ratio(1, 2)? { input.int_in_range(0..=12)? } else { 0xc1d0_0000 | input.int_in_range(0..=7)? })
}

fn put(bytes: &mut [u8], at: usize, size: usize, value: u64) {
    if let Some(place) = bytes.get_mut(at..at + size) {
        place.copy_from_slice(&value.to_le_bytes()[..size]);
    }
}

/// Parameters of a shape that stand a chance.
fn parameters(input: &mut Unstructured<'_>, shape: &Shape) -> Result<Vec<u8>> {
    let mut bytes = vec![0; shape.layout.size];
    let random = shape.layout.size.min(64).min(input.len());
    input.fill_buffer(&mut bytes[..random])?;
    for (index, param) in shape.params.iter().enumerate() {
        let field = param.field();
        if input.ratio(1, 16)? {
            continue;
        }
        match param {
            Param::Zero(_) | Param::GpuIds(..) => {
                let place = field.offset..field.offset + field.size;
                bytes[place].fill(0);
            }
            Param::Client(_) | Param::OwnClient(_) | Param::Dependency { .. } => {
                for at in (field.offset..field.offset + field.size).step_by(4) {
                    put(&mut bytes, at, 4, handle(input)?.into());
                }
            }
            Param::Descriptor(_) => {
                let number: i32 = input.int_in_range(-1..=8)?;
                put(&mut bytes, field.offset, field.size, i64::from(number) as u64);
            }
            Param::Pointer(pointer) => {
                // A few pieces of what is read in pieces.
                let most = if pointer.limit > PARAMS_SIZE_MAX { 1 << 22 } else { u64::MAX };
                let count = if input.ratio(3, 4)? { input.int_in_range(0..=20)? } else { input.arbitrary::<u64>()? };
                put(&mut bytes, pointer.count.offset, pointer.count.size, count.min(most));
                put(&mut bytes, field.offset, field.size, LISTS + 0x1000 * (index as u64 & 3));
            }
            Param::Null(_)
            | Param::Fixed { .. }
            | Param::Key(_)
            | Param::Special(_)
            | Param::Wipe { .. }
            | Param::GpuUuid(_) => {}
        }
    }
    Ok(bytes)
}

fn entry<'a>(input: &mut Unstructured<'_>, abi: &'a Abi, table: Table) -> Result<(&'a Row, Option<&'a Shape>)> {
    let rows = abi.table(table);
    let index = input.choose_index(rows.iter().len())?;
    let row = rows.iter().nth(index).expect("an index below their number");
    let shapes = row.handling.shapes();
    let shape = if shapes.is_empty() { None } else { Some(&shapes[input.choose_index(shapes.len())?]) };
    Ok((row, shape))
}

fn request(number: u32, size: usize) -> u32 {
    0xc000_4600 | (size as u32 & 0x3fff) << 16 | number
}

/// One call: on which file, its request, and where its argument is.
fn call(input: &mut Unstructured<'_>, abi: &Abi, memory: &Memory) -> Result<(i32, u32, u64)> {
    let kind = input.int_in_range(0..=9u8)?;
    let file = input.int_in_range(0..=2)?;
    Ok(match kind {
        0 => (input.int_in_range(0..=8)?, input.arbitrary()?, input.arbitrary::<u32>()?.into()),
        1 => {
            let mut root = vec![0; 32];
            put(&mut root, 12, 4, input.choose(&[0u64, 1, 0x41])?.to_owned());
            memory.put(BASE, &root);
            (file, request(0x2b, 32), BASE)
        }
        2..=4 => {
            let (row, shape) = entry(input, abi, Table::Frontend)?;
            let mut bytes = match shape {
                Some(shape) => parameters(input, shape)?,
                None => vec![0; 72 * input.int_in_range(0..=3)?],
            };
            for at in [0, 4, 8, 12] {
                if input.ratio(3, 4)? {
                    put(&mut bytes, at, 4, handle(input)?.into());
                }
            }
            memory.put(BASE, &bytes);
            if input.ratio(1, 8)? {
                let mut wrapper = vec![0; 16];
                put(&mut wrapper, 0, 4, row.number.into());
                put(&mut wrapper, 4, 4, bytes.len() as u64);
                put(&mut wrapper, 8, 8, BASE);
                memory.put(PARAMS, &wrapper);
                (file, request(0xd3, 16), PARAMS)
            } else {
                (file, request(row.number, bytes.len()), BASE)
            }
        }
        5 | 6 => {
            let (row, shape) = entry(input, abi, Table::Control)?;
            let params = shape.map(|shape| parameters(input, shape)).transpose()?.unwrap_or_default();
            memory.put(PARAMS, &params);
            let mut bytes = vec![0; 32];
            put(&mut bytes, 0, 4, handle(input)?.into());
            put(&mut bytes, 4, 4, handle(input)?.into());
            let legacy = if input.ratio(1, 8)? { 0x8000 } else { 0 };
            put(&mut bytes, 8, 4, (row.number | legacy).into());
            put(&mut bytes, 16, 8, if params.is_empty() { 0 } else { PARAMS });
            put(&mut bytes, 24, 4, params.len() as u64);
            memory.put(BASE, &bytes);
            (file, request(0x2a, 32), BASE)
        }
        7 | 8 => {
            let (row, shape) = entry(input, abi, Table::Alloc)?;
            let params = shape.map(|shape| parameters(input, shape)).transpose()?.unwrap_or_default();
            memory.put(PARAMS, &params);
            let mut bytes = vec![0; 32];
            for at in [0, 4, 8] {
                put(&mut bytes, at, 4, handle(input)?.into());
            }
            put(&mut bytes, 12, 4, if input.ratio(1, 8)? { 5 } else { row.number.into() });
            put(&mut bytes, 16, 8, if input.ratio(1, 8)? { 0 } else { PARAMS });
            memory.put(BASE, &bytes);
            (file, request(0x2b, 32), BASE)
        }
        _ => {
            let (row, shape) = entry(input, abi, Table::Uvm)?;
            if let Some(shape) = shape {
                memory.put(BASE, &parameters(input, shape)?);
            }
            (3, row.number, BASE)
        }
    })
}

fn run(input: &mut Unstructured<'_>) -> Result<()> {
    let abis: &'static [Abi] = &ABIS;
    let abi = &abis[input.choose_index(abis.len())?];
    let proxy = Proxy::new(Host::new(abi, input.arbitrary()?), abi.clone()).with_memory_block_size(0x800_0000);
    let mut tenants = Vec::new();
    for number in [1, 2] {
        let sandbox = proxy.sandbox(options(input)?);
        let files = Files::default();
        for (descriptor, node) in (0..).zip(NODES) {
            let mut file = proxy.open(&sandbox, node).expect("a node that the sandbox has");
            file.host.sandbox = number;
            files.0.borrow_mut().insert(descriptor, file);
        }
        tenants.push(Tenant { sandbox, files, memory: Memory::of(&<[u8; 32]>::arbitrary(input)?) });
    }
    // An input that ends early ends the sequence.
    let _ = calls(input, abi, &proxy, &tenants);
    for tenant in &tenants {
        // These two are hardly ever saved.
        tenant
            .files
            .0
            .borrow_mut()
            .retain(|descriptor, _| !matches!(NODES[*descriptor as usize % 6], Node::Uvm | Node::DmaBuf));
        let Ok(saved) = proxy.save(&tenant.sandbox) else { continue };
        // Whatever this driver answers, it comes to an end.
        let other = Proxy::new(Host::new(abi, 7), abi.clone()).with_memory_block_size(0x800_0000);
        let options = Options { capabilities: Capabilities::all(), saveable: true, ..Options::default() };
        let _ = other.restore(&saved.snapshot, options, &BTreeMap::new());
    }
    Ok(())
}

fn calls(input: &mut Unstructured<'_>, abi: &'static Abi, proxy: &Proxy<Host>, tenants: &[Tenant]) -> Result<()> {
    while !input.is_empty() {
        let tenant = &tenants[usize::from(input.ratio(1, 3)?)];
        let (descriptor, request, address) = call(input, abi, &tenant.memory)?;
        let left = if input.ratio(1, 8)? { input.int_in_range(0..=6)? } else { u32::MAX };
        tenant.memory.left.set(left);
        let guest = Guest { memory: &tenant.memory, files: &tenant.files };
        let Some(file) = nvproxy::GuestFiles::get(&tenant.files, descriptor) else { continue };
        let _ = proxy.ioctl(&file, request, address, &guest);
    }
    Ok(())
}

fuzz_target!(|input: &[u8]| {
    // An input that ends early ends the sequence.
    let _ = run(&mut Unstructured::new(input));
});
