//! Copy engines (clc8b5.h): lines from one place to another, or the same value all over.

use super::Channel;
use super::pushbuffer::Done;
use super::semaphore;
use super::state::Subchannel;

pub(super) const LAUNCH_DMA: u32 = 0x300;
const SET_SEMAPHORE_A: u32 = 0x240;
const OFFSET_IN_UPPER: u32 = 0x400;
const OFFSET_OUT_UPPER: u32 = 0x408;
const PITCH_IN: u32 = 0x410;
const PITCH_OUT: u32 = 0x414;
const LINE_LENGTH_IN: u32 = 0x418;
const LINE_COUNT: u32 = 0x41c;
const SET_REMAP_CONST_A: u32 = 0x700;
const SET_REMAP_COMPONENTS: u32 = 0x708;

/// As much as is copied at a time, in bytes: between two of these a channel can be closed.
const PIECE: usize = 256 << 10;

pub(super) fn launch(channel: &Channel, methods: &Subchannel, launch: u32) -> Done {
    // DATA_TRANSFER_TYPE 1:0: 0 is none.
    if launch & 3 != 0 && !transfer(channel, methods, launch) {
        return if channel.stopped() { Done::Ok } else { Done::Fault };
    }
    // SEMAPHORE_TYPE 4:3: 1 is one word, 2 is four words with the time (or two and the time).
    let kind = launch >> 3 & 3;
    if kind != 0 && !release(channel, methods, launch, kind != 1) {
        return Done::Fault;
    }
    // INTERRUPT_TYPE 6:5.
    if launch >> 5 & 3 != 0 {
        channel.interrupt();
    }
    Done::Ok
}

fn release(channel: &Channel, methods: &Subchannel, launch: u32, time: bool) -> bool {
    let address = methods.address(SET_SEMAPHORE_A);
    // SEMAPHORE_PAYLOAD_SIZE 27:27, SEMAPHORE_REDUCTION_ENABLE 19:19, SEMAPHORE_REDUCTION 17:14.
    let wide = launch >> 27 & 1 != 0;
    let upper = if wide { u64::from(methods.get(SET_SEMAPHORE_A + 12)) << 32 } else { 0 };
    let mut payload = upper | u64::from(methods.get(SET_SEMAPHORE_A + 8));
    if launch >> 19 & 1 != 0 {
        let Some(value) = channel.space.read32(address) else { return false };
        let (value, with) = (value, payload as u32);
        payload = u64::from(match launch >> 14 & 0xf {
            0 => value.min(with),
            1 => value.max(with),
            2 => value ^ with,
            3 => value & with,
            4 => value | with,
            5 => value.wrapping_add(with),
            6 => {
                if value >= with {
                    0
                } else {
                    value + 1
                }
            }
            _ => {
                if value == 0 || value > with {
                    with
                } else {
                    value - 1
                }
            }
        });
    }
    semaphore::release(&channel.space, address, payload, wide, time)
}

fn transfer(channel: &Channel, methods: &Subchannel, launch: u32) -> bool {
    let (from, to) = (methods.address(OFFSET_IN_UPPER), methods.address(OFFSET_OUT_UPPER));
    let (pitch_in, pitch_out) = (signed(methods.get(PITCH_IN)), signed(methods.get(PITCH_OUT)));
    // MULTI_LINE_ENABLE 9:9, REMAP_ENABLE 10:10.
    let lines = if launch >> 9 & 1 != 0 { methods.get(LINE_COUNT) } else { 1 };
    let length = u64::from(methods.get(LINE_LENGTH_IN));
    let remap = (launch >> 10 & 1 != 0).then(|| Remap::new(methods));
    if length == 0 {
        return true;
    }
    (0..u64::from(lines)).all(|line| {
        let from = from.wrapping_add(line.wrapping_mul(pitch_in));
        let to = to.wrapping_add(line.wrapping_mul(pitch_out));
        match &remap {
            None => copy(channel, from, to, length),
            Some(remap) => remap.line(channel, from, to, length),
        }
    })
}

fn signed(pitch: u32) -> u64 {
    i64::from(pitch as i32) as u64
}

fn copy(channel: &Channel, from: u64, to: u64, length: u64) -> bool {
    pieces(channel, length, PIECE as u64, |at, len| {
        let mut bytes = vec![0; len as usize];
        channel.space.read(from.wrapping_add(at), &mut bytes) && channel.space.write(to.wrapping_add(at), &bytes)
    })
}

/// Piece after piece, until the channel is closed.
fn pieces(channel: &Channel, length: u64, piece: u64, mut each: impl FnMut(u64, u64) -> bool) -> bool {
    let mut at = 0;
    while at < length {
        let len = (length - at).min(piece);
        if channel.stopped() || !each(at, len) {
            return false;
        }
        at += len;
    }
    true
}

/// Elements made of components, each of the source's or a constant (SET_REMAP_COMPONENTS).
struct Remap {
    /// In bytes.
    component: usize,
    sources: usize,
    /// Where each component of the destination comes from.
    takes: Vec<u32>,
    constants: [u32; 2],
}

impl Remap {
    fn new(methods: &Subchannel) -> Self {
        // DST_X 2:0, DST_Y 6:4, DST_Z 10:8, DST_W 14:12, COMPONENT_SIZE 17:16, NUM_SRC_COMPONENTS 21:20,
        // NUM_DST_COMPONENTS 25:24, each one less.
        let components = methods.get(SET_REMAP_COMPONENTS);
        let count = (components >> 24 & 3) + 1;
        Self {
            component: (components >> 16 & 3) as usize + 1,
            sources: (components >> 20 & 3) as usize + 1,
            takes: (0..count).map(|index| components >> (index * 4) & 7).collect(),
            constants: [methods.get(SET_REMAP_CONST_A), methods.get(SET_REMAP_CONST_A + 4)],
        }
    }

    /// A line of as many elements.
    fn line(&self, channel: &Channel, from: u64, to: u64, elements: u64) -> bool {
        let (source, target) = (self.sources * self.component, self.takes.len() * self.component);
        // Without a component of the source's nothing is read.
        let reads = self.takes.iter().any(|take| *take < 4);
        let constant = (!reads && !self.takes.contains(&6)).then(|| self.element(&[]));
        pieces(channel, elements, (PIECE / target) as u64, |at, count| {
            let place = to.wrapping_add(at * target as u64);
            if let Some(element) = &constant {
                return channel.space.write(place, &element.repeat(count as usize));
            }
            let mut bytes = vec![0; count as usize * source];
            if reads && !channel.space.read(from.wrapping_add(at * source as u64), &mut bytes) {
                return false;
            }
            let mut out = vec![0; count as usize * target];
            if !channel.space.read(place, &mut out) {
                return false;
            }
            for (element, out) in bytes.chunks(source).zip(out.chunks_mut(target)) {
                let made = self.element(element);
                for (index, take) in self.takes.iter().enumerate() {
                    // 6 is NO_WRITE.
                    if *take != 6 {
                        let part = index * self.component..(index + 1) * self.component;
                        out[part.clone()].copy_from_slice(&made[part]);
                    }
                }
            }
            channel.space.write(place, &out)
        })
    }

    fn element(&self, source: &[u8]) -> Vec<u8> {
        let mut element = Vec::with_capacity(self.takes.len() * self.component);
        for take in &self.takes {
            let start = *take as usize * self.component;
            match (take, source.get(start..start + self.component)) {
                (0..=3, Some(bytes)) => element.extend_from_slice(bytes),
                // CONST_A, CONST_B
                (4 | 5, _) => {
                    element.extend_from_slice(&self.constants[*take as usize - 4].to_le_bytes()[..self.component]);
                }
                _ => element.extend(std::iter::repeat_n(0, self.component)),
            }
        }
        element
    }
}
