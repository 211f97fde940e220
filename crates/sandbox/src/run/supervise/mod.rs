//! Serving the requests of guests.

mod call;
mod foreign;
mod housekeeping;
#[cfg(test)]
mod neighbours;
mod paths;
mod pool;
mod window;

pub(crate) use foreign::DONE;
pub(crate) use housekeeping::Serving;
pub(crate) use paths::Shown;
pub(crate) use pool::Pool;

use super::backend::Backend;
use super::files::Files;
use super::tap::Tap;
use super::tasks::Tasks;
use super::transport::{Answer, Request, Transport};
use super::uvm::{UVM_INITIALIZE, UVM_MM_INITIALIZE};
use call::Caller;
use nix::errno::Errno;
use nix::libc;
use nvproxy::{Guest, HostDriver, Outcome, Proxy, Sandbox};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Number and size of `NV_ESC_RM_ALLOC_MEMORY`, which is all that the driver looks at.
const ALLOC_MEMORY: u32 = 56 << 16 | 0x27;
const TYPE_AND_DIRECTION: u32 = 0xc000_ff00;

/// Everything that serves one sandbox.
pub(crate) struct Supervisor<T, B: Backend, D, O> {
    pub(crate) transport: T,
    pub(crate) backend: B,
    pub(crate) proxy: Proxy<D>,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) files: Files<B::File>,
    pub(crate) tasks: Tasks,
    /// What opens and states are answered with, if they are.
    pub(crate) shown: Option<Shown>,
    pub(crate) tap: O,
}

impl<T, B, D, O> Supervisor<T, B, D, O>
where
    T: Transport,
    B: Backend,
    D: HostDriver<File = B::File>,
    O: Tap,
{
    /// Answers one request.
    pub(crate) fn serve(&self, request: &Request) {
        let answer = || match request.call {
            libc::SYS_ioctl => Some(self.ioctl(request)),
            _ => match &self.shown {
                Some(shown) => self.path(shown, request),
                // The filter sends nothing else.
                None => Some(Answer::Error(Errno::ENOSYS)),
            },
        };
        // A fault of ours is to cost the guest one call, not the thread that waits for its answer for good.
        let answer = catch_unwind(AssertUnwindSafe(answer)).unwrap_or_else(|_| {
            tracing::error!(task = request.task, call = request.call, "a fault of nvproxy's: please report it");
            Some(Answer::Error(Errno::EIO))
        });
        if let Some(answer) = answer
            && let Err(errno) = self.transport.answer(request.id, answer)
        {
            // The guest died, or on older kernels took a signal, while it was served.
            tracing::debug!(task = request.task, %errno, "nobody waits for an answer");
        }
    }

    fn ioctl(&self, request: &Request) -> Answer {
        // The kernel takes 32 bits of both.
        let [descriptor, number, argument, ..] = request.arguments;
        let (descriptor, number) = (descriptor as i32, number as u32);
        let caller = Caller::new(self, request);
        let file = match caller.file(descriptor) {
            Ok(Some(file)) => file,
            Ok(None) => return foreign::ioctl(&caller, descriptor, number, argument),
            Err(errno) => return Answer::Error(errno),
        };
        let guest = Guest { memory: &caller, files: &caller };
        self.tap.serving(request.task);
        let outcome = self.proxy.ioctl(&file, number, argument, &guest);
        // The duplicate is not to outlive the call.
        drop(file);
        if outcome.is_ok() {
            caller.map();
        }
        self.tap.served();
        match outcome {
            Ok(Outcome::Done(value)) => Answer::Value(value.into()),
            // On whatever file the guest's descriptor means by then, these are its own business or nothing. The last
            // comes only where the run allows it.
            Ok(Outcome::Native) if matches!(number, UVM_INITIALIZE | UVM_MM_INITIALIZE) => Answer::Continue,
            Ok(Outcome::Native) if number & !TYPE_AND_DIRECTION == ALLOC_MEMORY => Answer::Continue,
            Ok(Outcome::Native) => Answer::Error(Errno::ENOSYS),
            Err(errno) => Answer::Error(errno),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::backend::Simulated;
    use crate::run::tap::NoTap;
    use crate::run::tokens::tests::ALONE;
    use crate::run::transport::Place;
    use nvproxy::abi::Abi;
    use parking_lot::Mutex;
    use rm_sim::{Profile, Simulator};
    use std::os::fd::BorrowedFd;
    use version_tree::{Tree, version};

    /// Whatever is asked whether the guest waits is a fault.
    #[derive(Default)]
    struct Faulty(Mutex<Vec<Answer>>);

    impl Transport for Faulty {
        fn receive(&self) -> Result<Request, Errno> {
            Err(Errno::ENOENT)
        }

        fn waits(&self, _: u64) -> bool {
            panic!("a fault, for the test")
        }

        fn answer(&self, _: u64, answer: Answer) -> Result<(), Errno> {
            self.0.lock().push(answer);
            Ok(())
        }

        fn install(&self, _: u64, _: BorrowedFd<'_>, _: Place, _: bool) -> Result<i32, Errno> {
            Err(Errno::ENOENT)
        }
    }

    #[test]
    fn a_fault_costs_the_call_that_met_it() {
        let _alone = ALONE.lock();
        let abi = Abi::compose(Tree::embedded(), version!("550.54.15")).unwrap();
        let simulator = Simulator::new(abi.clone(), &[Profile::named("h100").unwrap()]).unwrap();
        let proxy = Proxy::new(simulator.clone(), abi);
        let supervisor = Supervisor {
            transport: Faulty::default(),
            backend: Simulated::new(simulator),
            sandbox: proxy.sandbox(nvproxy::Options::default()),
            proxy,
            files: Files::new(1024, Simulated::KEEPS, Simulated::closed).unwrap(),
            tasks: Tasks::new(1024).unwrap(),
            shown: None,
            tap: NoTap,
        };
        let task = rustix::thread::gettid().as_raw_nonzero().get();
        let request = |descriptor| Request {
            id: 0,
            task,
            call: libc::SYS_ioctl,
            arguments: [descriptor, 0xc020_462a, 0, 0, 0, 0],
        };
        // Of a thread that is new, somebody asks whether it waits.
        supervisor.serve(&request(0));
        // Nobody gets as far as that.
        supervisor.serve(&request(u64::MAX));
        assert_eq!(*supervisor.transport.0.lock(), [Answer::Error(Errno::EIO), Answer::Error(Errno::EBADF)]);
    }
}
