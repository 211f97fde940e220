//! The threads that serve requests.
//!
//! One at a time waits for the next request: the kernel wakes every thread that waits, so more would only be in each
//! other's way. As long as calls are short and come from one thread of the guest, that one also serves them, without
//! handing anything over. It passes the waiting on to another before it serves when several threads of the guest make
//! calls; and a watch passes it on when a call takes long, so that no guest waits for another's call.

use parking_lot::{Condvar, Mutex};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// So many calls can be in the driver at once; further ones wait. Each is a thread of the supervisor.
const THREADS_MAX: u32 = 512;
/// A call that takes longer than this does not hold up others.
const LONG: Duration = Duration::from_micros(500);
/// The watch goes to sleep when nothing happened for so many times as long.
const IDLE: u32 = 20;
/// How large a thread's stack is, in bytes; the proxy keeps what is large on the heap.
const STACK: usize = 512 * 1024;

/// From so much on, guests' calls are taken to come from several threads.
const SEVERAL: u32 = 8;
const SEVERAL_MAX: u32 = 64;

/// The threads.
pub(crate) struct Pool {
    /// Whose turn it is to wait for requests: a number that goes up when it is passed on.
    turn: AtomicU64,
    /// Turns that nobody has taken yet.
    offered: Mutex<Vec<u64>>,
    offer: Condvar,
    threads: AtomicU32,
    idle: AtomicU32,
    /// Requests received, and whether the thread whose turn it is serves one.
    received: AtomicU64,
    serving: AtomicBool,
    watch_sleeps: AtomicBool,
    watch: Mutex<bool>,
    wake: Condvar,
    last_task: AtomicU32,
    several: AtomicU32,
    work: Box<dyn Work>,
}

/// What the threads do.
pub(crate) trait Work: Send + Sync {
    /// Waits for a request, calls `received` with the guest's thread, and serves it. `false` when there are no more.
    fn one(&self, received: &dyn Fn(i32)) -> bool;
}

impl Pool {
    /// Starts serving.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn start(work: Box<dyn Work>) -> std::io::Result<Arc<Self>> {
        let pool = Arc::new(Self {
            turn: AtomicU64::new(0),
            offered: Mutex::new(vec![0]),
            offer: Condvar::new(),
            threads: AtomicU32::new(0),
            idle: AtomicU32::new(0),
            received: AtomicU64::new(0),
            serving: AtomicBool::new(false),
            watch_sleeps: AtomicBool::new(false),
            watch: Mutex::new(false),
            wake: Condvar::new(),
            last_task: AtomicU32::new(0),
            several: AtomicU32::new(0),
            work,
        });
        pool.spawn()?;
        let watching = pool.clone();
        thread::Builder::new().name("watch".into()).stack_size(STACK).spawn(move || watching.watch())?;
        Ok(pool)
    }

    /// How many threads serve, at work or not.
    pub(crate) fn threads(&self) -> u32 {
        self.threads.load(Ordering::Relaxed)
    }

    fn spawn(self: &Arc<Self>) -> std::io::Result<()> {
        let pool = self.clone();
        self.threads.fetch_add(1, Ordering::Relaxed);
        let started = thread::Builder::new().name("serve".into()).stack_size(STACK).spawn(move || pool.serve());
        if started.is_err() {
            self.threads.fetch_sub(1, Ordering::Relaxed);
        }
        started.map(drop)
    }

    fn serve(&self) {
        loop {
            let turn = self.take_turn();
            while self.turn.load(Ordering::Acquire) == turn {
                let more = self.work.one(&|task| self.received(turn, task));
                if !more {
                    return;
                }
                if self.turn.load(Ordering::Acquire) == turn {
                    self.serving.store(false, Ordering::Release);
                }
            }
        }
    }

    fn take_turn(&self) -> u64 {
        let mut offered = self.offered.lock();
        loop {
            if let Some(turn) = offered.pop() {
                return turn;
            }
            self.idle.fetch_add(1, Ordering::Relaxed);
            self.offer.wait(&mut offered);
            self.idle.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The thread whose turn it is has a request.
    fn received(&self, turn: u64, task: i32) {
        if self.last_task.swap(task as u32, Ordering::Relaxed) == task as u32 {
            let several = self.several.load(Ordering::Relaxed);
            self.several.store(several.saturating_sub(1), Ordering::Relaxed);
        } else {
            let several = self.several.load(Ordering::Relaxed);
            self.several.store((several + 4).min(SEVERAL_MAX), Ordering::Relaxed);
        }
        self.received.fetch_add(1, Ordering::SeqCst);
        if self.turn.load(Ordering::Acquire) == turn {
            self.serving.store(true, Ordering::Release);
        }
        if self.several.load(Ordering::Relaxed) >= SEVERAL && self.idle.load(Ordering::Relaxed) > 0 {
            self.pass_on(turn);
        } else if self.watch_sleeps.load(Ordering::SeqCst) {
            *self.watch.lock() = true;
            self.wake.notify_one();
        }
    }

    /// Has another thread wait for requests, if it is still the turn's.
    fn pass_on(&self, turn: u64) {
        if self.turn.compare_exchange(turn, turn + 1, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            self.serving.store(false, Ordering::Release);
            self.offered.lock().push(turn + 1);
            self.offer.notify_one();
        }
    }

    /// Looks whether a call takes long.
    fn watch(self: Arc<Self>) {
        let mut quiet = 0;
        let mut seen = (u64::MAX, u64::MAX);
        loop {
            thread::sleep(LONG);
            let turn = self.turn.load(Ordering::Acquire);
            let now = (turn, self.received.load(Ordering::Relaxed));
            if now != seen {
                seen = now;
                quiet = 0;
                continue;
            }
            if self.serving.load(Ordering::Acquire) {
                if self.idle.load(Ordering::Relaxed) > 0 || self.grow() {
                    self.pass_on(turn);
                }
                continue;
            }
            quiet += 1;
            if quiet >= IDLE {
                self.sleep(now);
                quiet = 0;
            }
        }
    }

    /// Starts another thread, unless there are as many as there may be.
    fn grow(self: &Arc<Self>) -> bool {
        if self.threads() >= THREADS_MAX {
            return false;
        }
        match self.spawn() {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, threads = self.threads(), "no further thread to serve guests with");
                false
            }
        }
    }

    /// Until something happens.
    fn sleep(&self, seen: (u64, u64)) {
        self.watch_sleeps.store(true, Ordering::SeqCst);
        // Whatever came before a thread could see that is not missed.
        if (self.turn.load(Ordering::SeqCst), self.received.load(Ordering::SeqCst)) == seen {
            let mut woken = self.watch.lock();
            while !*woken {
                self.wake.wait(&mut woken);
            }
        }
        *self.watch.lock() = false;
        self.watch_sleeps.store(false, Ordering::SeqCst);
    }
}
