//! Mapping memory: into processes, and into address spaces of a GPU.

use super::Escape;
use crate::frame::Frame;
use crate::gpu::{Mapping, Space};
use crate::memory::{Memory, PAGE};
use crate::rm::Body;
use crate::simulator::Inner;
use nvproxy::abi::status::NV_STATUS;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// As many mappings as one object has at a time.
const MOST_MAPPINGS: usize = 1024;

impl Inner {
    /// What a new mapping is known by, until the caller says where it put it.
    pub(super) fn mapping_address(&self, length: u64) -> u64 {
        let length = length.checked_next_multiple_of(PAGE).unwrap_or(PAGE);
        self.next_mapping.fetch_add(length, Ordering::Relaxed)
    }

    /// Compare src/nvidia/arch/nvalloc/unix/src/escape.c:RmIoctl(), case NV_ESC_RM_MAP_MEMORY.
    pub(super) fn map_memory(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let (root, owner) = escape.client(frame, "params.hClient");
        let (device, handle) = (escape.get(frame, "params.hDevice"), escape.get(frame, "params.hMemory"));
        let offset = frame.get(&escape.params, "params.offset");
        let length = frame.get(&escape.params, "params.length");
        let descriptor = escape.get(frame, "fd") as i32;
        let file = frame.file(descriptor).ok_or(NV_STATUS::NV_ERR_INVALID_ARGUMENT)?.clone();
        let mut rm = self.rm.lock();
        let client = rm.client(root, owner)?;
        if device != root && client.objects.get(device).is_none() {
            return Err(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND);
        }
        let object = client.objects.get_mut(handle).ok_or(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)?;
        let Body::Memory(memory) = &object.body else { return Err(NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE) };
        let end = offset.checked_add(length).filter(|end| length > 0 && *end <= memory.len());
        if end.is_none() || !offset.is_multiple_of(PAGE) {
            return Err(NV_STATUS::NV_ERR_INVALID_LIMIT);
        }
        // Memory that others lent is mapped where it came from.
        if !matches!(&**memory, Memory::Store(_)) {
            return Err(NV_STATUS::NV_ERR_NOT_SUPPORTED);
        }
        if object.mapped.len() >= MOST_MAPPINGS {
            return Err(NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES);
        }
        if !file.map(memory.clone(), offset, length) {
            return Err(NV_STATUS::NV_ERR_STATE_IN_USE);
        }
        let address = self.mapping_address(length);
        object.mapped.push(address);
        frame.set(&escape.params, "params.pLinearAddress", address);
        Ok(())
    }

    /// Compare src/nvidia/src/libraries/resserv/src/rs_server.c:serverUnmap().
    pub(super) fn unmap_memory(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let (root, owner) = escape.client(frame, "hClient");
        let address = frame.get(&escape.params, "pLinearAddress");
        let handle = escape.get(frame, "hMemory");
        let mut rm = self.rm.lock();
        let object = rm.client(root, owner)?.objects.get_mut(handle).ok_or(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)?;
        let at = object.mapped.iter().position(|known| *known == address);
        object.mapped.swap_remove(at.ok_or(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)?);
        Ok(())
    }

    /// The caller says where it put a mapping.
    pub(super) fn update_mapping(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let (root, owner) = escape.client(frame, "hClient");
        let (old, new) = (frame.get(&escape.params, "pOldCpuAddress"), frame.get(&escape.params, "pNewCpuAddress"));
        let handle = escape.get(frame, "hMemory");
        let mut rm = self.rm.lock();
        let object = rm.client(root, owner)?.objects.get_mut(handle).ok_or(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)?;
        let known = object.mapped.iter_mut().find(|known| **known == old);
        *known.ok_or(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)? = new;
        Ok(())
    }

    /// The address space that a mapping goes into: of `hDma`'s, or of the device.
    fn space_of(&self, escape: &Escape<'_>, frame: &Frame<'_>) -> Result<(Arc<Space>, Option<Arc<Memory>>), NV_STATUS> {
        let (root, owner) = escape.client(frame, "hClient");
        let (device, into) = (escape.get(frame, "hDevice"), escape.get(frame, "hDma"));
        let memory = escape.get(frame, "hMemory");
        let mut rm = self.rm.lock();
        let client = rm.client(root, owner)?;
        let body = |handle| client.objects.get(handle).map(|object| object.body.clone());
        let memory = match body(memory) {
            Some(Body::Memory(memory)) => Some(memory),
            _ => None,
        };
        match (body(into), body(device)) {
            (Some(Body::Space(space)), _) | (Some(_), Some(Body::Space(space))) => Ok((space, memory)),
            _ => Err(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND),
        }
    }

    /// Compare src/nvidia/src/kernel/mem_mgr/virtual_mem.c:virtmemMapTo_IMPL().
    pub(super) fn map_memory_dma(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let (space, memory) = self.space_of(escape, frame)?;
        let memory = memory.ok_or(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)?;
        let (offset, length) = (frame.get(&escape.params, "offset"), frame.get(&escape.params, "length"));
        let mut address = frame.get(&escape.params, "dmaOffset");
        if address == 0 {
            address = self.addresses(length);
            frame.set(&escape.params, "dmaOffset", address);
        }
        let mapped = space.mapped.write().add(address, Mapping { length, memory, offset });
        if mapped { Ok(()) } else { Err(NV_STATUS::NV_ERR_INVALID_OFFSET) }
    }

    pub(super) fn unmap_memory_dma(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let (space, memory) = self.space_of(escape, frame)?;
        let whole = memory.map_or(PAGE, |memory| memory.len());
        let length = match frame.get(&escape.params, "size") {
            0 => whole,
            size => size,
        };
        space.mapped.write().remove(frame.get(&escape.params, "dmaOffset"), length);
        Ok(())
    }
}
