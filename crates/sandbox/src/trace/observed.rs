//! A driver that is watched.

use super::called::Called;
use nvproxy::{Call, Errno, HostDriver, Node, Value};
use std::sync::Arc;
use std::time::Instant;

/// Who is told of every call that the driver had.
pub trait Watcher: Send + Sync {
    /// A call came back.
    fn called(&self, called: &Called<'_>);
}

/// A driver whose calls somebody is told of.
pub struct Observed<D> {
    driver: D,
    watcher: Arc<dyn Watcher>,
}

impl<D> Observed<D> {
    /// The same driver, watched.
    pub fn new(driver: D, watcher: Arc<dyn Watcher>) -> Self {
        Self { driver, watcher }
    }
}

impl<D: HostDriver> HostDriver for Observed<D> {
    type File = D::File;

    fn open(&self, node: Node) -> Result<D::File, Errno> {
        self.driver.open(node)
    }

    fn ioctl(&self, file: &D::File, call: &mut Call<'_, D::File>) -> Result<i32, Errno> {
        let before = call.bytes().to_vec();
        let started = Instant::now();
        let result = self.driver.ioctl(file, call);
        let took = started.elapsed();
        let known = |file: Option<&nvproxy::File>| file.map_or((0, Node::Control), |file| (file.id(), file.node()));
        let indices = call.lent().iter().filter_map(|lent| match lent.value {
            Value::File(index) => Some(index),
            _ => None,
        });
        let files: Vec<_> =
            (0..indices.max().map_or(0, |last| last + 1)).map(|index| known(call.guest_file_lent(index))).collect();
        let (file, node) = known(call.guest_file());
        let (request, argument, lent) = (call.request(), call.argument(), call.lent());
        let after = call.bytes();
        let called =
            Called { file, node, request, before: &before, after, argument, lent, files: &files, result, took };
        self.watcher.called(&called);
        result
    }
}
