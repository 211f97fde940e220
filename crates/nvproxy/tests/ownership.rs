//! A client is used only by those whose it is: not by another sandbox, and, where the driver looks at the file, not
//! through another file of the same sandbox.

mod support;

use nvproxy::abi::row::Param;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Abi, Capabilities, Effect, Shape, Table};
use nvproxy::{Options, Outcome};
use std::collections::BTreeSet;
use std::sync::Arc;
use support::*;
use version_tree::{DriverVersion, Tree, version};

const VICTIM: u32 = 0xc1d0_0001;
const OWN: u32 = 0xc1d0_0002;
const PARAMS: u64 = 0x100_0000;
const LISTS: u64 = 0x200_0000;

fn releases() -> impl Iterator<Item = DriverVersion> {
    std::iter::once(version!("515.43.04")).chain(nvproxy::abi::changing())
}

/// Two sandboxes of one proxy: the one whose client it is, and one that has heard of the handle.
fn two(release: DriverVersion) -> (Fixture, Fixture) {
    let options = || Options { capabilities: Capabilities::all(), ..Options::default() };
    let victim = Fixture::of(proxy(release), options(), VICTIM);
    let other = Fixture::of(Arc::clone(&victim.proxy), options(), OWN);
    victim.proxy.driver().take();
    (victim, other)
}

/// Parameters with the descriptors and lists that they need, and a client wherever they name one.
fn parameters(fixture: &Fixture, shape: &Shape, client: u32, only: usize) -> Vec<u8> {
    let mut bytes = vec![0; shape.layout.size];
    for (index, param) in shape.params.iter().enumerate() {
        let field = param.field();
        let place = field.offset..field.offset + field.size;
        // One place at a time holds the client in question; the others hold the caller's own.
        let client = if index == only { client } else { fixture.client.0 };
        match param {
            Param::Client(_) | Param::OwnClient(_) => {
                bytes[place].chunks_exact_mut(4).for_each(|at| at.copy_from_slice(&client.to_le_bytes()))
            }
            Param::Pointer(pointer) if pointer.clients => {
                bytes[place].copy_from_slice(&(LISTS + index as u64 * 64).to_le_bytes());
                bytes[pointer.count.offset] = 2;
                fixture.memory.put(LISTS + index as u64 * 64, &words(&[fixture.client.0, client]));
            }
            Param::Descriptor(descriptor) => {
                use nvproxy::abi::row::File;
                let number = match descriptor.file {
                    File::Control | File::Frontend | File::ClientFile => CONTROL,
                    File::Device | File::Event => DEVICE,
                    File::Uvm => UVM,
                    File::DmaBuf => DMA_BUF,
                    File::Capability => CAPABILITY,
                };
                bytes[place].copy_from_slice(&i64::from(number).to_le_bytes()[..field.size]);
            }
            _ => {}
        }
    }
    bytes
}

/// Makes a call with these parameters; whether the driver got it.
fn reaches(fixture: &Fixture, table: Table, number: u32, parameters: &[u8]) -> bool {
    let size = parameters.len() as u32;
    match table {
        Table::Frontend => drop(fixture.call(CONTROL, number, parameters)),
        Table::Uvm => {
            fixture.memory.put(ARGUMENT, parameters);
            let _ = fixture.ioctl(UVM, number, ARGUMENT);
        }
        Table::Control => {
            fixture.memory.put(PARAMS, parameters);
            // An object that the proxy does not know, so that its class does not matter.
            let _ = fixture.control(0x5000_0002, number, PARAMS, size);
        }
        Table::Alloc => {
            fixture.memory.put(PARAMS, parameters);
            let _ = fixture.alloc(0x5000_0001, fixture.client.0, number, PARAMS);
        }
    }
    !fixture.proxy.driver().take().is_empty()
}

#[test]
fn no_row_takes_another_sandboxs_client() {
    let mut tried = 0;
    for release in releases() {
        let (_victim, other) = two(release);
        let rows: Vec<_> = other.proxy.abi().rows().map(|(table, row)| (table, *row)).collect();
        for (table, row) in &rows {
            let [shape] = row.handling.shapes() else { continue };
            for (index, param) in shape.params.iter().enumerate() {
                if !matches!(param, Param::Client(_) | Param::OwnClient(_))
                    && !matches!(param, Param::Pointer(pointer) if pointer.clients)
                {
                    continue;
                }
                for (client, allowed) in [(OWN, true), (VICTIM, false), (0xdead_beef, false)] {
                    let parameters = parameters(&other, shape, client, index);
                    let reached = reaches(&other, *table, row.number, &parameters);
                    assert_eq!(reached, allowed, "{release} {} {} {client:#x}", row.name, param.field().path);
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 26 * 20, "only {tried}");
}

/// Every handler that takes a client, with where its parameters have it.
fn handlers() -> Vec<(u32, usize, Vec<u8>)> {
    vec![
        (0x27, 0, words(&[0, 1, 2, 0x40, 0, 0, 0, 0, 0xfff, 0, 0, 0, u32::MAX, 0])),
        (0x27, 0, words(&[0, 1, 2, 0x3e, 1 << 30, 0, 0, 0, 0xfff, 0, 0, 0, u32::MAX, 0])),
        (0x29, 0, words(&[0, 1, 2, 0])),
        (0x2a, 0, words(&[0, 1, 0x2080_1801, 0, PARAMS as u32, 0, 72, 0])),
        (0x2a, 0, words(&[0, 1, 0x2080_8001, 0, 0, 0, 0, 0])),
        (0x2b, 0, words(&[0, 1, 2, 0x80, 0, 0, 0, 0])),
        (0x34, 0, words(&[0, 1, 2, 0, 3, 0, 0])),
        (0x4a, 0, {
            let mut bytes = words(&[0, 1, 2]);
            bytes.resize(184, 0);
            bytes
        }),
        (0x4e, 0, words(&[0, 1, 2, 0, 0, 0, 0x1000, 0, 0, 0, 0, 0, DEVICE as u32, 0])),
        (0x54, 0, words(&[0, 1, 2, 2, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0])),
    ]
}

fn with_client(parameters: &[u8], at: usize, client: u32) -> Vec<u8> {
    let mut bytes = parameters.to_vec();
    bytes[at..at + 4].copy_from_slice(&client.to_le_bytes());
    bytes
}

#[test]
fn no_handler_takes_another_sandboxs_client() {
    for release in [version!("515.43.04"), version!("550.54.15"), version!("595.45.04")] {
        for (number, at, parameters) in handlers() {
            let (_victim, other) = two(release);
            let size = other.proxy.abi().control().get(0x2080_1801).unwrap().handling.shapes()[0].layout.size as u32;
            let parameters = if number == 0x2a && word(&parameters, 24) != 0 {
                let mut bytes = parameters;
                bytes[24..28].copy_from_slice(&size.to_le_bytes());
                bytes
            } else {
                parameters
            };
            other.memory.put(PARAMS, &vec![0; size as usize]);
            let refused = with_client(&parameters, at, VICTIM);
            assert_eq!(other.call(CONTROL, number, &refused), Ok(Outcome::Done(0)), "{number:#x}");
            assert!(other.proxy.driver().take().is_empty(), "{release} {number:#x} reached the driver");
            let back = other.memory.get(ARGUMENT, refused.len());
            let changed = back.chunks_exact(4).zip(refused.chunks_exact(4)).filter(|(back, sent)| back != sent);
            let statuses: Vec<u32> = changed.map(|(back, _)| word(back, 0)).collect();
            assert_eq!(statuses, [NV_STATUS::NV_ERR_INVALID_CLIENT.0], "{release} {number:#x}: nothing but the status");
        }
    }
}

#[test]
fn no_handler_takes_the_client_of_another_file_of_the_sandbox() {
    for (number, at, parameters) in handlers() {
        // The same call through its own file, to see that it is the file that matters.
        for (file, reaches) in [(OTHER_CONTROL, false), (DEVICE, false), (CONTROL, true)] {
            let fixture = Fixture::new(version!("550.54.15"));
            let size = fixture.proxy.abi().control().get(0x2080_1801).unwrap().handling.shapes()[0].layout.size as u32;
            let mut parameters = with_client(&parameters, at, fixture.client.0);
            if number == 0x2a && word(&parameters, 24) != 0 {
                parameters[24..28].copy_from_slice(&size.to_le_bytes());
            }
            if number == 0x34 {
                parameters[12..16].copy_from_slice(&fixture.client.0.to_le_bytes());
            }
            fixture.memory.put(PARAMS, &vec![0; size as usize]);
            assert_eq!(fixture.alloc(1, fixture.client.0, 0x2080, 0), 0);
            fixture.proxy.driver().take();
            fixture.done(file, number, &parameters);
            assert_eq!(!fixture.proxy.driver().take().is_empty(), reaches, "{number:#x} on {file}");
        }
    }
}

#[test]
fn no_object_is_copied_out_of_another_sandbox() {
    let (victim, other) = two(version!("550.54.15"));
    assert_eq!(victim.alloc(1, VICTIM, 0x2080, 0), 0);
    victim.proxy.driver().take();
    for (to, from) in [(OWN, VICTIM), (VICTIM, OWN), (VICTIM, VICTIM)] {
        let back = other.done(CONTROL, 0x34, &words(&[to, to, 9, from, 1, 0, 0]));
        assert_eq!(word(&back, 24), NV_STATUS::NV_ERR_INVALID_CLIENT.0, "{to:#x} {from:#x}");
    }
    assert!(other.proxy.driver().take().is_empty());
}

#[test]
fn a_client_that_was_freed_may_become_anothers() {
    let (victim, other) = two(version!("550.54.15"));
    assert_eq!(victim.free(VICTIM), 0);
    other.new_client(VICTIM);
    let back = other.done(CONTROL, 0x29, &words(&[VICTIM, 0, 5, 0]));
    assert_eq!(word(&back, 12), 0);
    let back = victim.done(CONTROL, 0x29, &words(&[VICTIM, 0, 5, 0]));
    assert_eq!(word(&back, 12), NV_STATUS::NV_ERR_INVALID_CLIENT.0);
}

#[test]
fn no_file_of_another_sandbox_is_taken() {
    let (victim, other) = two(version!("550.54.15"));
    // A guest that got hold of another sandbox's descriptor, by whatever mistake of a runtime.
    other.files.put(60, &victim.file(CONTROL));
    other.files.put(61, &victim.file(DEVICE));
    assert!(other.call(DEVICE, 0xc9, &words(&[60])).is_err());
    let event = other.done(CONTROL, 0xce, &words(&[OWN, 0, 61, 0]));
    assert_eq!(word(&event, 12), NV_STATUS::NV_ERR_INVALID_ARGUMENT.0);
    let map = words(&[OWN, 1, 2, 0, 0, 0, 0x1000, 0, 0, 0, 0, 0, 61, 0]);
    assert_eq!(word(&other.done(CONTROL, 0x4e, &map), 40), NV_STATUS::NV_ERR_INVALID_ARGUMENT.0);
    assert!(other.proxy.driver().take().is_empty());
}

#[test]
fn every_field_that_holds_a_client_is_said_to() {
    // By its name: what NVIDIA calls a client is looked after, or is one of these, which no driver reads any more.
    let known = ["hDebuggerClient_Obsolete"];
    let mut seen = 0;
    let mut unsaid = BTreeSet::new();
    for release in releases() {
        let abi = Abi::compose(Tree::embedded(), release).unwrap();
        for (table, row) in abi.rows() {
            let handled = matches!(
                row.handling.effect,
                Some(
                    Effect::Alloc
                        | Effect::Free
                        | Effect::DupObject
                        | Effect::Control
                        | Effect::AllocMemory
                        | Effect::MapMemory
                )
            );
            for shape in row.handling.shapes() {
                shape.layout.walk(&mut |path, offset, field| {
                    let name = path.rsplit('.').next().unwrap_or(path);
                    let is_handle = field.ty == nvproxy::abi::Type::Handle;
                    if !is_handle || !name.contains("lient") || handled || known.contains(&name) {
                        return;
                    }
                    seen += 1;
                    let said = shape.params.iter().any(|param| {
                        let at = param.field();
                        matches!(param, Param::Client(_) | Param::OwnClient(_))
                            && at.offset <= offset
                            && offset < at.offset + at.size
                    });
                    if !said {
                        unsaid.insert(format!("{table:?} {} {path}", row.name));
                    }
                });
            }
        }
    }
    assert!(unsaid.is_empty(), "{unsaid:#?}");
    assert!(seen > 26 * 15, "only {seen}");
}
