//! The older calls that make memory objects: `NV_ESC_RM_ALLOC_MEMORY`, `NV_ESC_RM_VID_HEAP_CONTROL` and
//! `NV_ESC_RM_ALLOC_CONTEXT_DMA2`.

use super::engine::Frame;
use super::frontend::Escape;
use super::mapping::{DEFAULT_CACHING, memory_type};
use super::objects::{Details, Freed};
use super::refusal::Refusal;
use super::save::MappedBy;
use super::{File, Mapping, Outcome, Proxy};
use crate::abi::numbers::{NV01_MEMORY_LOCAL_USER, NV01_MEMORY_SYSTEM, NV50_MEMORY_VIRTUAL};
use crate::abi::receivers;
use crate::abi::reflect::{FieldRef, field};
use crate::abi::structs::*;
use crate::abi::types::NvHandle;
use crate::guest::Lending;
use crate::host::{HostDriver, Value};
use nix::errno::Errno;
use std::sync::Arc;

/// Memory of the caller.
const NV01_MEMORY_SYSTEM_OS_DESCRIPTOR: u32 = 0x71;
/// Memory of a GPU, for those who may.
const NV01_MEMORY_LOCAL_PRIVILEGED: u32 = 0x3f;
/// Memory of another node, seen by all.
const NV_MEMORY_EXTENDED_USER: u32 = 0x42;

/// Pages of the guest's memory are of this size, in bytes.
const PAGE: u64 = 4096;

/// `NVOS02_FLAGS_ALLOC`, bits 17:16; 1 is NONE.
const FLAGS_ALLOC: (u32, u32, u32) = (16, 0x3, 1);
/// `NVOS02_FLAGS_MAPPING`, bits 31:30; 1 is NO_MAP.
const FLAGS_MAPPING: (u32, u32, u32) = (30, 0x3, 1);
/// `NVOS02_FLAGS_ALLOC_USER_READ_ONLY`, bit 21.
const FLAGS_READ_ONLY: u32 = 1 << 21;

/// `NVOS32_FUNCTION_ALLOC_SIZE`: the one function of `NV_ESC_RM_VID_HEAP_CONTROL` that is let through.
const NVOS32_FUNCTION_ALLOC_SIZE: u32 = 2;
/// `NVOS32_ALLOC_FLAGS_VIRTUAL`.
const NVOS32_ALLOC_FLAGS_VIRTUAL: u32 = 0x0008_0000;

type Memory = nv_ioctl_nvos02_parameters_with_fd;
const ROOT: FieldRef = field!(Memory, params.hRoot);
const PARENT: FieldRef = field!(Memory, params.hObjectParent);
const NEW: FieldRef = field!(Memory, params.hObjectNew);
const CLASS: FieldRef = field!(Memory, params.hClass);
const FLAGS: FieldRef = field!(Memory, params.flags);
const MEMORY: FieldRef = field!(Memory, params.pMemory);
const LIMIT: FieldRef = field!(Memory, params.limit);
const FD: FieldRef = field!(Memory, fd);

impl<D: HostDriver> Proxy<D> {
    /// Compare src/nvidia/arch/nvalloc/unix/src/escape.c:RmIoctl().
    pub(super) fn alloc_memory(
        &self,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<Outcome, Errno>, Refusal> {
        let start = escape.block.start;
        let class = frame.scratch.u32(start + CLASS.offset);
        let flags = frame.scratch.u32(start + FLAGS.offset);
        let set = |(shift, mask, value): (u32, u32, u32)| flags >> shift & mask == value;
        let maps = class == NV01_MEMORY_SYSTEM && !set(FLAGS_ALLOC) && !set(FLAGS_MAPPING);
        let mut mapped = None;
        let mut target = None;
        match class {
            NV01_MEMORY_SYSTEM => {
                frame.prepare(&escape.block, escape.shape)?;
                target = frame.files.first().map(|file| file.file.clone());
                if maps && target.is_none() {
                    return Err(Refusal::Descriptor(FD.path));
                }
            }
            NV01_MEMORY_LOCAL_USER | NV01_MEMORY_LOCAL_PRIVILEGED => {
                frame.scratch.lend(start + FD.offset, FD.size, Value::Number(u64::MAX))?;
            }
            NV01_MEMORY_SYSTEM_OS_DESCRIPTOR => {
                frame.scratch.lend(start + FD.offset, FD.size, Value::Number(u64::MAX))?;
                match self.lend_memory(flags, escape, frame)? {
                    Lending::Mapped(memory) => {
                        frame.scratch.lend(start + MEMORY.offset, MEMORY.size, Value::Mapped(memory.address()))?;
                        mapped = Some(memory);
                    }
                    Lending::Native => return self.alloc_natively(class, escape, frame),
                }
            }
            _ => return Err(Refusal::Unsupported),
        }
        let mut mapping = target.as_ref().map(|file: &Arc<File>| file.mapping.lock());
        if maps && mapping.as_ref().is_some_and(|mapping| mapping.is_some()) {
            return Err(Refusal::Mapped);
        }
        let details = Details { class, mapped, origin: frame.origin(escape, None, None) };
        let (result, identity) = self.made(escape, frame, [ROOT, PARENT, NEW], None, details)?;
        if maps
            && escape.succeeded(frame, &result)
            && let (Some(mapping), Some(file)) = (&mut mapping, &target)
        {
            let length = frame.scratch.number(start + LIMIT.offset, LIMIT.size).wrapping_add(1);
            **mapping = Some(Mapping { length, memory: memory_type(file.node(), DEFAULT_CACHING) });
            let (client, object) = (escape.handle(frame, ROOT), escape.handle(frame, NEW));
            file.note(|notes| notes.mapped = Some(MappedBy::Object { client, object, identity }));
        }
        drop(mapping);
        Ok(self.reply(escape, frame, result)?.map(Outcome::Done))
    }

    /// Has the runtime make memory of the guest available (compare
    /// src/nvidia/arch/nvalloc/unix/src/escape.c:RmCreateOsDescriptor()).
    fn lend_memory(&self, flags: u32, escape: &Escape<'_>, frame: &mut Frame<'_, D::File>) -> Result<Lending, Refusal> {
        let start = escape.block.start;
        let address = frame.scratch.number(start + MEMORY.offset, MEMORY.size);
        let limit = frame.scratch.number(start + LIMIT.offset, LIMIT.size);
        let length = limit
            .checked_add(1)
            .and_then(|length| length.checked_next_multiple_of(PAGE))
            .filter(|length| address.checked_add(*length).is_some())
            .ok_or(Refusal::TooLong(LIMIT.path))?;
        if !address.is_multiple_of(PAGE) {
            return Err(Refusal::Unsupported);
        }
        // Whose the client is has to be known before any memory is pinned.
        self.registry.own(&frame.file.file, escape.handle(frame, ROOT))?;
        frame.guest.memory.lend(address, length, flags & FLAGS_READ_ONLY == 0).map_err(Refusal::Runtime)
    }

    /// The guest makes the object itself. Whether it succeeds is not known, so it is taken to. It does not where the handle
    /// is another object's (compare src/nvidia/src/libraries/resserv/src/rs_client.c:clientAllocResource_IMPL()), which must
    /// not be forgotten.
    fn alloc_natively(
        &self,
        class: u32,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<Outcome, Errno>, Refusal> {
        let client = self.registry.own(&frame.file.file, escape.handle(frame, ROOT))?;
        let mut guard = client.lock().ok_or(Refusal::Client)?;
        let identity = self.registry.clients.identity();
        let (new, parent) = (escape.handle(frame, NEW), escape.handle(frame, PARENT));
        let objects = guard.objects();
        if objects.class(new).is_some() {
            return Err(Refusal::Taken);
        }
        // With handle 0 the driver chooses one, which the guest alone gets to know.
        if new.0 != 0 {
            drop(objects.add(new, parent, identity, Details { class, ..Details::default() }));
        }
        Ok(Ok(Outcome::Native))
    }

    /// Has the driver make an object, and takes note of it. What `details` hold goes with the object, or now. Gives the
    /// object's identity, too, if it was made.
    fn made(
        &self,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
        [root, parent, new]: [FieldRef; 3],
        dependency: Option<FieldRef>,
        mut details: Details,
    ) -> Result<(Result<i32, Errno>, u64), Refusal> {
        let client = self.registry.own(&frame.file.file, escape.handle(frame, root))?;
        let mut guard = client.lock().ok_or(Refusal::Client)?;
        self.registry.order(&mut details.origin);
        let result = self.forward(escape, frame);
        let mut stale = Freed::default();
        let identity = self.registry.clients.identity();
        if escape.succeeded(frame, &result) {
            let (new, parent) = (escape.handle(frame, new), escape.handle(frame, parent));
            let objects = guard.objects();
            stale = objects.add(new, parent, identity, details);
            if let Some(on) = dependency {
                objects.depend(new, escape.handle(frame, on));
            }
        }
        drop(guard);
        drop(stale);
        Ok((result, identity))
    }

    /// Compare src/nvidia/interface/deprecated/rmapi_deprecated_vidheapctrl.c:_rmVidHeapControlAllocCommon().
    pub(super) fn vid_heap_control(
        &self,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        const FUNCTION: FieldRef = field!(NVOS32_PARAMETERS, function);
        const DATA: FieldRef = field!(NVOS32_PARAMETERS, data);
        type Size = NVOS32_PARAMETERS__data_t__AllocSize_t;
        // What is looked at here lies at the same place in every form; the tests hold it to that.
        const MEMORY: FieldRef = DATA.within(field!(Size, hMemory));
        const FLAGS: FieldRef = DATA.within(field!(Size, flags));
        const ATTR: FieldRef = DATA.within(field!(Size, attr));
        const ATTR2: FieldRef = DATA.within(field!(Size, attr2));
        const ROOT: FieldRef = field!(NVOS32_PARAMETERS, hRoot);
        const PARENT: FieldRef = field!(NVOS32_PARAMETERS, hObjectParent);
        const VA_SPACE: FieldRef = field!(NVOS32_PARAMETERS, hVASpace);

        let start = escape.block.start;
        if frame.scratch.u32(start + FUNCTION.offset) != NVOS32_FUNCTION_ALLOC_SIZE {
            return Err(Refusal::Unsupported);
        }
        frame.prepare(&escape.block, escape.shape)?;
        let (flags, attr, attr2) = (
            frame.scratch.u32(start + FLAGS.offset),
            frame.scratch.u32(start + ATTR.offset),
            frame.scratch.u32(start + ATTR2.offset),
        );
        let class = if flags & NVOS32_ALLOC_FLAGS_VIRTUAL != 0 {
            NV50_MEMORY_VIRTUAL
        } else if attr2 >> 24 & 1 != 0 {
            // NVOS32_ATTR2_USE_EGM
            NV_MEMORY_EXTENDED_USER
        } else if attr >> 25 & 3 == 0 {
            // NVOS32_ATTR_LOCATION_VIDMEM
            NV01_MEMORY_LOCAL_USER
        } else {
            NV01_MEMORY_SYSTEM
        };
        // Compare src/nvidia/src/kernel/mem_mgr/virtual_mem.c:virtmemConstruct_IMPL().
        let dependency = (class == NV50_MEMORY_VIRTUAL).then_some(VA_SPACE);
        let details = Details { class, mapped: None, origin: frame.origin(escape, None, None) };
        let (result, _) = self.made(escape, frame, [ROOT, PARENT, MEMORY], dependency, details)?;
        self.reply(escape, frame, result)
    }

    /// The parent field holds the client; the object's parent is that of the memory (compare
    /// src/nvidia/interface/deprecated/rmapi_deprecated_misc.c:RmDeprecatedAllocContextDma()).
    pub(super) fn alloc_context_dma2(
        &self,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        frame.prepare(&escape.block, escape.shape)?;
        let client = escape.handle(frame, field!(NVOS39_PARAMETERS, hObjectParent));
        let client = self.registry.own(&frame.file.file, client)?;
        let class = escape.handle(frame, field!(NVOS39_PARAMETERS, hClass)).0;
        // The driver makes an object of whatever class is asked, if the class has parameters of that size.
        if receivers::forwards(class) {
            return Err(Refusal::NoClass);
        }
        let mut guard = client.lock().ok_or(Refusal::Client)?;
        let mut origin = frame.origin(escape, None, None);
        self.registry.order(&mut origin);
        let result = self.forward(escape, frame);
        let mut stale = Freed::default();
        if escape.succeeded(frame, &result) {
            let new = escape.handle(frame, field!(NVOS39_PARAMETERS, hObjectNew));
            let memory = escape.handle(frame, field!(NVOS39_PARAMETERS, hMemory));
            let objects = guard.objects();
            let parent = objects.parent(memory).unwrap_or(NvHandle(0));
            let identity = self.registry.clients.identity();
            stale = objects.add(new, parent, identity, Details { class, origin, ..Details::default() });
            // Compare src/nvidia/src/kernel/gpu/mem_mgr/context_dma.c:ctxdmaConstruct_IMPL().
            objects.depend(new, memory);
        }
        drop(guard);
        drop(stale);
        self.reply(escape, frame, result)
    }
}
