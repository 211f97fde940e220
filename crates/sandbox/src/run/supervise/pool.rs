//! The threads that serve requests.
//!
//! One at a time waits for the next request: the kernel wakes every thread that waits, so more would only be in each
//! other's way. As long as calls are short and come from one thread of the guest, that one also serves them, without
//! handing anything over. It passes the waiting on to another before it serves when several threads of the guest make
//! calls; and a watch passes it on when a call takes long, so that no guest waits for another's call.
//!
//! A process whose calls block, because its memory does not come for one, cannot have all threads: once half of them are
//! there, a process that has its share waits until one of its calls is done.

use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// So many calls can be in the driver at once; further ones wait. Each is a thread of the supervisor.
const THREADS_MAX: u32 = 512;
/// From this many threads on, a process has at most its share of them.
const CROWD: u32 = THREADS_MAX / 2;
/// The share of a process.
const SHARE: usize = 128;
/// A call that takes longer than twice this does not hold up others.
const LONG: Duration = Duration::from_micros(500);
/// While one thread of the guest alone makes calls, it is looked so seldom at first, and half as often each time, down to the
/// other. Looking is what costs: on a virtual machine a timer takes some 30 us, and a processor that has done with it takes
/// a thread from another's, so that guest and supervisor wake each other across processors for a while. Whoever joins in
/// while a long call is on waits twice as long at most.
const ALONE: Duration = Duration::from_millis(5);
const LONG_ALONE: Duration = Duration::from_millis(40);
/// The watch goes to sleep when nothing happened for so long.
const IDLE: Duration = Duration::from_millis(10);
/// So many threads are kept for when they are needed again.
const IDLE_MAX: u32 = 8;
/// That the thread whose turn it is serves a request.
const SERVING: u64 = 1;
/// How large a thread's stack is, in bytes; the proxy keeps what is large on the heap.
const STACK: usize = 512 * 1024;

/// From so much on, guests' calls are taken to come from several threads.
const SEVERAL: u32 = 8;
const SEVERAL_MAX: u32 = 64;

/// The threads.
pub(crate) struct Pool<W: Work> {
    /// Whose turn it is to wait for requests: a number that goes up when it is passed on, and in the lowest bit whether
    /// that thread serves a request now. Nobody loses the turn but while serving, so one thread at most waits.
    turn: AtomicU64,
    /// Turns that nobody has taken yet.
    offered: Mutex<Vec<u64>>,
    offer: Condvar,
    threads: AtomicU32,
    idle: AtomicU32,
    /// Requests received.
    received: AtomicU64,
    watch_sleeps: AtomicBool,
    watch: Mutex<bool>,
    wake: Condvar,
    last_task: AtomicU32,
    several: AtomicU32,
    /// Whose request each thread serves: a thread of the guest's, or 0.
    serving: Mutex<Vec<Arc<AtomicI32>>>,
    /// Requests of processes that have their share.
    parked: Mutex<VecDeque<W::Request>>,
    parking: AtomicUsize,
    work: W,
}

/// What the threads do.
pub(crate) trait Work: Send + Sync + 'static {
    /// A request of a guest.
    type Request: Send;

    /// Waits for a request. `None` when there are no more.
    fn receive(&self) -> Option<Self::Request>;

    /// The thread that makes it.
    fn task(&self, request: &Self::Request) -> i32;

    /// Serves it.
    fn serve(&self, request: Self::Request);

    /// Whether two threads are of one process.
    fn same_process(&self, one: i32, other: i32) -> bool;
}

impl<W: Work> Pool<W> {
    /// Starts serving, with one thread until [the watch](Self::keep_watch) is there.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn start(work: W) -> std::io::Result<Arc<Self>> {
        let pool = Arc::new(Self {
            turn: AtomicU64::new(0),
            offered: Mutex::new(vec![0]),
            offer: Condvar::new(),
            threads: AtomicU32::new(0),
            idle: AtomicU32::new(0),
            received: AtomicU64::new(0),
            watch_sleeps: AtomicBool::new(false),
            watch: Mutex::new(false),
            wake: Condvar::new(),
            last_task: AtomicU32::new(0),
            several: AtomicU32::new(0),
            serving: Mutex::default(),
            parked: Mutex::default(),
            parking: AtomicUsize::new(0),
            work,
        });
        pool.spawn()?;
        Ok(pool)
    }

    /// Looks from now on whether calls take long, so that others have a thread.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn keep_watch(self: &Arc<Self>) -> std::io::Result<()> {
        let watching = self.clone();
        thread::Builder::new().name("watch".into()).stack_size(STACK).spawn(move || watching.watch()).map(drop)
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
        let serving = Arc::new(AtomicI32::new(0));
        self.serving.lock().push(serving.clone());
        self.serve_turns(&serving);
        self.serving.lock().retain(|other| !Arc::ptr_eq(other, &serving));
        self.threads.fetch_sub(1, Ordering::Relaxed);
    }

    fn serve_turns(&self, serving: &AtomicI32) {
        while let Some(turn) = self.take_turn() {
            loop {
                let Some(request) = self.work.receive() else { return };
                let task = self.work.task(&request);
                if self.has_its_share(task) {
                    self.parked.lock().push_back(request);
                    self.parking.fetch_add(1, Ordering::SeqCst);
                    // Its last call may have ended before it was parked.
                    if let Some(request) = self.unpark() {
                        self.received(turn, self.work.task(&request));
                        self.serve_one(serving, request);
                    } else {
                        continue;
                    }
                } else {
                    self.received(turn, task);
                    self.serve_one(serving, request);
                }
                while let Some(request) = self.unpark() {
                    self.serve_one(serving, request);
                }
                if self.turn.compare_exchange(turn | SERVING, turn, Ordering::AcqRel, Ordering::Acquire).is_err() {
                    break;
                }
            }
        }
    }

    fn serve_one(&self, serving: &AtomicI32, request: W::Request) {
        serving.store(self.work.task(&request), Ordering::SeqCst);
        self.work.serve(request);
        serving.store(0, Ordering::SeqCst);
    }

    /// Whether the process of a thread has as many calls under way as it may have.
    fn has_its_share(&self, task: i32) -> bool {
        if self.threads() < CROWD {
            return false;
        }
        let serving: Vec<_> = self.serving.lock().iter().map(|task| task.load(Ordering::SeqCst)).collect();
        let own = serving.into_iter().filter(|other| *other != 0 && self.work.same_process(*other, task));
        own.take(SHARE).count() == SHARE
    }

    /// A request that was put aside and can be served now.
    fn unpark(&self) -> Option<W::Request> {
        if self.parking.load(Ordering::SeqCst) == 0 {
            return None;
        }
        let parked = std::mem::take(&mut *self.parked.lock());
        let mut rest = VecDeque::new();
        let mut found = None;
        for request in parked {
            if found.is_none() && !self.has_its_share(self.work.task(&request)) {
                found = Some(request);
            } else {
                rest.push_back(request);
            }
        }
        let mut parked = self.parked.lock();
        rest.append(&mut parked);
        *parked = rest;
        if found.is_some() {
            self.parking.fetch_sub(1, Ordering::SeqCst);
        }
        found
    }

    /// Waits for a turn. `None` if enough others do.
    fn take_turn(&self) -> Option<u64> {
        let mut offered = self.offered.lock();
        loop {
            if let Some(turn) = offered.pop() {
                return Some(turn);
            }
            if self.idle.load(Ordering::Relaxed) >= IDLE_MAX {
                return None;
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
        let _ = self.turn.compare_exchange(turn, turn | SERVING, Ordering::AcqRel, Ordering::Relaxed);
        if self.several.load(Ordering::Relaxed) >= SEVERAL && self.idle.load(Ordering::Relaxed) > 0 {
            self.pass_on(turn);
        } else if self.watch_sleeps.load(Ordering::SeqCst) {
            *self.watch.lock() = true;
            self.wake.notify_one();
        }
    }

    /// Has another thread wait for requests, if the one whose turn it is serves one.
    fn pass_on(&self, turn: u64) {
        let next = turn + 2;
        if self.turn.compare_exchange(turn | SERVING, next, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
            self.offered.lock().push(next);
            self.offer.notify_one();
        }
    }

    /// Looks whether a call takes long.
    fn watch(self: Arc<Self>) {
        let mut quiet = Duration::ZERO;
        let mut seen = (u64::MAX, u64::MAX);
        let mut pause = ALONE;
        loop {
            thread::sleep(pause);
            let turn = self.turn.load(Ordering::Acquire);
            let now = (turn, self.received.load(Ordering::Relaxed));
            if now != seen {
                seen = now;
                quiet = Duration::ZERO;
                let alone = self.several.load(Ordering::Relaxed) == 0;
                pause = if alone { (pause * 2).clamp(ALONE, LONG_ALONE) } else { LONG };
                continue;
            }
            if turn & SERVING != 0 {
                pause = LONG;
                if self.idle.load(Ordering::Relaxed) > 0 || self.grow() {
                    self.pass_on(turn & !SERVING);
                }
                continue;
            }
            quiet += pause;
            if quiet >= IDLE {
                self.sleep(now);
                (quiet, pause) = (Duration::ZERO, ALONE);
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    type Job = Box<dyn FnOnce() + Send>;

    /// Jobs of guests' threads, served as they come. A thousand threads are a process.
    struct Jobs(Mutex<mpsc::Receiver<(i32, Job)>>);

    impl Work for Jobs {
        type Request = (i32, Job);

        fn receive(&self) -> Option<Self::Request> {
            self.0.lock().recv().ok()
        }

        fn task(&self, (task, _): &Self::Request) -> i32 {
            *task
        }

        fn serve(&self, (_, job): Self::Request) {
            job();
        }

        fn same_process(&self, one: i32, other: i32) -> bool {
            one / 1000 == other / 1000
        }
    }

    fn pool() -> (Arc<Pool<Jobs>>, impl Fn(i32, Job)) {
        let (jobs, receiver) = mpsc::channel();
        let pool = Pool::start(Jobs(Mutex::new(receiver))).unwrap();
        pool.keep_watch().unwrap();
        (pool, move |task, job| jobs.send((task, job)).unwrap())
    }

    #[test]
    fn calls_that_block_hold_up_nobody() {
        let (pool, serve) = pool();
        let (done, ended) = mpsc::channel();
        let mut blocked = Vec::new();
        for task in 0..20 {
            let (release, released) = mpsc::channel::<()>();
            let done = done.clone();
            serve(
                task,
                Box::new(move || {
                    let _ = released.recv();
                    done.send(task).unwrap();
                }),
            );
            blocked.push(release);
        }
        let short = done.clone();
        serve(99, Box::new(move || short.send(99).unwrap()));
        assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Ok(99));
        assert!(pool.threads() >= 21);
        // In whatever order they end.
        for (task, release) in blocked.into_iter().enumerate().rev() {
            drop(release);
            assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Ok(task as i32));
        }
    }

    #[test]
    fn a_process_whose_calls_block_leaves_threads_to_others() {
        let (pool, serve) = pool();
        let (done, ended) = mpsc::channel();
        let mut blocked = Vec::new();
        for task in 1000..1600 {
            let (release, released) = mpsc::channel::<()>();
            let done = done.clone();
            let job = move || {
                let _ = released.recv();
                done.send(task).unwrap();
            };
            serve(task, Box::new(job));
            blocked.push(release);
        }
        for task in [2000, 3000] {
            let short = done.clone();
            serve(task, Box::new(move || short.send(task).unwrap()));
            assert_eq!(ended.recv_timeout(Duration::from_secs(60)), Ok(task));
        }
        assert!(pool.threads() < THREADS_MAX);
        // What was put aside is served when the others are done.
        drop(blocked);
        let mut all: Vec<i32> = (1000..1600).map(|_| ended.recv_timeout(Duration::from_secs(60)).unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, (1000..1600).collect::<Vec<_>>());
    }

    #[test]
    fn threads_that_were_needed_for_a_while_go() {
        let (pool, serve) = pool();
        let (done, ended) = mpsc::channel();
        let released = Arc::new(AtomicBool::new(false));
        for task in 0..30 {
            let (done, released) = (done.clone(), released.clone());
            let job = move || {
                while !released.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(1));
                }
                done.send(()).unwrap();
            };
            serve(task, Box::new(job));
        }
        let started = std::time::Instant::now();
        while pool.threads() < 30 {
            assert!(started.elapsed() < Duration::from_secs(20), "{} threads", pool.threads());
            thread::sleep(Duration::from_millis(1));
        }
        released.store(true, Ordering::Relaxed);
        (0..30).for_each(|_| ended.recv_timeout(Duration::from_secs(20)).unwrap());
        let started = std::time::Instant::now();
        while pool.threads() > IDLE_MAX + 2 {
            assert!(started.elapsed() < Duration::from_secs(20), "{} threads", pool.threads());
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn one_thread_is_enough_for_short_calls_of_one() {
        let (pool, serve) = pool();
        let (done, ended) = mpsc::channel();
        for _ in 0..200 {
            let done = done.clone();
            serve(1, Box::new(move || done.send(()).unwrap()));
            ended.recv_timeout(Duration::from_secs(20)).unwrap();
        }
        // One more where the machine was busy with something else for a while.
        assert!(pool.threads() <= 3, "{} threads", pool.threads());
    }
}
