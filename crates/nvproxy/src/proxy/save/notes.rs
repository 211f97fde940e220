//! What is taken note of while a sandbox runs that may be saved: of others, none of this.

use crate::abi::numbers::*;
use crate::abi::reflect::{FieldRef, field};
use crate::abi::structs::*;
use crate::abi::types::NvHandle;
use crate::abi::{Param, Row, Shape};
use crate::host::HostDriver;
use crate::proxy::engine::Frame;
use crate::proxy::frontend::Escape;
use crate::proxy::{Client, File, FileId, Proxy, Registry, Sandbox};
use std::ops::Range;
use std::sync::Arc;

/// The call that made an object, before the driver wrote its answer into it. There is one for every object, so it is
/// kept small.
#[derive(Debug)]
pub(crate) struct Origin {
    /// Later calls of a client have greater ones: see [`Registry::order`].
    pub sequence: u64,
    pub file: FileId,
    pub descriptors: Box<[(i32, FileId)]>,
    /// Its parameters, the rights asked for, and those of the class, one after another.
    bytes: Box<[u8]>,
    argument: u16,
    rights: u16,
    pub escape: u32,
}

impl Origin {
    /// Its parameters.
    pub(crate) fn argument(&self) -> &[u8] {
        &self.bytes[..usize::from(self.argument)]
    }

    /// The rights asked for; none where it is empty.
    pub(crate) fn rights(&self) -> &[u8] {
        &self.bytes[usize::from(self.argument)..][..usize::from(self.rights)]
    }

    /// The parameters of the class; none where it is empty.
    pub(crate) fn params(&self) -> &[u8] {
        &self.bytes[usize::from(self.argument) + usize::from(self.rights)..]
    }
}

/// What is known of an open file.
#[derive(Debug, Default)]
pub(in crate::proxy) struct Notes {
    /// What was given to `NV_ESC_ATTACH_GPUS_TO_FD`.
    pub attached: Vec<u32>,
    pub events: Vec<OsEvent>,
    /// Who prepared it to be mapped.
    pub mapped: Option<MappedBy>,
    /// What was done to it that no call does again.
    pub state: Option<&'static str>,
}

/// A call of `NV_ESC_ALLOC_OS_EVENT`.
#[derive(Debug)]
pub(in crate::proxy) struct OsEvent {
    pub sequence: u64,
    pub argument: Box<[u8]>,
    pub descriptor: (i32, FileId),
}

/// Who prepared a file to be mapped.
#[derive(Debug)]
pub(in crate::proxy) enum MappedBy {
    /// The call that made this object.
    Object { client: NvHandle, object: NvHandle, identity: u64 },
    /// A call of its own.
    Call(MapCall),
}

/// A call of `NV_ESC_RM_MAP_MEMORY`.
#[derive(Debug)]
pub(in crate::proxy) struct MapCall {
    pub file: FileId,
    pub descriptor: i32,
    pub client: NvHandle,
    pub memory: NvHandle,
    /// Which object it was that had that handle.
    pub identity: Option<u64>,
    pub argument: Box<[u8]>,
    pub address: Option<u64>,
}

impl<F> Frame<'_, F> {
    fn copy(&self, block: &Range<usize>) -> Box<[u8]> {
        self.scratch.bytes().get(block.clone()).unwrap_or(&[]).into()
    }

    fn saveable(&self) -> bool {
        self.file.file.sandbox.options.saveable
    }

    /// A copy of the parameters as they are now, for a sandbox that may be saved.
    pub(in crate::proxy) fn kept(&self, escape: &Escape<'_>) -> Option<Box<[u8]>> {
        self.saveable().then(|| self.copy(&escape.block))
    }

    /// How an object is about to be made, for a sandbox that may be saved.
    pub(in crate::proxy) fn origin(
        &self,
        escape: &Escape<'_>,
        params: Option<&Range<usize>>,
        rights: Option<&Range<usize>>,
    ) -> Option<Box<Origin>> {
        self.saveable().then(|| {
            let block = |block: Option<&Range<usize>>| {
                block.and_then(|block| self.scratch.bytes().get(block.clone())).unwrap_or_default()
            };
            let (argument, rights) = (block(Some(&escape.block)), block(rights));
            Box::new(Origin {
                sequence: 0,
                file: self.file.file.id,
                descriptors: self.named.as_slice().into(),
                bytes: [argument, rights, block(params)].concat().into(),
                // An ioctl has less than 16 KiB of parameters.
                argument: argument.len() as u16,
                rights: rights.len() as u16,
                escape: escape.row.number,
            })
        })
    }
}

impl Registry {
    /// Numbers a call. That is done when its client is locked, so that the numbers are in the driver's order.
    pub(in crate::proxy) fn order(&self, origin: &mut Option<Box<Origin>>) {
        if let Some(origin) = origin {
            origin.sequence = self.number();
        }
    }
}

impl Sandbox {
    /// Takes note of a client that is gone. The driver frees a client's events with it (compare
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c:rm_client_free_os_events()).
    pub(in crate::proxy) fn note_client_gone(&self, client: NvHandle) {
        if !self.options.saveable {
            return;
        }
        const CLIENT: FieldRef = field!(nv_ioctl_alloc_os_event_t, hClient);
        let handle = client.0.to_le_bytes();
        let of = |event: &OsEvent| event.argument.get(CLIENT.offset..CLIENT.offset + CLIENT.size) == Some(&handle[..]);
        let files: Vec<_> = self.files.lock().values().filter_map(std::sync::Weak::upgrade).collect();
        for file in files {
            file.note(|notes| notes.events.retain(|event| !of(event)));
        }
    }
}

impl File {
    /// Does something with what is known of it, if anything is.
    pub(in crate::proxy) fn note(&self, with: impl FnOnce(&mut Notes)) {
        if let Some(notes) = &self.notes {
            with(&mut notes.lock());
        }
    }

    /// Takes note of what no call does again.
    pub(in crate::proxy) fn note_state(&self, by: &'static str) {
        self.note(|notes| notes.state = Some(by));
    }
}

impl<D: HostDriver> Proxy<D> {
    /// Takes note of what a control command did that is more than setting something: it tied an object to a file, or to
    /// another object.
    pub(in crate::proxy) fn note_command(
        &self,
        row: &Row,
        shape: &Shape,
        client: &Client,
        object: NvHandle,
        frame: &Frame<'_, D::File>,
    ) {
        let ties = shape.params.iter().any(|param| matches!(param, Param::Descriptor(_) | Param::Dependency { .. }));
        if !frame.saveable() || !ties || row.number == NV0000_CTRL_CMD_OS_UNIX_GET_EXPORT_OBJECT_INFO {
            return;
        }
        for file in &frame.files {
            file.file.note_state(row.name);
        }
        if let Some(mut guard) = client.lock() {
            guard.objects().note_state(object, row.name);
        }
    }

    /// Takes note of how a file was prepared to be mapped.
    pub(in crate::proxy) fn note_mapping(
        &self,
        escape: &Escape<'_>,
        frame: &Frame<'_, D::File>,
        target: &File,
        sent: Box<[u8]>,
    ) {
        type Map = nv_ioctl_nvos33_parameters_with_fd;
        const ADDRESS: FieldRef = field!(Map, params.pLinearAddress);
        let (client, memory) = (field!(Map, params.hClient), field!(Map, params.hMemory));
        let (client, memory) = (escape.handle(frame, client), escape.handle(frame, memory));
        let identity = |client: Arc<Client>| client.lock()?.objects().identity(memory);
        let call = MapCall {
            file: frame.file.file.id,
            descriptor: frame.named.first().map_or(-1, |(number, _)| *number),
            client,
            memory,
            identity: self.registry.own(&frame.file.file, client).ok().and_then(identity),
            argument: sent,
            address: Some(frame.scratch.number(escape.block.start + ADDRESS.offset, ADDRESS.size)),
        };
        target.note(|notes| notes.mapped = Some(MappedBy::Call(call)));
    }

    /// Takes note of what an ioctl did that makes no object.
    pub(in crate::proxy) fn note_escape(&self, escape: &Escape<'_>, frame: &Frame<'_, D::File>, sent: Box<[u8]>) {
        let number = |field: FieldRef| frame.scratch.number(escape.block.start + field.offset, field.size);
        let handle = |field: FieldRef| NvHandle(number(field) as u32);
        let state = |client: FieldRef, object: FieldRef| {
            if let Ok(client) = self.registry.foreign(&frame.file.file, handle(client))
                && let Some(mut guard) = client.lock()
            {
                guard.objects().note_state(handle(object), escape.row.name);
            }
        };
        match escape.row.number {
            NV_ESC_ALLOC_OS_EVENT => {
                if let Some(descriptor) = frame.named.first() {
                    let event = OsEvent { sequence: self.registry.number(), argument: sent, descriptor: *descriptor };
                    frame.file.file.note(|notes| notes.events.push(event));
                }
            }
            NV_ESC_FREE_OS_EVENT => {
                const CLIENT: FieldRef = field!(nv_ioctl_free_os_event_t, hClient);
                const FD: FieldRef = field!(nv_ioctl_free_os_event_t, fd);
                let same = |event: &OsEvent| {
                    event.argument.get(CLIENT.offset..CLIENT.offset + CLIENT.size)
                        == sent.get(CLIENT.offset..CLIENT.offset + CLIENT.size)
                        && event.descriptor.0 == number(FD) as i32
                };
                frame.file.file.note(|notes| {
                    if let Some(at) = notes.events.iter().position(same) {
                        notes.events.remove(at);
                    }
                });
            }
            NV_ESC_RM_SHARE => state(field!(NVOS57_PARAMETERS, hClient), field!(NVOS57_PARAMETERS, hObject)),
            NV_ESC_RM_MAP_MEMORY_DMA => state(field!(NVOS46_PARAMETERS, hClient), field!(NVOS46_PARAMETERS, hDma)),
            NV_ESC_RM_UPDATE_DEVICE_MAPPING_INFO => {
                let (old, new) = (
                    number(field!(NVOS56_PARAMETERS, pOldCpuAddress)),
                    number(field!(NVOS56_PARAMETERS, pNewCpuAddress)),
                );
                let (client, memory) = (field!(NVOS56_PARAMETERS, hClient), field!(NVOS56_PARAMETERS, hMemory));
                note_address(&frame.file.file, handle(client), handle(memory), old, Some(new));
            }
            NV_ESC_RM_UNMAP_MEMORY => {
                let address = number(field!(NVOS34_PARAMETERS, pLinearAddress));
                let (client, memory) = (field!(NVOS34_PARAMETERS, hClient), field!(NVOS34_PARAMETERS, hMemory));
                note_address(&frame.file.file, handle(client), handle(memory), address, None);
            }
            _ => {}
        }
    }
}

/// A mapping is called by another address, or is gone.
fn note_address(file: &File, client: NvHandle, memory: NvHandle, old: u64, new: Option<u64>) {
    // The files are dropped when nothing is locked any more: their going takes them off the list.
    let files: Vec<Arc<File>> = file.sandbox.files.lock().values().filter_map(std::sync::Weak::upgrade).collect();
    for file in files {
        file.note(|notes| {
            if let Some(MappedBy::Call(call)) = &mut notes.mapped
                && (call.client, call.memory, call.address) == (client, memory, Some(old))
            {
                call.address = new;
            }
        });
    }
}
