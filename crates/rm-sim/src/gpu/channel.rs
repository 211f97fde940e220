//! Channels: where a client leaves work for a GPU.

use super::Space;
use super::state::State;
use crate::event::Listeners;
use crate::memory::Memory;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// `GPGet` and `GPPut` of a channel's USERD (clc36f.h: Nvc36fControl_struct).
const GP_GET: u64 = 0x88;
const GP_PUT: u64 = 0x8c;

/// A channel.
pub(crate) struct Channel {
    /// Its number in the GPU.
    pub id: u32,
    /// Who wants to know of all interrupts of its GPU.
    pub gpu: Arc<Listeners>,
    pub space: Arc<Space>,
    /// Where its entries are, in the GPU's addresses.
    pub fifo: u64,
    /// How many there are.
    pub entries: u32,
    /// Its USERD.
    pub userd: Arc<Memory>,
    pub userd_offset: u64,
    /// Where errors are told.
    pub notifier: Option<Arc<Memory>>,
    /// Set when the object is gone: what still runs stops.
    pub closed: AtomicBool,
    /// Set when it cannot go on.
    pub failed: AtomicBool,
    /// How many channels of the machine could not.
    pub faults: Arc<AtomicU64>,
    /// Which entry is next.
    pub next: AtomicU32,
    /// What its methods have set so far.
    pub state: Mutex<State>,
    /// Who wants to know of its own.
    pub listeners: Listeners,
}

impl Channel {
    /// How far the client has left work; `None` while there is none that can be done.
    pub(crate) fn put(&self) -> Option<u32> {
        let mut bytes = [0; 4];
        let there = self.userd.read(self.userd_offset.wrapping_add(GP_PUT), &mut bytes);
        let put = u32::from_le_bytes(bytes);
        (there && put < self.entries && put != self.next.load(Ordering::Relaxed)).then_some(put)
    }

    /// Says which entry is next.
    pub(crate) fn got(&self, next: u32) {
        self.next.store(next, Ordering::Relaxed);
        self.userd.write(self.userd_offset.wrapping_add(GP_GET), &next.to_le_bytes());
    }

    pub(crate) fn stopped(&self) -> bool {
        self.closed.load(Ordering::Relaxed) || self.failed.load(Ordering::Relaxed)
    }

    /// The GPU cannot go on with it. Its owner finds out from the notifier (NvNotification in nvtypes.h).
    pub(crate) fn fail(&self, error: u32) {
        self.failed.store(true, Ordering::Relaxed);
        self.faults.fetch_add(1, Ordering::Relaxed);
        if let Some(notifier) = &self.notifier {
            let mut notification = [0; 16];
            notification[..8].copy_from_slice(&super::semaphore::now().to_le_bytes());
            notification[8..12].copy_from_slice(&error.to_le_bytes());
            // info16 stays 0; the status is written last, by itself.
            notifier.write(0, &notification);
            notifier.write(14, &0xffffu16.to_le_bytes());
        }
        self.interrupt();
    }

    /// Tells whoever waits for it that something is done.
    pub(crate) fn interrupt(&self) {
        self.listeners.post();
        self.gpu.post();
    }
}

/// A channel for as long as its object is there.
pub(crate) struct Running(pub Arc<Channel>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Relaxed);
    }
}
