//! What the ioctls do.

use super::Managed;
use crate::frame::{Block, Frame};
use crate::gpu::{Mapping, Space};
use crate::memory::PAGE;
use crate::rm::Body;
use crate::simulator::Inner;
use nvproxy::abi::status::NV_STATUS;
use std::sync::Arc;

/// As many GPUs as a file can have registered.
const MOST_GPUS: usize = 32;

/// `None` for what is not modelled.
pub(super) fn call(
    inner: &Inner,
    managed: &Arc<Managed>,
    name: &str,
    frame: &mut Frame<'_>,
    params: &Block,
) -> Option<NV_STATUS> {
    let initializes = matches!(name, "UVM_INITIALIZE" | "UVM_MM_INITIALIZE" | "UVM_PAGEABLE_MEM_ACCESS");
    if !initializes && !managed.state.lock().initialized {
        return Some(NV_STATUS::NV_ERR_ILLEGAL_ACTION);
    }
    Some(match name {
        "UVM_INITIALIZE" => {
            managed.state.lock().initialized = true;
            NV_STATUS::NV_OK
        }
        // Only of use where the driver does not know the memory of a process by its open files; clients do without.
        "UVM_MM_INITIALIZE" => NV_STATUS::NV_WARN_NOTHING_TO_DO,
        "UVM_PAGEABLE_MEM_ACCESS" | "UVM_PAGEABLE_MEM_ACCESS_ON_GPU" => {
            frame.set(params, "pageableMemAccess", 0);
            NV_STATUS::NV_OK
        }
        "UVM_REGISTER_GPU" => register_gpu(inner, managed, frame, params),
        "UVM_UNREGISTER_GPU" => unregister_gpu(managed, frame, params),
        "UVM_REGISTER_GPU_VASPACE" => register_space(inner, managed, frame, params),
        "UVM_REGISTER_CHANNEL" => register_channel(inner, frame, params),
        "UVM_MAP_EXTERNAL_ALLOCATION" => map_external(inner, managed, frame, params),
        "UVM_UNMAP_EXTERNAL" | "UVM_FREE" => {
            let (base, mut length) = (frame.get(params, "base"), frame.get(params, "length"));
            if !params.has("length") {
                length = 1;
            }
            managed.external.write().remove(base, length);
            NV_STATUS::NV_OK
        }
        "UVM_CREATE_EXTERNAL_RANGE"
        | "UVM_MAP_DYNAMIC_PARALLELISM_REGION"
        | "UVM_ALLOC_SEMAPHORE_POOL"
        | "UVM_VALIDATE_VA_RANGE" => range(frame, params),
        "UVM_CREATE_RANGE_GROUP" => {
            let mut state = managed.state.lock();
            state.groups += 1;
            let group = state.groups;
            frame.set(params, "rangeGroupId", group);
            NV_STATUS::NV_OK
        }
        // Hints on where memory had better be: there is only one place.
        "UVM_DESTROY_RANGE_GROUP"
        | "UVM_SET_RANGE_GROUP"
        | "UVM_SET_PREFERRED_LOCATION"
        | "UVM_UNSET_PREFERRED_LOCATION"
        | "UVM_ENABLE_READ_DUPLICATION"
        | "UVM_DISABLE_READ_DUPLICATION"
        | "UVM_SET_ACCESSED_BY"
        | "UVM_UNSET_ACCESSED_BY"
        | "UVM_MIGRATE_RANGE_GROUP"
        | "UVM_UNREGISTER_GPU_VASPACE"
        | "UVM_UNREGISTER_CHANNEL"
        | "UVM_ENABLE_PEER_ACCESS"
        | "UVM_DISABLE_PEER_ACCESS" => NV_STATUS::NV_OK,
        "UVM_MIGRATE" => migrate(managed, frame, params),
        _ => return None,
    })
}

fn range(frame: &Frame<'_>, params: &Block) -> NV_STATUS {
    let (base, length) = (frame.get(params, "base"), frame.get(params, "length"));
    let pages = base.is_multiple_of(PAGE) && length.is_multiple_of(PAGE) && length > 0;
    if pages && base.checked_add(length).is_some() { NV_STATUS::NV_OK } else { NV_STATUS::NV_ERR_INVALID_ADDRESS }
}

fn uuid(frame: &mut Frame<'_>, params: &Block, path: &str) -> [u8; 16] {
    frame.field(params, path).try_into().unwrap_or_default()
}

fn register_gpu(inner: &Inner, managed: &Managed, frame: &mut Frame<'_>, params: &Block) -> NV_STATUS {
    let uuid = uuid(frame, params, "gpu_uuid");
    if !inner.gpus.iter().any(|gpu| gpu.uuid == uuid) {
        return NV_STATUS::NV_ERR_INVALID_DEVICE;
    }
    let mut state = managed.state.lock();
    if state.gpus.len() >= MOST_GPUS {
        return NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES;
    }
    if !state.gpus.contains(&uuid) {
        state.gpus.push(uuid);
    }
    frame.set(params, "numaEnabled", 0);
    frame.set(params, "numaNodeId", u64::from(u32::MAX));
    NV_STATUS::NV_OK
}

fn unregister_gpu(managed: &Managed, frame: &mut Frame<'_>, params: &Block) -> NV_STATUS {
    let uuid = uuid(frame, params, "gpu_uuid");
    let mut state = managed.state.lock();
    let before = state.gpus.len();
    state.gpus.retain(|gpu| *gpu != uuid);
    if state.gpus.len() < before { NV_STATUS::NV_OK } else { NV_STATUS::NV_ERR_INVALID_DEVICE }
}

fn space(inner: &Inner, frame: &Frame<'_>, params: &Block) -> Option<Arc<Space>> {
    let (client, handle) = (frame.get32(params, "hClient"), frame.get32(params, "hVaSpace"));
    match inner.rm.lock().body(client, handle)? {
        Body::Space(space) => Some(space),
        _ => None,
    }
}

fn register_space(inner: &Inner, managed: &Arc<Managed>, frame: &mut Frame<'_>, params: &Block) -> NV_STATUS {
    let uuid = uuid(frame, params, "gpuUuid");
    if !managed.state.lock().gpus.contains(&uuid) {
        return NV_STATUS::NV_ERR_INVALID_DEVICE;
    }
    let Some(space) = space(inner, frame, params) else { return NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE };
    let mut registered = space.managed.write();
    if registered.strong_count() > 0 {
        return NV_STATUS::NV_ERR_INVALID_DEVICE;
    }
    *registered = Arc::downgrade(managed);
    NV_STATUS::NV_OK
}

fn register_channel(inner: &Inner, frame: &Frame<'_>, params: &Block) -> NV_STATUS {
    let (client, handle) = (frame.get32(params, "hClient"), frame.get32(params, "hChannel"));
    match inner.rm.lock().body(client, handle) {
        Some(Body::Channel(_)) => NV_STATUS::NV_OK,
        _ => NV_STATUS::NV_ERR_INVALID_CHANNEL,
    }
}

fn map_external(inner: &Inner, managed: &Managed, frame: &Frame<'_>, params: &Block) -> NV_STATUS {
    let status = range(frame, params);
    if status != NV_STATUS::NV_OK {
        return status;
    }
    let (client, handle) = (frame.get32(params, "hClient"), frame.get32(params, "hMemory"));
    let Some(Body::Memory(memory)) = inner.rm.lock().body(client, handle) else {
        return NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE;
    };
    let (length, offset) = (frame.get(params, "length"), frame.get(params, "offset"));
    // Whole pages of memory whose length is none are mapped, too.
    let length = length.min(memory.len().saturating_sub(offset));
    let mapped = managed.external.write().add(frame.get(params, "base"), Mapping { length, memory, offset });
    if mapped { NV_STATUS::NV_OK } else { NV_STATUS::NV_ERR_INVALID_OFFSET }
}

/// Nothing moves; a client that waits for the end is told at once.
fn migrate(managed: &Managed, frame: &mut Frame<'_>, params: &Block) -> NV_STATUS {
    let (semaphore, payload) = (frame.get(params, "semaphoreAddress"), frame.get32(params, "semaphorePayload"));
    if semaphore != 0 && !managed.write(semaphore, &payload.to_le_bytes()) {
        return NV_STATUS::NV_ERR_INVALID_ADDRESS;
    }
    NV_STATUS::NV_OK
}
