//! How much memory guests can have the proxy hold: counted, not guessed from what the process has.
// The one way to count allocations is to be the allocator.
#![allow(unsafe_code)]

use nix::errno::Errno;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Abi, Parameters};
use nvproxy::{
    Call, Fault, Guest, GuestFile, GuestFiles, GuestMemory, HostDriver, Node, Options, Outcome, Proxy, Sandbox,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use version_tree::{Tree, version};

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

/// The system's allocator, with what all threads have of it counted.
struct Counting;

// SAFETY: every method hands its arguments on unchanged to the system's allocator, which keeps the contract, and
// returns its answer; counting neither allocates nor unwinds (arithmetic wraps).
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed).wrapping_add(layout.size());
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller keeps the same contract towards us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the block came from `alloc` above with this layout, and so from the system's allocator.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// One at a time: the counts are of the whole process.
static ONE: Mutex<()> = Mutex::new(());

/// By how much it went above what there was before, in bytes.
fn peak(of: impl FnOnce()) -> usize {
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    of();
    PEAK.load(Ordering::Relaxed).saturating_sub(before)
}

const MIB: usize = 1 << 20;
const GIB: u64 = 1 << 30;
const CLIENT: u32 = 0xc1d0_0001;
const DEBUGGER: u32 = 7;
const GT200_DEBUGGER: u32 = 0x83de;
const DEBUG_READ_MEMORY: u32 = 0x83de_0315;
/// Where a guest has the argument of a call, its parameters, and what is to be read from and written to.
const ARGUMENT: u64 = 0x1_0000;
const PARAMS: u64 = 0x1_1000;
const LARGE: u64 = 0x1_0000_0000;

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Memory that is a page of arguments and, from [`LARGE`] on, zeros that nothing changes.
struct Memory {
    small: Mutex<Vec<u8>>,
    /// How much was written to what is large.
    written: AtomicU64,
    /// Whether each block that was written begins with its own place.
    right: AtomicBool,
}

impl Memory {
    fn new() -> Self {
        let written = AtomicU64::new(0);
        Self { small: Mutex::new(vec![0; 0x2000]), written, right: AtomicBool::new(true) }
    }
}

impl GuestMemory for Memory {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        if address >= LARGE {
            into.fill(0);
            return Ok(());
        }
        let start = address.checked_sub(ARGUMENT).ok_or(Fault)? as usize;
        into.copy_from_slice(self.small.lock().unwrap().get(start..start + into.len()).ok_or(Fault)?);
        Ok(())
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        if address >= LARGE {
            self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            if long(bytes, 0) != address - LARGE {
                self.right.store(false, Ordering::Relaxed);
            }
            return Ok(());
        }
        let start = address.checked_sub(ARGUMENT).ok_or(Fault)? as usize;
        self.small.lock().unwrap().get_mut(start..start + bytes.len()).ok_or(Fault)?.copy_from_slice(bytes);
        Ok(())
    }
}

/// A driver that counts calls. Reading memory, it writes at the beginning of what it reads where that was.
#[derive(Default)]
struct Driver {
    commands: AtomicUsize,
    /// While this is set, commands stay.
    stay: AtomicBool,
    inside: AtomicUsize,
}

impl HostDriver for Driver {
    type File = ();

    fn open(&self, _: Node) -> Result<(), Errno> {
        Ok(())
    }

    fn ioctl(&self, _: &(), call: &mut Call<'_, ()>) -> Result<i32, Errno> {
        let kept = call.lend(0, |()| 0);
        let argument = call.argument().unwrap();
        if call.request() & 0xff == 0x2a {
            self.commands.fetch_add(1, Ordering::SeqCst);
            let bytes = call.bytes();
            let (command, params) = (word(bytes, argument.start + 8), long(bytes, argument.start + 16) as usize);
            if command == DEBUG_READ_MEMORY {
                let (length, offset) = (word(bytes, params + 4), long(bytes, params + 8));
                let buffer = long(bytes, params + 16) as usize;
                assert!(length >= 8 && buffer + length as usize <= bytes.len());
                bytes[buffer..buffer + 8].copy_from_slice(&offset.to_le_bytes());
            }
            self.inside.fetch_add(1, Ordering::SeqCst);
            while self.stay.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            self.inside.fetch_sub(1, Ordering::SeqCst);
        }
        call.restore(&kept);
        Ok(0)
    }
}

struct NoFiles;

impl GuestFiles<()> for NoFiles {
    fn hold(&self, _: u64) -> Option<GuestFile<()>> {
        None
    }

    fn get(&self, _: i32) -> Option<GuestFile<()>> {
        None
    }

    fn install(&self, _: GuestFile<()>) -> Result<i32, Errno> {
        Err(Errno::EMFILE)
    }

    fn remove(&self, _: i32) {}
}

fn call(proxy: &Proxy<Driver>, file: &GuestFile<()>, memory: &Memory, number: u32, words: &[u32]) -> u32 {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    memory.write(ARGUMENT, &bytes).unwrap();
    let guest = Guest { memory, files: &NoFiles };
    assert_eq!(proxy.ioctl(file, 0xc020_4600 | number, ARGUMENT, &guest), Ok(Outcome::Done(0)));
    let mut status = [0; 4];
    memory.read(ARGUMENT + 28, &mut status).unwrap();
    u32::from_le_bytes(status)
}

/// A proxy, and a sandbox with a control file and a client.
fn sandbox(proxy: &Proxy<Driver>, client: u32) -> (Arc<Sandbox>, GuestFile<()>) {
    let sandbox = proxy.sandbox(Options::default());
    let file = proxy.open(&sandbox, Node::Control).unwrap();
    assert_eq!(call(proxy, &file, &Memory::new(), 0x2b, &[0, 0, client, 0x41, 0, 0, 0, 0]), 0);
    (sandbox, file)
}

fn proxy() -> Proxy<Driver> {
    Proxy::new(Driver::default(), Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap())
}

/// Asks to read memory through an object; the status.
fn read(proxy: &Proxy<Driver>, file: &GuestFile<()>, memory: &Memory, length: u64) -> u32 {
    let params = [[5u32, length as u32], [0, 0], [LARGE as u32, (LARGE >> 32) as u32]].concat();
    memory.write(PARAMS, &params.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>()).unwrap();
    call(proxy, file, memory, 0x2a, &[CLIENT, DEBUGGER, DEBUG_READ_MEMORY, 0, PARAMS as u32, 0, 24, 0])
}

#[test]
fn gigabytes_are_read_in_a_few_megabytes() {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let proxy = proxy();
    let (_sandbox, file) = sandbox(&proxy, CLIENT);
    assert_eq!(call(&proxy, &file, &Memory::new(), 0x2b, &[CLIENT, CLIENT, DEBUGGER, GT200_DEBUGGER, 0, 0, 0, 0]), 0);
    let threads = 3;
    let took = peak(|| {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let memory = Memory::new();
                    assert_eq!(read(&proxy, &file, &memory, GIB), 0);
                    assert_eq!(memory.written.into_inner(), GIB);
                    assert!(memory.right.into_inner(), "each piece is where it belongs");
                });
            }
        });
    });
    println!("{threads} threads read {GIB} bytes each: {} KiB at most", took >> 10);
    assert!(took < threads * 2 * MIB, "{} MiB", took / MIB);
}

#[test]
fn who_has_no_debugger_takes_nothing() {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let proxy = proxy();
    let (_sandbox, file) = sandbox(&proxy, CLIENT);
    let took = peak(|| {
        let memory = Memory::new();
        assert_eq!(read(&proxy, &file, &memory, GIB), NV_STATUS::NV_ERR_NOT_SUPPORTED.0);
        // An object, but of another class.
        assert_eq!(call(&proxy, &file, &memory, 0x2b, &[CLIENT, CLIENT, DEBUGGER, 0x2080, 0, 0, 0, 0]), 0);
        assert_eq!(read(&proxy, &file, &memory, GIB), NV_STATUS::NV_ERR_NOT_SUPPORTED.0);
    });
    assert_eq!(proxy.driver().commands.load(Ordering::SeqCst), 0);
    assert!(took < MIB / 4, "{} KiB", took >> 10);
}

#[test]
fn the_larger_calls_of_a_sandbox_take_no_more_than_its_budget() {
    const BUDGET: usize = 64 * MIB;
    const THREADS: usize = 80;
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let proxy = proxy();
    let (_sandbox, file) = sandbox(&proxy, CLIENT);
    let (_other, foreign) = sandbox(&proxy, CLIENT + 1);
    // A command whose parameters may be of any size, up to the driver's limit.
    let abi = Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap();
    let any = |row: &&nvproxy::abi::Row| {
        matches!(row.handling.parameters, Parameters::Opaque(_) | Parameters::Unpublished) && row.number & 0x8000 == 0
    };
    let command = abi.control().iter().find(any).unwrap().number;
    let send = |client: u32, file: &GuestFile<()>, address: u64, size: usize| {
        let params = [address as u32, (address >> 32) as u32];
        call(&proxy, file, &Memory::new(), 0x2a, &[client, 9, command, 0, params[0], params[1], size as u32, 0])
    };
    let (done, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let begin = Barrier::new(THREADS + 1);
    proxy.driver().stay.store(true, Ordering::SeqCst);
    let took = peak(|| {
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    begin.wait();
                    match send(CLIENT, &file, LARGE, MIB) {
                        0 => done.fetch_add(1, Ordering::SeqCst),
                        status => {
                            assert_eq!(status, NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES.0);
                            refused.fetch_add(1, Ordering::SeqCst)
                        }
                    };
                });
            }
            begin.wait();
            // Those that are too many do not wait for the others.
            while proxy.driver().inside.load(Ordering::SeqCst) + refused.load(Ordering::SeqCst) < THREADS {
                std::thread::yield_now();
            }
            proxy.driver().stay.store(false, Ordering::SeqCst);
        });
    });
    let (done, refused) = (done.into_inner(), refused.into_inner());
    println!("{done} calls of 1 MiB at a time, {refused} refused: {} MiB at most", took / MIB);
    assert_eq!((done, refused), (63, THREADS - 63));
    // What each thread and its guest have for themselves comes on top.
    assert!(took < BUDGET + THREADS * 64 * 1024, "{} MiB", took / MIB);
    assert_eq!(send(CLIENT, &file, LARGE, MIB), 0, "all is given back");

    // While one sandbox has used all of it, its small calls and the calls of others are as they were.
    proxy.driver().stay.store(true, Ordering::SeqCst);
    std::thread::scope(|scope| {
        for _ in 0..63 {
            scope.spawn(|| assert_eq!(send(CLIENT, &file, LARGE, MIB), 0));
        }
        while proxy.driver().inside.load(Ordering::SeqCst) < 63 {
            std::thread::yield_now();
        }
        assert_eq!(send(CLIENT, &file, LARGE, MIB), NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES.0);
        let calls = [(CLIENT, &file, PARAMS, 512), (CLIENT + 1, &foreign, LARGE, MIB)];
        let commands = proxy.driver().commands.load(Ordering::SeqCst);
        for (client, file, address, size) in calls {
            let send = &send;
            scope.spawn(move || assert_eq!(send(client, file, address, size), 0));
        }
        while proxy.driver().commands.load(Ordering::SeqCst) < commands + 2 {
            std::thread::yield_now();
        }
        proxy.driver().stay.store(false, Ordering::SeqCst);
    });
}

#[test]
fn a_thread_keeps_little_for_its_next_call() {
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let proxy = proxy();
    let (_sandbox, file) = sandbox(&proxy, CLIENT);
    let abi = Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap();
    let any = |row: &&nvproxy::abi::Row| {
        matches!(row.handling.parameters, Parameters::Opaque(_) | Parameters::Unpublished) && row.number & 0x8000 == 0
    };
    let command = abi.control().iter().find(any).unwrap().number;
    let words = [CLIENT, 9, command, 0, LARGE as u32, (LARGE >> 32) as u32, MIB as u32, 0];
    let before = LIVE.load(Ordering::Relaxed);
    assert_eq!(call(&proxy, &file, &Memory::new(), 0x2a, &words), 0);
    let kept = LIVE.load(Ordering::Relaxed).saturating_sub(before);
    // Half of it is what the test itself may have meanwhile.
    assert!(kept <= 128 << 10, "{kept} bytes");
}
