//! Data in the methods themselves, on their way to memory (clcbc0.h and cla140.h, LAUNCH_DMA and LOAD_INLINE_DATA).

use super::Channel;
use super::pushbuffer::Done;
use super::semaphore;
use super::state::Subchannel;

const LINE_LENGTH_IN: u32 = 0x180;
const LINE_COUNT: u32 = 0x184;
const OFFSET_OUT_UPPER: u32 = 0x188;
const PITCH_OUT: u32 = 0x190;
pub(super) const LAUNCH_DMA: u32 = 0x1b0;
pub(super) const LOAD_INLINE_DATA: u32 = 0x1b4;
const SET_SEMAPHORE_A: u32 = 0x1dc;

/// As much as one launch may carry, in bytes: more than fits in a segment of methods makes no sense.
const MOST: usize = 8 << 20;

pub(super) fn launch(channel: &Channel, methods: &mut Subchannel) -> Done {
    let lines = methods.get(LINE_COUNT) as usize;
    let wanted = (methods.get(LINE_LENGTH_IN) as usize).saturating_mul(lines);
    methods.inline.clear();
    methods.inline_left = if wanted > MOST { 0 } else { wanted };
    if methods.inline_left == 0 { finish(channel, methods) } else { Done::Ok }
}

pub(super) fn load(channel: &Channel, methods: &mut Subchannel, data: u32) -> Done {
    let take = methods.inline_left.min(4);
    if take == 0 {
        return Done::Ok;
    }
    methods.inline.extend_from_slice(&data.to_le_bytes()[..take]);
    methods.inline_left -= take;
    if methods.inline_left == 0 { finish(channel, methods) } else { Done::Ok }
}

fn finish(channel: &Channel, methods: &mut Subchannel) -> Done {
    let bytes = std::mem::take(&mut methods.inline);
    let (to, pitch) = (methods.address(OFFSET_OUT_UPPER), u64::from(methods.get(PITCH_OUT)));
    let length = methods.get(LINE_LENGTH_IN) as usize;
    for (line, bytes) in bytes.chunks(length.max(1)).enumerate() {
        if !channel.space.write(to.wrapping_add(line as u64 * pitch), bytes) {
            return Done::Fault;
        }
    }
    let launch = methods.get(LAUNCH_DMA);
    // COMPLETION_TYPE 5:4: 2 is RELEASE_SEMAPHORE; SEMAPHORE_STRUCT_SIZE 12:12: 1 is one word.
    if launch >> 4 & 3 == 2 {
        let payload = u64::from(methods.get(SET_SEMAPHORE_A + 8));
        let four = launch >> 12 & 1 == 0;
        let address = methods.address(SET_SEMAPHORE_A);
        if !semaphore::release(&channel.space, address, payload, false, four) {
            return Done::Fault;
        }
    }
    // INTERRUPT_TYPE 9:8.
    if launch >> 8 & 3 != 0 {
        channel.interrupt();
    }
    Done::Ok
}
