//! What the methods of a channel have set.

/// The subchannels of a channel.
const SUBCHANNELS: usize = 8;
/// Methods have addresses of 14 bits, and are words.
const METHODS: usize = 1 << 12;

/// What a channel's methods have set.
pub(crate) struct State {
    subchannels: [Option<Box<Subchannel>>; SUBCHANNELS],
    /// Methods of the host's, of whichever subchannel.
    pub host: [u32; 64],
    /// Where in its segment the channel goes on that had to wait, in words.
    pub resume: u32,
}

/// What the methods of a subchannel have set.
pub(crate) struct Subchannel {
    /// The class that it is for.
    pub class: u32,
    methods: Box<[u32; METHODS]>,
    /// Data on their way to memory.
    pub inline: Vec<u8>,
    pub inline_left: usize,
}

impl Default for State {
    fn default() -> Self {
        Self { subchannels: Default::default(), host: [0; 64], resume: 0 }
    }
}

impl State {
    pub(crate) fn subchannel(&mut self, index: u32) -> &mut Subchannel {
        let slot = &mut self.subchannels[index as usize % SUBCHANNELS];
        slot.get_or_insert_with(|| {
            let methods = Box::new([0; METHODS]);
            Box::new(Subchannel { class: 0, methods, inline: Vec::new(), inline_left: 0 })
        })
    }
}

impl Subchannel {
    pub(crate) fn get(&self, method: u32) -> u32 {
        self.methods[method as usize / 4 % METHODS]
    }

    pub(crate) fn set(&mut self, method: u32, value: u32) {
        self.methods[method as usize / 4 % METHODS] = value;
    }

    /// An address in two methods, the upper half first.
    pub(crate) fn address(&self, upper: u32) -> u64 {
        u64::from(self.get(upper)) << 32 | u64::from(self.get(upper + 4))
    }
}
