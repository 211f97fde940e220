//! A run that is watched.

use super::caller;
use super::observed::{Observed, Watcher};
use crate::run::Tap;
use nvproxy::{HostDriver, Observer};
use std::sync::Arc;

/// Has a run's every call told of: those that the driver has, and those that it does not.
#[derive(Debug)]
pub struct Tapped<W>(pub Arc<W>);

impl<W: Watcher + Observer + 'static> Tap for Tapped<W> {
    type Driver<D: HostDriver + 'static> = Observed<D>;

    fn before<D: HostDriver + 'static>(&self, driver: D) -> Observed<D> {
        Observed::new(driver, self.0.clone())
    }

    fn observer(&self) -> Option<Arc<dyn Observer>> {
        Some(self.0.clone())
    }

    fn serving(&self, task: i32) {
        caller::set(Some(task));
    }

    fn served(&self) {
        caller::set(None);
    }
}
