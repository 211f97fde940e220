//! The proxy of this very process.

use sandbox::in_process::{Config, Process};
use std::cell::Cell;
use std::sync::atomic::{AtomicPtr, Ordering};

/// What there is of a process: nothing where the command said nothing, or it cannot be done.
struct Here {
    process: Option<Process>,
    /// The process that it is of: after a `fork(2)`, another one has a copy.
    number: u32,
}

static HERE: AtomicPtr<Here> = AtomicPtr::new(std::ptr::null_mut());

thread_local! {
    /// Whether this thread is at work here: its own calls of the C library are to be what they always were.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Does something with the proxy; `None` where the C library is to go its way: within the proxy itself, and if there is
/// none.
pub(crate) fn with<T>(work: impl FnOnce(&Process) -> Option<T>) -> Option<T> {
    entered(|| work(make()?))
}

/// The same, if there is a proxy already.
pub(crate) fn with_known<T>(work: impl FnOnce(&Process) -> Option<T>) -> Option<T> {
    entered(|| work(known()?.process.as_ref()?))
}

fn entered<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            let _ = INSIDE.try_with(|inside| inside.set(false));
        }
    }
    // A thread that is about to end has no such variable any more.
    if INSIDE.try_with(|inside| inside.replace(true)).unwrap_or(true) {
        return None;
    }
    let _leave = Leave;
    work()
}

/// What this process has.
#[allow(unsafe_code)]
fn known() -> Option<&'static Here> {
    // SAFETY: `HERE` is null or holds a pointer that `make` got from `Box::into_raw`; this library never frees it.
    let here = unsafe { HERE.load(Ordering::Acquire).as_ref() }?;
    (here.number == std::process::id()).then_some(here)
}

fn make() -> Option<&'static Process> {
    if let Some(here) = known() {
        return here.process.as_ref();
    }
    let before = HERE.load(Ordering::Acquire);
    let process = Config::from_environment().and_then(|config| config.as_ref().map(Process::new).transpose());
    let process = process.inspect_err(|error| eprintln!("nvproxy: {error:#}")).ok().flatten();
    let new = Box::into_raw(Box::new(Here { process, number: std::process::id() }));
    // What a parent had stays where it is: its locks may be held by threads that this process does not have. And what
    // another thread made first is the one.
    let _ = HERE.compare_exchange(before, new, Ordering::AcqRel, Ordering::Acquire);
    known()?.process.as_ref()
}
