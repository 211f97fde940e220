//! Whether a snapshot can be what saving gave: nobody says where it comes from. Every list in it has a limit, and what is
//! looked at takes time in proportion to its length.

use super::replay::{makes, source};
use super::{Damage, FORMAT, HostGpu, RestoreError, SavedCall, Snapshot, Subject};
use crate::Node;
use crate::abi::numbers::NV_ESC_RM_ALLOC;
use crate::abi::row::PARAMS_SIZE_MAX;
use crate::proxy::gpus::GPUS_MAX;
use std::collections::{BTreeMap, HashSet};

/// Not more files than this, nor clients or events of a file: a process has fewer descriptors.
const FILES_MAX: usize = 1 << 16;

/// Not more objects than this, nor what one of them depends on.
const OBJECTS_MAX: usize = 1 << 20;

/// Not more GPUs attached to a file than this: `NV_ESC_ATTACH_GPUS_TO_FD` has less than 16 KiB of parameters.
const ATTACHED_MAX: usize = (ARGUMENT_MAX - 1) / 4;

/// The parameters of an ioctl are shorter than this, in bytes.
const ARGUMENT_MAX: usize = 1 << 14;

/// Not more descriptors in a call than this; none has more than two.
const DESCRIPTORS_MAX: usize = 16;

/// What the rest of restoring relies on.
pub(super) fn check(snapshot: &Snapshot, driver: &str) -> Result<(), RestoreError> {
    if snapshot.format != FORMAT {
        return Err(RestoreError::Format(snapshot.format));
    }
    if snapshot.driver != driver {
        return Err(RestoreError::DriverVersion { saved: snapshot.driver.clone(), host: driver.to_owned() });
    }
    files(snapshot).and_then(|()| objects(snapshot)).map_err(RestoreError::Damaged)
}

/// A list must not be longer than its limit.
fn at_most<T>(limit: usize, list: &[T], what: &'static str) -> Result<(), Damage> {
    if list.len() > limit { Err(Damage::TooMany(what)) } else { Ok(()) }
}

/// What an ioctl was given.
fn argument(bytes: &[u8]) -> Result<(), Damage> {
    at_most(ARGUMENT_MAX - 1, bytes, "bytes in an ioctl's parameters")
}

fn files(snapshot: &Snapshot) -> Result<(), Damage> {
    at_most(GPUS_MAX, &snapshot.gpus, "GPUs")?;
    at_most(FILES_MAX, &snapshot.files, "files")?;
    at_most(FILES_MAX, &snapshot.clients, "clients")?;
    at_most(OBJECTS_MAX, &snapshot.objects, "objects")?;
    let mut minors = HashSet::new();
    if let Some(gpu) = snapshot.gpus.iter().find(|gpu| !minors.insert(gpu.minor)) {
        return Err(Damage::GpuTwice(gpu.minor));
    }
    let identities: HashSet<_> = snapshot.gpus.iter().map(|gpu| gpu.id).collect();
    let there = |index: u32| snapshot.files.get(index as usize).ok_or(Damage::NoFile(index));
    for (index, file) in snapshot.files.iter().enumerate() {
        match file.node {
            Node::DmaBuf => return Err(Damage::Node(file.node)),
            Node::Device(minor) if !minors.contains(&minor) => return Err(Damage::NoGpu(minor)),
            _ => {}
        }
        if let Some(control) = file.control {
            let target = there(control)?;
            if target.node != Node::Control || target.control.is_some() || control as usize == index {
                return Err(Damage::Control(index as u32));
            }
        }
        at_most(ATTACHED_MAX, &file.attached, "GPUs attached to a file")?;
        if let Some(id) = file.attached.iter().find(|id| **id != 0 && !identities.contains(id)) {
            return Err(Damage::NoGpu(*id));
        }
        at_most(FILES_MAX, &file.events, "events of a file")?;
        for event in &file.events {
            argument(&event.argument)?;
            there(event.descriptor.1)?;
        }
        if let Some(mapping) = &file.mapping {
            argument(&mapping.argument)?;
            there(mapping.file)?;
        }
    }
    Ok(())
}

fn objects(snapshot: &Snapshot) -> Result<(), Damage> {
    let file = |index: u32| match snapshot.files.get(index as usize) {
        Some(_) => Ok(()),
        None => Err(Damage::NoFile(index)),
    };
    let call = |call: &SavedCall| {
        file(call.file)?;
        argument(&call.argument)?;
        at_most(PARAMS_SIZE_MAX, &call.params, "bytes in a class's parameters")?;
        at_most(PARAMS_SIZE_MAX, &call.rights, "bytes of rights")?;
        at_most(DESCRIPTORS_MAX, &call.descriptors, "descriptors in a call")?;
        call.descriptors.iter().try_for_each(|(_, index)| file(*index))
    };
    // Clients with the objects that come before the one that is looked at.
    let mut clients = BTreeMap::new();
    for client in &snapshot.clients {
        let subject = Subject::Client(client.handle);
        call(&client.call)?;
        if client.call.escape != NV_ESC_RM_ALLOC {
            return Err(Damage::NoSuchCall(subject));
        }
        if client.handle == 0 {
            return Err(Damage::Handle(subject));
        }
        if clients.insert(client.handle, HashSet::from([client.handle])).is_some() {
            return Err(Damage::Twice(subject));
        }
    }
    for object in &snapshot.objects {
        let subject = Subject::Object { client: object.client, handle: object.handle, class: object.class };
        call(&object.call)?;
        at_most(OBJECTS_MAX, &object.dependencies, "dependencies of an object")?;
        if !makes(object.call.escape) {
            return Err(Damage::NoSuchCall(subject));
        }
        if object.handle == 0 {
            return Err(Damage::Handle(subject));
        }
        if object.source != source(&object.call) {
            return Err(Damage::Source(subject));
        }
        let source = object.source.is_none_or(|(client, source)| {
            clients.get(&client).is_some_and(|objects| source != client && objects.contains(&source))
        });
        let Some(before) = clients.get_mut(&object.client) else { return Err(Damage::Order(subject)) };
        let needed = object.dependencies.iter().chain([&object.parent]);
        if !source || !needed.into_iter().all(|handle| before.contains(handle)) {
            return Err(Damage::Order(subject));
        }
        if !before.insert(object.handle) {
            return Err(Damage::Twice(subject));
        }
    }
    Ok(())
}

/// The host's GPUs for those of a snapshot, in its order. Those that `map` does not name keep their minor numbers.
pub(super) fn remap(
    saved: &[HostGpu],
    map: &BTreeMap<u32, u32>,
    host: &[HostGpu],
    given: impl Fn(u32) -> bool,
) -> Result<Vec<HostGpu>, RestoreError> {
    let mut taken = HashSet::new();
    let mut found = Vec::new();
    for gpu in saved {
        let minor = map.get(&gpu.minor).copied().unwrap_or(gpu.minor);
        let Some(other) = host.iter().find(|other| other.minor == minor) else {
            return Err(RestoreError::NoGpu { saved: gpu.minor, minor });
        };
        let (wanted, is) = ((gpu.vendor, gpu.device), (other.vendor, other.device));
        if wanted != is {
            return Err(RestoreError::GpuKind { saved: gpu.minor, minor, wanted, found: is });
        }
        if !given(minor) {
            return Err(RestoreError::ForeignGpu(minor));
        }
        if !taken.insert(minor) {
            return Err(RestoreError::GpuTwice(minor));
        }
        found.push(other.clone());
    }
    Ok(found)
}
