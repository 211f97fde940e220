//! Watching what guests ask, and what becomes of it.

use nix::errno::Errno;
use nvproxy::abi::Abi;
use nvproxy::{Counters, HostDriver, Node, Observer, Outcome};
use std::sync::Arc;
use std::time::Duration;

/// A guest's ioctl that was served.
#[derive(Debug)]
#[non_exhaustive]
pub struct Served<'a> {
    /// The thread that made it.
    pub task: i32,
    /// What kind of device file it was on.
    pub node: Node,
    /// Its request number.
    pub request: u32,
    /// Its argument: an address in the guest.
    pub argument: u64,
    /// What the guest is answered.
    pub outcome: &'a Result<Outcome, Errno>,
    /// How long it took, the driver's part included.
    pub took: Duration,
}

/// What is known at the end of a run.
#[derive(Debug)]
#[non_exhaustive]
pub struct AtEnd<'a> {
    /// The interface that was spoken.
    pub abi: &'a Abi,
    /// What became of calls.
    pub counters: &'a Counters,
    /// What a simulated driver was asked for and does not have.
    pub unknown: Vec<rm_sim::Unknown>,
}

/// Watches a run. It is told of calls by the threads that serve them.
pub trait Tap: Send + Sync + 'static {
    /// What stands before a driver, to see what reaches it.
    type Driver<D: HostDriver + 'static>: HostDriver<File = D::File> + 'static;

    /// Puts itself before a driver.
    fn before<D: HostDriver + 'static>(&self, driver: D) -> Self::Driver<D>;

    /// Who hears of the calls that do not reach the driver.
    fn observer(&self) -> Option<Arc<dyn Observer>> {
        None
    }

    /// Whether it wants to hear of calls that are served. If not, nobody looks how long they take.
    fn watches(&self) -> bool {
        true
    }

    /// A call of a guest's thread is about to be served, by the calling thread.
    fn serving(&self, task: i32) {
        let _ = task;
    }

    /// A call is served; the guest is not answered yet.
    fn served(&self, served: &Served<'_>) {
        let _ = served;
    }

    /// The program has ended.
    fn ended(&self, end: &AtEnd<'_>) {
        let _ = end;
    }
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTap;

impl Tap for NoTap {
    type Driver<D: HostDriver + 'static> = D;

    fn before<D: HostDriver + 'static>(&self, driver: D) -> D {
        driver
    }

    fn watches(&self) -> bool {
        false
    }
}
