//! Events: what makes a file readable for whoever polls it.
//!
//! The driver's `poll` takes an event as it tells of it. Here a file is a FIFO, and nobody sees when it is polled: what
//! was posted stays to be seen for a moment and is then taken back. Not modelled are events with data
//! (`NV_ESC_RM_GET_EVENT_DATA`), and whatever a GPU would report by itself (temperatures, errors of memory).

use crate::file::Open;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// What ties an event to a file: `NV_ESC_ALLOC_OS_EVENT`.
pub(crate) struct OsEvent {
    pub client: u32,
    /// The descriptor as the caller gave it; it is only ever compared.
    pub key: u32,
    /// The number of the file: whether that is still open must not be asked where a lock is held.
    pub of: u64,
    pub file: Weak<Open>,
}

/// An event object.
pub(crate) struct Event {
    pub file: Weak<Open>,
}

impl Event {
    /// Wakes whoever polls the file.
    pub(crate) fn post(&self) {
        if let Some(file) = self.file.upgrade() {
            file.post();
        }
    }
}

/// As many events as are told of one thing.
const MOST: usize = 1024;

/// Events that are told of the same.
#[derive(Default)]
pub(crate) struct Listeners(Mutex<Vec<Weak<Event>>>);

impl Listeners {
    pub(crate) fn add(&self, event: &Arc<Event>) {
        let mut events = self.0.lock();
        events.retain(|event| event.strong_count() > 0);
        if events.len() < MOST {
            events.push(Arc::downgrade(event));
        }
    }

    pub(crate) fn post(&self) {
        // Upgraded first: dropping the last of an event would take no lock, but closing its file may.
        let events: Vec<_> = self.0.lock().iter().filter_map(Weak::upgrade).collect();
        for event in events {
            event.post();
        }
    }
}
