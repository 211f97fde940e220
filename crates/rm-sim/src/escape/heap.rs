//! Memory objects, and the older calls that make them.

use super::Escape;
use super::body::New;
use crate::frame::{Block, Frame};
use crate::memory::{Memory, PAGE};
use crate::rm::{Body, Kind, Object};
use crate::simulator::Inner;
use nvproxy::abi::status::NV_STATUS;
use std::sync::Arc;

/// `NVOS32_FUNCTION_ALLOC_SIZE`.
const ALLOC_SIZE: u32 = 2;
/// `NVOS32_ALLOC_FLAGS_VIRTUAL`, `NVOS32_ALLOC_FLAGS_FIXED_ADDRESS_ALLOCATE`.
const FLAGS_VIRTUAL: u32 = 0x0008_0000;
/// `NVOS32_ATTR_LOCATION`, bits 26:25; 0 is VIDMEM.
const LOCATION_SHIFT: u32 = 25;
/// `NVOS02_FLAGS_ALLOC`, bits 17:16, and `NVOS02_FLAGS_MAPPING`, bits 31:30; 1 is NONE and NO_MAP.
const ALLOC_SHIFT: u32 = 16;
const MAPPING_SHIFT: u32 = 30;

const NV01_MEMORY_SYSTEM: u32 = 0x3e;
const NV01_MEMORY_LOCAL_PRIVILEGED: u32 = 0x3f;
const NV01_MEMORY_LOCAL_USER: u32 = 0x40;
const NV50_MEMORY_VIRTUAL: u32 = 0x50a0;
const OS_DESCRIPTOR: u32 = 0x71;

/// A GPU's own registers are not modelled: what is mapped of them is a page of zeros.
const REGISTERS: u64 = 64 << 10;

impl Inner {
    /// Memory as large as asked for, of the GPU or of the host.
    fn memory(&self, gpu: Option<usize>, size: u64, system: bool) -> Result<Arc<Memory>, NV_STATUS> {
        let length = size.checked_next_multiple_of(PAGE).filter(|length| *length > 0);
        let length = length.ok_or(NV_STATUS::NV_ERR_INVALID_ARGUMENT)?;
        let budget = match gpu.and_then(|gpu| self.gpus.get(gpu)) {
            Some(gpu) if !system => &gpu.memory,
            _ => &self.system,
        };
        self.store(length, budget)
    }

    /// What the caller is told of new memory.
    fn describe(&self, frame: &mut Frame<'_>, params: &Block, prefix: &str, length: u64) {
        frame.set(params, &format!("{prefix}size"), length);
        frame.set(params, &format!("{prefix}limit"), length - 1);
        // Where in the GPU it is: nobody can tell.
        frame.set(params, &format!("{prefix}offset"), 0);
        frame.set(params, &format!("{prefix}address"), 0);
    }

    /// `NV_MEMORY_ALLOCATION_PARAMS`.
    pub(super) fn memory_from_params(
        &self,
        new: &New,
        params: &Block,
        system: bool,
        frame: &mut Frame<'_>,
    ) -> Result<Body, NV_STATUS> {
        let location = frame.get32(params, "attr") >> LOCATION_SHIFT & 3;
        let memory = self.memory(new.gpu, frame.get(params, "size"), system || location != 0)?;
        self.describe(frame, params, "", memory.len());
        Ok(Body::Memory(memory))
    }

    /// Addresses of a GPU without memory: where is the caller's choice, or the simulator's.
    pub(super) fn range_from_params(&self, params: &Block, frame: &mut Frame<'_>) -> Body {
        let length = frame.get(params, "size").max(frame.get(params, "limit")).max(PAGE);
        let start = frame.get(params, "offset");
        if start == 0 && params.has("size") {
            let start = self.addresses(length);
            frame.set(params, "offset", start);
            frame.set(params, "limit", start.saturating_add(length - 1));
        }
        Body::Memory(Arc::new(Memory::Virtual { length }))
    }

    /// Addresses that nobody was given before.
    pub(super) fn addresses(&self, length: u64) -> u64 {
        const ALIGNMENT: u64 = 2 << 20;
        let length = length.checked_next_multiple_of(ALIGNMENT).unwrap_or(ALIGNMENT);
        self.next_address.fetch_add(length, std::sync::atomic::Ordering::Relaxed)
    }

    /// Compare src/nvidia/interface/deprecated/rmapi_deprecated_vidheapctrl.c:_rmVidHeapControlAllocCommon().
    pub(super) fn vid_heap_control(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let params = &escape.params;
        if frame.get32(params, "function") != ALLOC_SIZE {
            return Err(NV_STATUS::NV_ERR_NOT_SUPPORTED);
        }
        let field = |frame: &Frame<'_>, name: &str| frame.get(params, &format!("data.AllocSize.{name}"));
        let range = field(frame, "flags") as u32 & FLAGS_VIRTUAL != 0;
        let location = field(frame, "attr") as u32 >> LOCATION_SHIFT & 3;
        let (class, kind) = match (range, location) {
            (true, _) => (NV50_MEMORY_VIRTUAL, Kind::Range),
            (_, 0) => (NV01_MEMORY_LOCAL_USER, Kind::Memory),
            _ => (NV01_MEMORY_SYSTEM, Kind::Memory),
        };
        let client = escape.client(frame, "hRoot");
        let (parent, wanted) = (escape.get(frame, "hObjectParent"), field(frame, "hMemory") as u32);
        let size = field(frame, "size");
        let mut rm = self.rm.lock();
        let (handle, gpu) = rm.place(&self.kinds, client, wanted, parent, kind)?;
        let memory = match kind {
            Kind::Range => Arc::new(Memory::Virtual { length: size.max(PAGE) }),
            _ => self.memory(gpu, size, location != 0)?,
        };
        self.describe(frame, params, "data.AllocSize.", memory.len());
        if kind == Kind::Range {
            let start = self.addresses(memory.len());
            frame.set(params, "data.AllocSize.offset", start);
            frame.set(params, "data.AllocSize.limit", start.saturating_add(memory.len() - 1));
        }
        frame.set(params, "data.AllocSize.hMemory", handle.into());
        if let Some(gpu) = gpu.and_then(|gpu| self.gpus.get(gpu)) {
            frame.set(params, "total", gpu.fact("usable_kib").unwrap_or(0) << 10);
            frame.set(params, "free", gpu.memory.left());
        }
        rm.add(
            client.0,
            handle,
            parent,
            Object { class, kind, gpu, body: Body::Memory(memory), mapped: Vec::new() },
            &[],
        );
        Ok(())
    }

    /// Compare src/nvidia/arch/nvalloc/unix/src/escape.c:RmIoctl(), case NV_ESC_RM_ALLOC_MEMORY.
    pub(super) fn alloc_memory(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let params = &escape.params;
        let class = escape.get(frame, "params.hClass");
        let flags = escape.get(frame, "params.flags");
        let pointer = frame.get(params, "params.pMemory");
        let size = frame.get(params, "params.limit").checked_add(1).ok_or(NV_STATUS::NV_ERR_INVALID_LIMIT)?;
        let client = escape.client(frame, "params.hRoot");
        let (parent, wanted) = (escape.get(frame, "params.hObjectParent"), escape.get(frame, "params.hObjectNew"));
        let mut rm = self.rm.lock();
        let (handle, gpu) = rm.place(&self.kinds, client, wanted, parent, Kind::Memory)?;
        let memory = match class {
            NV01_MEMORY_SYSTEM | NV01_MEMORY_LOCAL_USER => self.memory(gpu, size, class == NV01_MEMORY_SYSTEM)?,
            NV01_MEMORY_LOCAL_PRIVILEGED if size <= REGISTERS => self.memory(gpu, size, true)?,
            OS_DESCRIPTOR => Arc::new(self.loans.find(pointer, size).ok_or(NV_STATUS::NV_ERR_INVALID_ADDRESS)?),
            _ => return Err(NV_STATUS::NV_ERR_NOT_SUPPORTED),
        };
        let maps = class == NV01_MEMORY_SYSTEM && flags >> ALLOC_SHIFT & 3 != 1 && flags >> MAPPING_SHIFT & 3 != 1;
        let mut mapped = Vec::new();
        if maps {
            let descriptor = escape.get(frame, "fd") as i32;
            let file = frame.file(descriptor).ok_or(NV_STATUS::NV_ERR_INVALID_ARGUMENT)?.clone();
            if !file.map(memory.clone(), 0, memory.len()) {
                return Err(NV_STATUS::NV_ERR_STATE_IN_USE);
            }
            let address = self.mapping_address(memory.len());
            frame.set(params, "params.pMemory", address);
            mapped.push(address);
        }
        frame.set(params, "params.hObjectNew", handle.into());
        let kind = Kind::Memory;
        rm.add(client.0, handle, parent, Object { class, kind, gpu, body: Body::Memory(memory), mapped }, &[]);
        Ok(())
    }
}
