//! Files that stand for memory: `NV_ESC_RM_MAP_MEMORY`, and dma-bufs.

use super::engine::Frame;
use super::file::{Mapping, MemoryType};
use super::frontend::Escape;
use super::refusal::Refusal;
use super::{File, Proxy};
use crate::abi::reflect::{FieldRef, field};
use crate::abi::structs::*;
use crate::guest::GuestFile;
use crate::host::{HostDriver, Node};
use nix::errno::Errno;
use std::sync::Arc;

/// `NVOS33_FLAGS_CACHING_TYPE`, bits 25:23.
const CACHING_SHIFT: u32 = 23;
const CACHING_MASK: u32 = 0x7;
/// `NVOS33_FLAGS_CACHING_TYPE_DEFAULT`.
pub(super) const DEFAULT_CACHING: u32 = 6;

/// How the driver maps a file (compare kernel-open/nvidia/nv-mmap.c:nvidia_mmap_helper(), nv_encode_caching()).
pub(super) fn memory_type(node: Node, caching: u32) -> MemoryType {
    match (node, caching) {
        // NVOS33_FLAGS_CACHING_TYPE_CACHED, _WRITEBACK
        (Node::Control, 0 | 5) => MemoryType::WriteBack,
        // NVOS33_FLAGS_CACHING_TYPE_WRITECOMBINED, _DEFAULT
        (Node::Control, 2 | DEFAULT_CACHING) => MemoryType::WriteCombined,
        // On a GPU's file it depends on where in the GPU the memory is, which only the driver knows: uncached is right
        // for all of them, if slower for some.
        _ => MemoryType::Uncached,
    }
}

impl<D: HostDriver> Proxy<D> {
    /// Compare src/nvidia/arch/nvalloc/unix/src/escape.c:RmIoctl(), case NV_ESC_RM_MAP_MEMORY, which also tells in the
    /// parameters how the memory turned out to be cached.
    pub(super) fn map_memory(
        &self,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        const LENGTH: FieldRef = field!(nv_ioctl_nvos33_parameters_with_fd, params.length);
        const FLAGS: FieldRef = field!(nv_ioctl_nvos33_parameters_with_fd, params.flags);
        const CLIENT: FieldRef = field!(nv_ioctl_nvos33_parameters_with_fd, params.hClient);
        self.registry.own(&frame.file.file, escape.handle(frame, CLIENT))?;
        frame.prepare(&escape.block, escape.shape)?;
        let Some(target) = frame.files.first().map(|file| file.file.clone()) else {
            return Err(Refusal::Descriptor("fd"));
        };
        let mut mapping = target.mapping.lock();
        if mapping.is_some() {
            return Err(Refusal::Mapped);
        }
        let sent = frame.kept(escape);
        let result = self.forward(escape, frame);
        if escape.succeeded(frame, &result) {
            let start = escape.block.start;
            let caching = frame.scratch.u32(start + FLAGS.offset) >> CACHING_SHIFT & CACHING_MASK;
            *mapping = Some(Mapping {
                length: frame.scratch.number(start + LENGTH.offset, LENGTH.size),
                memory: memory_type(target.node(), caching),
            });
        }
        drop(mapping);
        if let Some(sent) = sent
            && escape.succeeded(frame, &result)
        {
            self.note_mapping(escape, frame, &target, sent);
        }
        self.reply(escape, frame, result)
    }

    /// Opens a dma-buf of memory objects, or adds objects to one (compare
    /// kernel-open/nvidia/nv-dmabuf.c:nv_dma_buf_export()). A new one is the issuer's: the guest gets a descriptor of its
    /// own for it.
    pub(super) fn export_to_dmabuf(
        &self,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        const FD: FieldRef = field!(nv_ioctl_export_to_dma_buf_fd_t, fd);
        let at = escape.block.start + FD.offset;
        frame.prepare(&escape.block, escape.shape)?;
        let number = frame.scratch.u32(at) as i32;
        if number >= 0 {
            return self.pass(escape, frame);
        }
        if number != -1 {
            return Err(Refusal::Descriptor(FD.path));
        }
        let (result, opened) = frame.issue_opening(
            &self.driver,
            crate::host::frontend_request(escape.row.number, escape.argument.size),
            Some(escape.block.clone()),
            Some(at),
        );
        let mut installed = None;
        if let Some(host) = opened {
            let sandbox = frame.file.file.sandbox.clone();
            let file: Arc<File> = self.file(&sandbox, Node::DmaBuf).map_err(Refusal::Runtime)?;
            let number = frame.guest.files.install(GuestFile { file, host }).map_err(Refusal::Runtime)?;
            frame.scratch.set(at, FD.size, number as u64);
            installed = Some(number);
        }
        let reply = self.reply(escape, frame, result);
        if let (Err(_), Some(number)) = (&reply, installed) {
            frame.guest.files.remove(number);
        }
        reply
    }
}
