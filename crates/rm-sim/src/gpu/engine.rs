//! The thread that runs the channels of a simulator.

use super::Channel;
use super::pushbuffer;
use crate::file::Open;
use crate::unknown::Unknowns;
use parking_lot::{Condvar, Mutex};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// For this long after some work there is no sleep: clients wait for what follows.
const EAGER: Duration = Duration::from_micros(200);
/// The shortest sleep; each is half as long again as the one before.
const SHORTEST: Duration = Duration::from_micros(20);
/// The longest sleep while there are channels.
const LONGEST: Duration = Duration::from_millis(2);

#[derive(Default)]
struct Channels {
    list: Vec<Arc<Channel>>,
    started: bool,
    stopped: bool,
}

/// How long a posted event stays to be seen: see the module `event`.
const SEEN: Duration = Duration::from_millis(100);

/// The GPUs of a simulator at work.
pub(crate) struct Engine {
    channels: Mutex<Channels>,
    changed: Condvar,
    unknown: Arc<Unknowns>,
    /// Files that were made readable, and when.
    posted: Mutex<Vec<(Instant, Weak<Open>)>>,
}

impl Engine {
    pub(crate) fn new(unknown: Arc<Unknowns>) -> Arc<Self> {
        Arc::new(Self { channels: Mutex::default(), changed: Condvar::new(), unknown, posted: Mutex::default() })
    }

    /// Has a channel run until it is closed. `false` if there can be no thread for it.
    pub(crate) fn add(self: &Arc<Self>, channel: Arc<Channel>) -> bool {
        let mut channels = self.channels.lock();
        if !channels.started {
            let engine = self.clone();
            let thread = std::thread::Builder::new().name("nvidia-gpu".into()).spawn(move || engine.run());
            if thread.is_err() {
                return false;
            }
            channels.started = true;
        }
        channels.list.push(channel);
        self.changed.notify_all();
        true
    }

    /// Ends the thread.
    pub(crate) fn stop(&self) {
        let mut channels = self.channels.lock();
        channels.stopped = true;
        for channel in channels.list.drain(..) {
            channel.closed.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        self.changed.notify_all();
    }

    /// Has a file be as before, after a while.
    pub(crate) fn settle_later(&self, file: Weak<Open>) {
        self.posted.lock().push((Instant::now(), file));
    }

    /// Takes back what has been there long enough; `false` if nothing is left to take back.
    fn settle(&self) -> bool {
        let mut due = Vec::new();
        let mut posted = self.posted.lock();
        posted.retain(|(when, file)| {
            let stays = when.elapsed() < SEEN;
            if !stays {
                due.push(file.upgrade());
            }
            stays
        });
        drop(posted);
        for file in due.iter().flatten() {
            if !file.settle() {
                self.settle_later(Arc::downgrade(file));
            }
        }
        !self.posted.lock().is_empty()
    }

    fn run(&self) {
        let mut worked = Instant::now();
        let mut pause = SHORTEST;
        let mut batch: Vec<Arc<Channel>> = Vec::new();
        loop {
            batch.clear();
            let unsettled = self.settle();
            {
                let mut channels = self.channels.lock();
                channels.list.retain(|channel| !channel.stopped());
                if channels.list.is_empty() && !channels.stopped {
                    match unsettled {
                        true => drop(self.changed.wait_for(&mut channels, SEEN)),
                        false => self.changed.wait(&mut channels),
                    }
                }
                if channels.stopped {
                    return;
                }
                batch.extend(channels.list.iter().cloned());
            }
            let mut any = false;
            for channel in &batch {
                any |= pushbuffer::step(channel, &self.unknown);
            }
            if any {
                worked = Instant::now();
                pause = SHORTEST;
            } else if worked.elapsed() < EAGER {
                std::thread::yield_now();
            } else {
                // A new channel ends the sleep; new work in an old one does not, because nobody tells.
                let mut channels = self.channels.lock();
                if !channels.stopped {
                    self.changed.wait_for(&mut channels, pause);
                }
                pause = (pause * 3 / 2).min(LONGEST);
            }
        }
    }
}
