//! Any text taken for a snapshot, and snapshots that hold together, with anything in their calls.
#![no_main]

#[path = "../host.rs"]
mod host;

use host::Host;
use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use nvproxy::abi::{Abi, Capabilities, Table};
use nvproxy::save::{
    FORMAT, HostGpu, RestoreError, SavedCall, SavedClient, SavedEvent, SavedFile, SavedMapping, SavedObject, Snapshot,
    WhyNot,
};
use nvproxy::{Node, Options, Proxy};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use version_tree::{Tree, version};

/// Releases before and after the forms of what a snapshot's calls have changed.
static ABIS: LazyLock<Vec<Abi>> = LazyLock::new(|| {
    let releases = std::iter::once(version!("515.43.04")).chain(nvproxy::abi::changing());
    releases.map(|release| Abi::compose(Tree::embedded(), release).expect("a release of the tree")).collect()
});

/// The calls that make objects, and one that makes none.
const MAKING: [u32; 6] = [0x2b, 0x27, 0x4a, 0x54, 0x34, 0x2a];

/// A place in a list: one that there is, or not quite.
fn index(input: &mut Unstructured<'_>, len: usize) -> Result<u32> {
    if input.ratio(1, 32)? { input.arbitrary() } else { input.int_in_range(0..=len as u32) }
}

fn handle(input: &mut Unstructured<'_>) -> Result<u32> {
    Ok(match input.int_in_range(0..=15u8)? {
        0 => input.arbitrary()?,
        1..=7 => 0xc1d0_0000 | input.int_in_range(0..=7)?,
        _ => input.int_in_range(0..=12)?,
    })
}

/// Bytes of a length: the first of them from the input.
fn bytes(input: &mut Unstructured<'_>, len: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let random = len.min(64).min(input.len());
    input.fill_buffer(&mut bytes[..random])?;
    Ok(bytes)
}

fn put(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(place) = bytes.get_mut(at..at + 4) {
        place.copy_from_slice(&value.to_le_bytes());
    }
}

fn size(input: &mut Unstructured<'_>, abi: &Abi, table: Table, number: u32) -> Result<usize> {
    let shapes = abi.table(table).get(number).map_or(&[][..], |row| row.handling.shapes());
    if shapes.is_empty() || input.ratio(1, 32)? {
        return input.int_in_range(0..=100);
    }
    Ok(input.choose(shapes)?.layout.size)
}

fn call(input: &mut Unstructured<'_>, abi: &Abi, files: usize, escape: u32, class: u32) -> Result<SavedCall> {
    let len = size(input, abi, Table::Frontend, escape)?;
    let mut argument = if input.ratio(1, 4)? { bytes(input, len)? } else { vec![0; len] };
    for at in [0, 4, 8] {
        put(&mut argument, at, handle(input)?);
    }
    put(&mut argument, 12, class);
    let len = size(input, abi, Table::Alloc, class)?;
    let params = if input.arbitrary()? { bytes(input, len)? } else { Vec::new() };
    let rights = if input.ratio(1, 8)? { bytes(input, 16)? } else { Vec::new() };
    let mut descriptors = Vec::new();
    for _ in 0..input.int_in_range(0..=3)? {
        descriptors.push((input.int_in_range(-1..=8)?, index(input, files)?));
    }
    Ok(SavedCall { file: index(input, files)?, escape, argument, params, rights, descriptors })
}

fn file(input: &mut Unstructured<'_>, files: usize) -> Result<SavedFile> {
    let node = match input.int_in_range(0..=9u8)? {
        0..=5 => Node::Control,
        6 | 7 => Node::Device(input.int_in_range(0..=2)?),
        8 => Node::Uvm,
        _ => *input.choose(&[Node::DmaBuf, Node::Capability(1), Node::ImexChannel(0)])?,
    };
    let control = if input.ratio(1, 4)? { Some(index(input, files)?) } else { None };
    let mut attached = Vec::new();
    for _ in 0..input.int_in_range(0..=3)? {
        attached.push(if input.ratio(1, 16)? { input.arbitrary()? } else { input.int_in_range(0..=3)? });
    }
    let mut events = Vec::new();
    if input.ratio(1, 4)? {
        let mut argument = bytes(input, 12)?;
        put(&mut argument, 0, handle(input)?);
        events.push(SavedEvent { argument, descriptor: (input.int_in_range(-1..=8)?, index(input, files)?) });
    }
    let mapping = if input.ratio(1, 8)? {
        let mut argument = bytes(input, 56)?;
        put(&mut argument, 0, handle(input)?);
        let file = index(input, files)?;
        Some(SavedMapping { file, descriptor: input.int_in_range(-1..=8)?, argument, address: input.arbitrary()? })
    } else {
        None
    };
    Ok(SavedFile { node, control, attached, events, mapping })
}

fn snapshot(input: &mut Unstructured<'_>, abi: &Abi) -> Result<Snapshot> {
    let count = input.int_in_range(1..=4)?;
    let mut files = Vec::new();
    for _ in 0..count {
        files.push(file(input, count - 1)?);
    }
    let mut clients = Vec::new();
    for _ in 0..input.int_in_range(0..=3)? {
        let class = if input.ratio(1, 16)? { input.arbitrary()? } else { *input.choose(&[0, 1, 0x41])? };
        let call = call(input, abi, count - 1, 0x2b, class)?;
        clients.push(SavedClient { handle: 0xc1d0_0000 | input.int_in_range(0..=7)?, call });
    }
    let classes: Vec<u32> = abi.alloc().iter().map(|row| row.number).collect();
    let mut objects: Vec<SavedObject> = Vec::new();
    for number in 0..input.int_in_range(0..=8)? {
        let Some(client) = clients.get(input.int_in_range(0..=2)?).or(clients.first()) else { break };
        let escape = if input.arbitrary()? { 0x2b } else { *input.choose(&MAKING)? };
        let class = if input.ratio(1, 32)? { input.arbitrary()? } else { *input.choose(&classes)? };
        let mut call = call(input, abi, count - 1, escape, class)?;
        let before: Vec<u32> = objects.iter().filter(|it| it.client == client.handle).map(|it| it.handle).collect();
        let any = |input: &mut Unstructured<'_>| -> Result<u32> {
            if before.is_empty() || input.ratio(1, 16)? { handle(input) } else { Ok(*input.choose(&before)?) }
        };
        let parent = if input.arbitrary()? { client.handle } else { any(input)? };
        let dependencies = if input.ratio(1, 8)? { vec![any(input)?] } else { Vec::new() };
        let source = (escape == 0x34 && input.ratio(15, 16)?).then(|| (client.handle, before.first().copied()));
        let source = source.map(|(client, object)| (client, object.unwrap_or(1)));
        if let Some((client, object)) = source {
            put(&mut call.argument, 12, client);
            put(&mut call.argument, 16, object);
        }
        let handle = if input.ratio(1, 16)? { handle(input)? } else { 0x10 + number };
        objects.push(SavedObject { client: client.handle, handle, parent, class, dependencies, source, call });
    }
    let gpu = |number: u32| HostGpu {
        minor: number,
        id: number + 1,
        vendor: 0,
        device: 0,
        instance: Some(number),
        uuid: None,
    };
    let gpus = (0..input.int_in_range(0..=3)?).map(gpu).collect();
    let format = if input.ratio(1, 64)? { input.arbitrary()? } else { FORMAT };
    Ok(Snapshot { format, driver: abi.version().to_string(), gpus, files, clients, objects })
}

fn run(input: &mut Unstructured<'_>) -> Result<()> {
    let abis: &'static [Abi] = &ABIS;
    let abi = &abis[input.choose_index(abis.len())?];
    let seed = input.arbitrary()?;
    let capabilities = if input.ratio(3, 4)? { Capabilities::all() } else { Capabilities::DEFAULT };
    let gpus = if input.ratio(1, 4)? { Some(vec![0, 1]) } else { None };
    let options = Options { capabilities, gpus, saveable: input.arbitrary()?, ..Options::default() };
    let snapshot = if input.ratio(1, 8)? {
        match serde_json::from_slice(input.peek_bytes(input.len()).unwrap_or_default()) {
            Ok(snapshot) => snapshot,
            Err(_) => return Ok(()),
        }
    } else {
        snapshot(input, abi)?
    };
    // It is data: what is written is what is read.
    let text = serde_json::to_string(&snapshot).expect("data");
    assert_eq!(serde_json::from_str::<Snapshot>(&text).expect("what was written"), snapshot);

    let proxy = Proxy::new(Host::asked(abi, seed), abi.clone()).with_memory_block_size(0x800_0000);
    let map = BTreeMap::from([(0, 1)]);
    match proxy.restore(&snapshot, options.clone(), &map) {
        Ok(restored) => {
            assert_eq!(restored.files.len(), snapshot.files.len());
            if options.saveable {
                let _ = proxy.save(&restored.sandbox);
            }
        }
        Err(RestoreError::Call { why: WhyNot::Taken, .. }) => panic!("a client of a sandbox that there never was"),
        Err(_) => {}
    }
    // Nothing is left of it, whatever became of it, once its files are closed.
    if let Err(RestoreError::Call { why: WhyNot::Taken, .. }) = proxy.restore(&snapshot, options, &map) {
        panic!("a client is left of a sandbox that is gone");
    }
    Ok(())
}

fuzz_target!(|input: &[u8]| {
    // An input that ends early makes no snapshot.
    let _ = run(&mut Unstructured::new(input));
});
