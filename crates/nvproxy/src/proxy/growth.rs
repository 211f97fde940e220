//! Parameters that come without a size: of `/dev/nvidia-uvm`'s ioctls and of classes, the driver copies as much as its
//! release has.
//!
//! At a release of which that size is only inferred, the driver may copy more than the proxy expects. So the proxy
//! leaves room behind such parameters. If nothing in them needs translation, the room has the guest's own bytes, and the
//! range that the driver changed is copied back: everything from the first changed byte to the last. If something in them
//! needs translation, the room has zeros and nothing is copied back, because any field behind the known ones could be a
//! pointer or a descriptor.
//!
//! A release pack says sizes that nothing but the pack shows. Behind such parameters there is the same room with zeros,
//! so that the driver reads nothing of the supervisor's if the pack says too little.

use super::Proxy;
use super::engine::Frame;
use super::refusal::Refusal;
use crate::abi::{Row, Table};
use crate::host::HostDriver;
use std::ops::Range;

/// How much a struct may have grown since the nearest release that is known, in bytes. The largest that any release has
/// is UVM_MAP_EXTERNAL_ALLOCATION_PARAMS with 9264 bytes.
const GROWTH_MAX: usize = 16 << 10;

/// What is read of a guest at once where its memory may end, in bytes.
const PAGE: u64 = 4096;

/// The guest's bytes behind its parameters, as they were.
pub(super) struct Growth {
    address: u64,
    at: usize,
    before: Box<[u8]>,
}

impl<D: HostDriver> Proxy<D> {
    /// Reads the parameters of a row that come without a size. They have `len` bytes, and maybe more if this build has not
    /// proved that.
    pub(super) fn read_unsized(
        &self,
        table: Table,
        row: &Row,
        address: u64,
        len: usize,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Range<usize>, Refusal> {
        if self.abi.has_proved_size(table, row) {
            frame.read(address, len)
        } else {
            let plain = row.handling.is_plain() && !self.abi.is_of_pack();
            frame.read_growing(address, len, plain)
        }
    }
}

impl<F> Frame<'_, F> {
    /// Reads parameters that may be longer than `len` bytes, and leaves room for that. `plain` says that nothing in them
    /// needs translation.
    pub(super) fn read_growing(&mut self, address: u64, len: usize, plain: bool) -> Result<Range<usize>, Refusal> {
        let block = self.zeros(len + GROWTH_MAX)?;
        let (start, end) = (block.start, block.start + len);
        self.guest.memory.read(address, &mut self.scratch.bytes_mut()[start..end])?;
        if plain {
            let behind = address.saturating_add(len as u64);
            let read = self.read_while_there(behind, end..block.end);
            let before = self.scratch.bytes().get(end..end + read).unwrap_or_default().into();
            self.growth = Some(Growth { address: behind, at: end, before });
        }
        Ok(start..end)
    }

    /// Reads up to where the guest's memory ends, and says how much that was.
    fn read_while_there(&mut self, address: u64, block: Range<usize>) -> usize {
        let mut done = 0;
        while done < block.len() {
            let from = address.saturating_add(done as u64);
            let page = (PAGE - from % PAGE) as usize;
            let part = block.start + done..block.start + (done + page).min(block.len());
            let length = part.len();
            if self.guest.memory.read(from, &mut self.scratch.bytes_mut()[part.clone()]).is_err() {
                self.scratch.bytes_mut()[part].fill(0);
                break;
            }
            done += length;
        }
        done
    }

    /// The bytes from the first to the last that the driver changed behind the parameters, and their address.
    pub(super) fn grown(&self) -> Option<(u64, Range<usize>)> {
        let Growth { address, at, before } = self.growth.as_ref()?;
        let after = self.scratch.bytes().get(*at..at + before.len())?;
        let differs = |(a, b): (&u8, &u8)| a != b;
        let first = after.iter().zip(&**before).position(differs)?;
        let last = after.iter().zip(&**before).rposition(differs)?;
        Some((address + first as u64, at + first..at + last + 1))
    }
}
