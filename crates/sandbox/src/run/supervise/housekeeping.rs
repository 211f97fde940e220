//! What is done besides serving.

use super::Supervisor;
use super::pool::Work;
use crate::run::backend::Backend;
use crate::run::heap;
use crate::run::tap::Tap;
use crate::run::transport::{Request, Transport};
use crate::run::watch;
use nvproxy::HostDriver;
use rm_sim::Usage;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Files, bytes of the heap, and what the simulator holds.
type Holds = (usize, Option<u64>, Usage);

/// Once so many files were open, and all of them are closed, the memory that they took is given back.
const MANY: usize = 64;
/// How often to look which files of a simulated driver are closed. What was made on them is freed then: memory, for one.
const SWEEP: Duration = Duration::from_millis(500);

impl<T, B, D, O> Supervisor<T, B, D, O>
where
    T: Transport + 'static,
    B: Backend,
    D: HostDriver<File = B::File> + 'static,
    O: Tap,
{
    /// Has files that guests closed without a word freed in time.
    ///
    /// # Errors
    /// No thread can be started.
    pub(crate) fn keep_house(self: &Arc<Self>) -> std::io::Result<()> {
        let supervisor = self.clone();
        let (mut told, mut most) = (None, 0);
        let work = move || loop {
            thread::sleep(SWEEP);
            supervisor.tasks.forget();
            most = most.max(supervisor.files.len());
            if supervisor.files.len() > 0 {
                supervisor.files.sweep();
            } else if std::mem::take(&mut most) >= MANY {
                heap::give_back();
            }
            supervisor.tell(&mut told);
        };
        thread::Builder::new().name("house".into()).stack_size(256 * 1024).spawn(work).map(drop)
    }

    /// Tells what is held for guests, if that is another than was told. Nothing is asked that nobody wants to know.
    fn tell(&self, told: &mut Option<Holds>) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let Some(usage) = self.backend.usage() else { return };
        let (files, allocated) = (self.files.len(), heap::used());
        if told.replace((files, allocated, usage)) != Some((files, allocated, usage)) {
            let Usage { clients, objects, filled, faults } = usage;
            tracing::debug!(files, clients, objects, filled, faults, allocated, "holds");
        }
    }
}

/// The work of a supervisor's threads.
pub(crate) struct Serving<T, B: Backend, D, O>(pub(crate) Arc<Supervisor<T, B, D, O>>);

impl<T, B, D, O> Work for Serving<T, B, D, O>
where
    T: Transport + 'static,
    B: Backend,
    D: HostDriver<File = B::File> + 'static,
    O: Tap,
{
    type Request = Request;

    fn receive(&self) -> Option<Request> {
        let request = self.0.transport.receive();
        request.inspect_err(|errno| tracing::debug!(%errno, "no guest is left")).ok()
    }

    fn task(&self, request: &Request) -> i32 {
        request.task
    }

    fn serve(&self, request: Request) {
        self.0.serve(&request);
    }

    fn same_process(&self, one: i32, other: i32) -> bool {
        one == other || watch::share_memory(one, other)
    }
}
