//! The host's own methods: which class a subchannel is for, semaphores, interrupts (clc36f.h, clc86f.h).

use super::Channel;
use super::pushbuffer::Done;
use super::semaphore;
use super::state::State;

const SET_OBJECT: u32 = 0x00;
const SEMAPHORE_A: u32 = 0x10;
const SEMAPHORE_D: u32 = 0x1c;
const NON_STALL_INTERRUPT: u32 = 0x20;
const SEM_ADDR_LO: u32 = 0x5c;
const SEM_EXECUTE: u32 = 0x6c;

pub(super) fn method(channel: &Channel, state: &mut State, subchannel: u32, method: u32, data: u32) -> Done {
    let word = |method: u32| state.host[method as usize / 4];
    match method {
        SET_OBJECT => state.subchannel(subchannel).class = data & 0xffff,
        NON_STALL_INTERRUPT => channel.interrupt(),
        SEM_EXECUTE => {
            let low = u64::from(word(SEM_ADDR_LO)) & !3;
            let address = u64::from(word(SEM_ADDR_LO + 4)) << 32 | low;
            let payload = u64::from(word(SEM_ADDR_LO + 12)) << 32 | u64::from(word(SEM_ADDR_LO + 8));
            return execute(channel, address, payload, data);
        }
        SEMAPHORE_D => {
            let address = u64::from(word(SEMAPHORE_A) & 0xff) << 32 | u64::from(word(SEMAPHORE_A + 4)) & !3;
            let payload = u64::from(word(SEMAPHORE_A + 8));
            return old(channel, address, payload as u32, data);
        }
        _ => state.host[method as usize / 4 % 64] = data,
    }
    Done::Ok
}

/// `SEM_EXECUTE`.
fn execute(channel: &Channel, address: u64, payload: u64, data: u32) -> Done {
    // PAYLOAD_SIZE 24:24, RELEASE_TIMESTAMP 25:25.
    let (wide, time) = (data >> 24 & 1 != 0, data >> 25 & 1 != 0);
    // OPERATION 2:0.
    match data & 7 {
        // RELEASE; REDUCTION is only ever an addition here.
        1 => Done::if_ok(semaphore::release(&channel.space, address, payload, wide, time)),
        6 => reduce(channel, address, payload, wide),
        operation => acquire(channel, address, payload, wide, |value| match operation {
            // ACQUIRE, ACQ_STRICT_GEQ, ACQ_CIRC_GEQ, ACQ_AND, ACQ_NOR
            0 => value == payload,
            2 => value >= payload,
            3 if wide => (value.wrapping_sub(payload) as i64) >= 0,
            3 => (value.wrapping_sub(payload) as u32 as i32) >= 0,
            4 => value & payload != 0,
            5 => !(value | payload) != 0,
            _ => true,
        }),
    }
}

/// `SEMAPHORED`, the older form.
fn old(channel: &Channel, address: u64, payload: u32, data: u32) -> Done {
    // OPERATION 4:0, RELEASE_SIZE 24:24: 1 is four bytes.
    match data & 0x1f {
        1 => acquire(channel, address, u64::from(payload), false, |value| value == u64::from(payload)),
        2 => {
            let short = data >> 24 & 1 != 0;
            Done::if_ok(semaphore::release(&channel.space, address, u64::from(payload), false, !short))
        }
        4 => acquire(channel, address, 0, false, |value| (value as u32).wrapping_sub(payload) as i32 >= 0),
        8 => acquire(channel, address, 0, false, |value| value as u32 & payload != 0),
        _ => Done::Ok,
    }
}

fn acquire(channel: &Channel, address: u64, _payload: u64, wide: bool, met: impl Fn(u64) -> bool) -> Done {
    match read(channel, address, wide) {
        Some(value) if met(value) => Done::Ok,
        Some(_) => Done::Later,
        None => Done::Fault,
    }
}

fn reduce(channel: &Channel, address: u64, payload: u64, wide: bool) -> Done {
    let Some(value) = read(channel, address, wide) else { return Done::Fault };
    let sum = value.wrapping_add(payload);
    Done::if_ok(semaphore::release(&channel.space, address, sum, wide, false))
}

fn read(channel: &Channel, address: u64, wide: bool) -> Option<u64> {
    let mut bytes = [0; 8];
    let len = if wide { 8 } else { 4 };
    channel.space.read(address, &mut bytes[..len]).then(|| u64::from_le_bytes(bytes))
}
