//! Many threads at once: nobody waits for ever, and nobody for another client's call.

mod support;

use nvproxy::abi::Capabilities;
use nvproxy::{Guest, Lending, Options, Outcome};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use support::*;
use version_tree::version;

const THREADS: u64 = 8;
const CALLS: u64 = 1500;
/// Long enough for the slowest machine; a deadlock lasts longer.
const WATCHDOG: Duration = Duration::from_secs(120);

/// A number that nobody can tell beforehand.
struct Random(u64);

impl Random {
    fn below(&mut self, below: u64) -> u32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) % below) as u32
    }
}

/// A thread of a guest, with memory of its own.
fn guest(fixture: &Fixture, clients: &[u32], seed: u64, lent: &Arc<AtomicU64>, back: &Arc<AtomicU64>) {
    let mut random = Random(seed);
    let memory = Memory::new();
    let guest = Guest { memory: &memory, files: &fixture.files };
    let file = fixture.file(CONTROL);
    memory.put(ARGUMENT, &[0; 64]);
    for _ in 0..CALLS {
        let (client, other) = (clients[random.below(3) as usize], clients[random.below(3) as usize]);
        let (object, parent) = (random.below(20) + 1, random.below(20) + 1);
        let parent = if random.below(3) == 0 { client } else { parent };
        let (number, argument) = match random.below(100) {
            0..40 => (0x2b, words(&[client, parent, object, 0x2080, 0, 0, 0, 0])),
            40..60 => (0x34, words(&[client, parent, object, other, parent, 0, 0])),
            60..75 => (0x29, words(&[client, 0, object, 0])),
            75..85 => (0x2a, words(&[client, object, 0x2080_8001, 0, 0, 0, 0, 0])),
            85..95 => {
                let loan = Loan(HOST_BASE, back.clone());
                lent.fetch_add(1, Ordering::SeqCst);
                *memory.lending.lock().unwrap() = Some(Ok(Lending::Mapped(Box::new(loan))));
                (0x27, words(&[client, parent, object, 0x71, 0, 0, 0x70_0000, 0, 0xfff, 0, 0, 0, u32::MAX, 0]))
            }
            95..97 => (0x54, words(&[client, 0, object, 2, 0, 0, parent, 0, 0, 0, 0, 0, 0, 0])),
            // The client goes with everything, and comes again.
            97 => (0x29, words(&[client, 0, client, 0])),
            _ => (0x2b, words(&[0, 0, client, 0x41, 0, 0, 0, 0])),
        };
        memory.put(ARGUMENT, &argument);
        let result = fixture.proxy.ioctl(&file, request(number, argument.len() as u32), ARGUMENT, &guest);
        assert_eq!(result, Ok(Outcome::Done(0)), "{number:#x}");
        memory.forget();
        // What was not taken.
        drop(memory.lending.lock().unwrap().take());
        fixture.proxy.driver().take();
    }
}

#[test]
fn two_sandboxes_of_eight_threads_end_and_give_everything_back() {
    let options = || Options { capabilities: Capabilities::all(), ..Options::default() };
    let proxy = proxy(version!("550.54.15"));
    let fixtures = [0xc1d0_0001u32, 0xc1d0_1001].map(|client| {
        let fixture = Fixture::of(proxy.clone(), options(), client);
        fixture.new_client(client + 1);
        fixture.new_client(client + 2);
        Arc::new(fixture)
    });
    let ticks = AtomicU64::new(0);
    proxy.driver().answer(move |_, _| {
        // Now and then the driver takes its time, and otherwise gives others a turn.
        match ticks.fetch_add(0x9e37_79b9, Ordering::Relaxed) >> 7 & 31 {
            0 => std::thread::sleep(Duration::from_micros(200)),
            1..8 => std::thread::yield_now(),
            _ => {}
        }
        Ok(0)
    });
    let (lent, back) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (sender, receiver) = mpsc::channel();
    for fixture in &fixtures {
        for thread in 0..THREADS {
            let (fixture, sender) = (fixture.clone(), sender.clone());
            let (lent, back) = (lent.clone(), back.clone());
            std::thread::spawn(move || {
                let first = fixture.client.0;
                guest(&fixture, &[first, first + 1, first + 2], u64::from(first) * 31 + thread, &lent, &back);
                sender.send(()).unwrap();
            });
        }
    }
    drop(sender);
    let started = Instant::now();
    for _ in 0..2 * THREADS {
        let left = WATCHDOG.saturating_sub(started.elapsed());
        match receiver.recv_timeout(left) {
            Ok(()) => {}
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("threads wait for each other"),
            Err(mpsc::RecvTimeoutError::Disconnected) => panic!("a thread failed"),
        }
    }
    // The threads are through; their fixtures go with the last of them.
    for fixture in fixtures {
        fixture.files.open.lock().unwrap().clear();
    }
    let lent = lent.load(Ordering::SeqCst);
    assert!(lent > 1000, "only {lent}");
    let deadline = Instant::now() + Duration::from_secs(10);
    while back.load(Ordering::SeqCst) != lent && Instant::now() < deadline {
        std::thread::yield_now();
    }
    assert_eq!(back.load(Ordering::SeqCst), lent, "all memory that was lent is given back");
}

#[test]
fn a_slow_call_of_one_client_does_not_delay_another() {
    const SLOW: Duration = Duration::from_millis(400);
    let fixture = Arc::new(Fixture::new(version!("550.54.15")));
    let (slow, quick) = (fixture.client.0, fixture.client.0 + 1);
    fixture.new_client(quick);
    let inside = Arc::new(AtomicBool::new(false));
    let flag = inside.clone();
    fixture.proxy.driver().answer(move |seen, _| {
        if word(seen.argument(), 0) == slow {
            flag.store(true, Ordering::SeqCst);
            std::thread::sleep(SLOW);
            flag.store(false, Ordering::SeqCst);
        }
        Ok(0)
    });
    // Whatever it is that is slow: one that holds the client, and one that does not.
    for (number, argument) in [
        (0x2b, words(&[slow, slow, 5, 0x2080, 0, 0, 0, 0])),
        (0x29, words(&[slow, 0, 5, 0])),
        (0x34, words(&[slow, slow, 6, slow, 5, 0, 0])),
        (0x4a, {
            let mut heap = words(&[slow, slow, 2]);
            heap.resize(184, 0);
            heap
        }),
    ] {
        let thread = {
            let fixture = fixture.clone();
            std::thread::spawn(move || {
                let memory = Memory::new();
                memory.put(ARGUMENT, &argument);
                let guest = Guest { memory: &memory, files: &fixture.files };
                fixture.proxy.ioctl(&fixture.file(CONTROL), request(number, argument.len() as u32), ARGUMENT, &guest)
            })
        };
        while !inside.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        let mut longest = Duration::ZERO;
        let mut calls = 0;
        while inside.load(Ordering::SeqCst) {
            let started = Instant::now();
            for (number, argument) in [
                (0x2b, words(&[quick, quick, 5, 0x2080, 0, 0, 0, 0])),
                (0x2a, words(&[quick, 5, 0x2080_8001, 0, 0, 0, 0, 0])),
                (0x34, words(&[quick, quick, 6, quick, 5, 0, 0])),
                (0x29, words(&[quick, 0, 5, 0])),
            ] {
                fixture.done(CONTROL, number, &argument);
            }
            longest = longest.max(started.elapsed());
            calls += 4;
            fixture.memory.forget();
            fixture.proxy.driver().take();
        }
        assert_eq!(thread.join().unwrap(), Ok(Outcome::Done(0)));
        println!("{number:#x}: {calls} calls meanwhile, four of them took {longest:?} at most");
        // One that waited would have been let go with the slow call, and been the last. How long the longest took
        // says more about how busy the machine is.
        assert!(calls >= 20, "{number:#x}: {calls} calls, four took {longest:?}");
    }
}
