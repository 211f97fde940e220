//! `NV83DE_CTRL_CMD_DEBUG_READ_MEMORY`: a debugger reads memory, up to a gigabyte at a time.
//!
//! The driver has no limit for it. The proxy holds no more of it at a time than of other parameters
//! ([`PARAMS_SIZE_MAX`]): a longer range is read by several commands, which are one to the guest.
//!
//! The driver reads a range or, if the range is longer than the memory object, nothing (compare
//! src/nvidia/src/kernel/gpu/gr/kernel_sm_debugger_session_ctrl.c:_nv83deCtrlCmdDebugAccessMemory()). So the last piece
//! is read first: if there is such a piece, the driver takes the others, too. It never changes the length, though the
//! header says that it may. Whatever fails later, because the object went meanwhile, is the status that the guest gets,
//! which may have got some of the pieces then.

use super::Proxy;
use super::engine::Frame;
use super::frontend::Escape;
use super::refusal::Refusal;
use crate::abi::numbers::NV83DE_CTRL_CMD_DEBUG_READ_MEMORY;
use crate::abi::reflect::{FieldRef, field};
use crate::abi::row::{DEBUG_READ_MEMORY_MAX, PARAMS_SIZE_MAX};
use crate::abi::structs::NV83DE_CTRL_DEBUG_READ_MEMORY_PARAMS;
use crate::host::{HostDriver, Value};
use nix::errno::Errno;
use std::ops::Range;

/// How long a piece is, in bytes; the last one may be shorter.
const PIECE: u64 = PARAMS_SIZE_MAX as u64;

const LENGTH: FieldRef = field!(NV83DE_CTRL_DEBUG_READ_MEMORY_PARAMS, length);
const OFFSET: FieldRef = field!(NV83DE_CTRL_DEBUG_READ_MEMORY_PARAMS, offset);
const BUFFER: FieldRef = field!(NV83DE_CTRL_DEBUG_READ_MEMORY_PARAMS, buffer);

/// Whether a command, whose parameters are at `block`, is to be done in pieces.
pub(super) fn is_large<F>(command: u32, block: &Range<usize>, frame: &Frame<'_, F>) -> bool {
    let number = |field: FieldRef| frame.scratch.number(block.start + field.offset, field.size);
    command == NV83DE_CTRL_CMD_DEBUG_READ_MEMORY && number(LENGTH) > PIECE && number(BUFFER) != 0
}

impl<D: HostDriver> Proxy<D> {
    /// Has the driver read a long range, and gives it to the guest piece by piece.
    pub(super) fn in_pieces(
        &self,
        block: &Range<usize>,
        escape: &Escape<'_>,
        frame: &mut Frame<'_, D::File>,
    ) -> Result<Result<i32, Errno>, Refusal> {
        let at = |field: FieldRef| block.start + field.offset;
        let number = |field: FieldRef| frame.scratch.number(at(field), field.size);
        let (length, offset, address) = (number(LENGTH), number(OFFSET), number(BUFFER));
        if length > DEBUG_READ_MEMORY_MAX as u64 || offset.checked_add(length).is_none() {
            return Err(Refusal::TooLong(BUFFER.path));
        }
        address.checked_add(length).ok_or(Refusal::Fault)?;
        let piece = frame.zeros(PARAMS_SIZE_MAX)?;
        let lent = frame.scratch.lent.len();
        let mut start = (length - 1) / PIECE * PIECE;
        loop {
            let len = (length - start).min(PIECE);
            let part = piece.start..piece.start + len as usize;
            frame.scratch.lent.truncate(lent);
            frame.scratch.lend(at(LENGTH), LENGTH.size, Value::Number(len))?;
            frame.scratch.lend(at(OFFSET), OFFSET.size, Value::Number(offset + start))?;
            frame.scratch.lend(at(BUFFER), BUFFER.size, Value::Bytes(part.clone()))?;
            let result = self.forward(escape, frame);
            if !escape.succeeded(frame, &result) {
                return Ok(result);
            }
            frame.write(address + start, &part)?;
            if start == 0 {
                return Ok(result);
            }
            start -= PIECE;
            frame.scratch.bytes_mut()[piece.clone()].fill(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Abi, Param};
    use version_tree::Tree;

    #[test]
    fn no_other_command_may_move_more_than_the_limit() {
        let tree = Tree::embedded();
        for abi in tree.iter().filter_map(|release| Abi::compose(tree, release.version).ok()) {
            for (_, row) in abi.rows() {
                for param in row.handling.shapes().iter().flat_map(|shape| shape.params) {
                    if let Param::Pointer(pointer) = param
                        && pointer.limit > PARAMS_SIZE_MAX
                    {
                        assert_eq!(row.number, NV83DE_CTRL_CMD_DEBUG_READ_MEMORY, "{} {}", abi.version(), row.name);
                        assert_eq!(pointer.limit, DEBUG_READ_MEMORY_MAX);
                    }
                }
            }
        }
    }
}
