//! Watching what guests ask, and what becomes of it.

use nvproxy::{HostDriver, Observer};
use std::sync::Arc;

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

    /// A call of a guest's thread is about to be served, by the calling thread.
    fn serving(&self, task: i32) {
        let _ = task;
    }

    /// That call is served; the guest is not answered yet.
    fn served(&self) {}
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTap;

impl Tap for NoTap {
    type Driver<D: HostDriver + 'static> = D;

    fn before<D: HostDriver + 'static>(&self, driver: D) -> D {
        driver
    }
}
