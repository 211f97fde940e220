//! Entries of a channel, and the methods that they lead to (clc36f.h: NVC36F_GP_ENTRY*, NVC36F_DMA_*).

use super::{Channel, copy, host, inline, report};
use crate::unknown::{Kind, Unknowns};

/// What a channel's owner is told: `ROBUST_CHANNEL_FIFO_ERROR_MMU_ERR_FLT`, `ROBUST_CHANNEL_GR_EXCEPTION`
/// (src/common/sdk/nvidia/inc/nverror.h).
const MMU_FAULT: u32 = 31;
const EXCEPTION: u32 = 13;

/// How many entries of a channel are done in one go before other channels have their turn.
const ENTRIES_PER_STEP: u32 = 64;

/// How a method came out.
pub(super) enum Done {
    Ok,
    /// It has to be tried again: a semaphore is not there yet.
    Later,
    /// The address leads nowhere.
    Fault,
    /// It would take multiprocessors to do it.
    Kernel,
}

impl Done {
    pub(super) fn if_ok(ok: bool) -> Self {
        if ok { Self::Ok } else { Self::Fault }
    }
}

/// Does some of what a channel has to do; `false` if there is nothing.
pub(super) fn step(channel: &Channel, unknown: &Unknowns) -> bool {
    let Some(put) = channel.put() else { return false };
    let mut next = channel.next.load(std::sync::atomic::Ordering::Relaxed);
    for _ in 0..ENTRIES_PER_STEP {
        if next == put || channel.stopped() {
            break;
        }
        match entry(channel, next, unknown) {
            Done::Ok => next = if next + 1 >= channel.entries { 0 } else { next + 1 },
            Done::Later => {
                let moved = next != channel.next.load(std::sync::atomic::Ordering::Relaxed);
                channel.got(next);
                return moved;
            }
            Done::Fault => {
                channel.fail(MMU_FAULT);
                return true;
            }
            Done::Kernel => {
                channel.fail(EXCEPTION);
                return true;
            }
        }
        channel.got(next);
    }
    true
}

fn entry(channel: &Channel, index: u32, unknown: &Unknowns) -> Done {
    let mut bytes = [0; 8];
    let Some(at) = channel.fifo.checked_add(u64::from(index) * 8) else { return Done::Fault };
    if !channel.space.read(at, &mut bytes) {
        return Done::Fault;
    }
    let entry = u64::from_le_bytes(bytes);
    // NVC36F_GP_ENTRY0_GET 31:2, _ENTRY1_GET_HI 7:0, _LENGTH 30:10 in words; none is an opcode without effect here.
    let (address, words) = (entry & 0xff_ffff_fffc, (entry >> 42 & 0x1f_ffff) as usize);
    if words == 0 {
        return Done::Ok;
    }
    let mut segment = vec![0; words * 4];
    if !channel.space.read(address, &mut segment) {
        return Done::Fault;
    }
    run(channel, &segment, unknown)
}

/// Runs a segment. One that has to wait is begun again where it waited.
fn run(channel: &Channel, segment: &[u8], unknown: &Unknowns) -> Done {
    let word = |index: usize| {
        let bytes = segment.get(index * 4..index * 4 + 4)?;
        Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    };
    let mut at = std::mem::take(&mut channel.state.lock().resume) as usize;
    while let Some(header) = word(at) {
        if channel.stopped() {
            return Done::Ok;
        }
        let (count, subchannel, method) = (header >> 16 & 0x1fff, header >> 13 & 7, (header & 0xfff) << 2);
        // NVC36F_DMA_SEC_OP 31:29.
        let (words, step): (u32, fn(u32) -> u32) = match header >> 29 {
            // INC_METHOD, NON_INC_METHOD, ONE_INC
            1 => (count, |index| index * 4),
            3 => (count, |_| 0),
            5 => (count, |index| index.min(1) * 4),
            // IMMD_DATA_METHOD: the data is in the header.
            4 => {
                match one(channel, subchannel, method, count, unknown) {
                    Done::Ok => at += 1,
                    other => return wait(channel, at, other),
                }
                continue;
            }
            // END_PB_SEGMENT
            7 => return Done::Ok,
            // The old forms (GRP0_USE_TERT, GRP2_USE_TERT): a count of 11 bits.
            0 => (count & 0x7ff, |index| index * 4),
            2 => (count & 0x7ff, |_| 0),
            _ => {
                at += 1;
                continue;
            }
        };
        for index in 0..words {
            let Some(data) = word(at + 1 + index as usize) else { return Done::Ok };
            match one(channel, subchannel, method + step(index), data, unknown) {
                Done::Ok => {}
                other => return wait(channel, at, other),
            }
        }
        at += 1 + words as usize;
    }
    Done::Ok
}

/// Remembers where to go on. Methods that only set something may well be done twice.
fn wait(channel: &Channel, at: usize, done: Done) -> Done {
    channel.state.lock().resume = at as u32;
    done
}

/// Starts a kernel: there is nothing here that could run one.
const SEND_PCAS_A: u32 = 0x2b4;

/// The first method of a subchannel that is not the host's.
const FIRST_OF_CLASS: u32 = 0x100;

fn one(channel: &Channel, subchannel: u32, method: u32, data: u32, unknown: &Unknowns) -> Done {
    let mut state = channel.state.lock();
    if method < FIRST_OF_CLASS {
        return host::method(channel, &mut state, subchannel, method, data);
    }
    let target = state.subchannel(subchannel);
    target.set(method, data);
    match target.class & 0xff {
        0xb5 if method == copy::LAUNCH_DMA => copy::launch(channel, target, data),
        0xc0 | 0x97 | 0x40 => match method {
            inline::LAUNCH_DMA => inline::launch(channel, target),
            inline::LOAD_INLINE_DATA => inline::load(channel, target, data),
            report::SET_REPORT_SEMAPHORE_D => report::release(channel, target, data),
            SEND_PCAS_A => {
                unknown.count(Kind::Method, target.class << 16 | method);
                Done::Kernel
            }
            _ => Done::Ok,
        },
        0xb5 => Done::Ok,
        _ => {
            unknown.count(Kind::Method, target.class << 16 | method);
            Done::Ok
        }
    }
}
