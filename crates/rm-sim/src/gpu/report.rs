//! Semaphores that compute and graphics classes release (clcbc0.h, NVCBC0_SET_REPORT_SEMAPHORE_*).

use super::Channel;
use super::pushbuffer::Done;
use super::semaphore;
use super::state::Subchannel;

const SET_REPORT_SEMAPHORE_A: u32 = 0x1b00;
pub(super) const SET_REPORT_SEMAPHORE_D: u32 = 0x1b0c;

pub(super) fn release(channel: &Channel, methods: &Subchannel, data: u32) -> Done {
    let address = methods.address(SET_REPORT_SEMAPHORE_A);
    let payload = u64::from(methods.get(SET_REPORT_SEMAPHORE_A + 8));
    // OPERATION 1:0: 0 is RELEASE, 3 is TRAP; AWAKEN_ENABLE 20:20; STRUCTURE_SIZE 28:28: 1 is one word.
    let done = match data & 3 {
        0 => Done::if_ok(semaphore::release(&channel.space, address, payload, false, data >> 28 & 1 == 0)),
        _ => Done::Ok,
    };
    if data & 3 == 3 || data >> 20 & 1 != 0 {
        channel.interrupt();
    }
    done
}
