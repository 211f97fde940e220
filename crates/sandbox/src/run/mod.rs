//! Running an unmodified program behind the proxy.
//!
//! The program is a process of the host, in a user and a mount namespace of its own; root is not needed. A filter of its
//! system calls ([`filter`]) sends every ioctl that NVIDIA's driver could act on to the supervisor, which is this
//! process. The supervisor copies the parameters, has the [proxy](nvproxy::Proxy) decide, and issues what is allowed
//! itself, on a duplicate of the program's descriptor. Everything else the program does goes to the kernel directly.
//!
//! | module | subject |
//! |---|---|
//! | [`filter`] | which system calls are intercepted: the boundary |
//! | `launch` | the guest: namespaces, files, what it inherits, privileges, the program |
//! | `transport`, `notify` | how requests come and answers go: one seam, one implementation |
//! | `supervise` | answering requests, in as many threads as are needed |
//! | `tasks`, `files`, `watch`, `tokens` | guests' threads, the files they have open, and how those are told apart |
//! | `backend` | the kernel's driver, or a simulated one |
//! | `lockdown` | what the supervisor itself may do |
//! | `heap`, `descriptors` | giving memory back; how many files can be open |
//! | `signals` | signals and the exit status |

pub mod filter;

mod backend;
mod descriptors;
mod errno;
mod files;
mod heap;
mod launch;
mod lockdown;
mod machine;
mod notify;
mod plan;
mod signals;
mod supervise;
mod tap;
pub(crate) mod tasks;
mod tokens;
mod transport;
mod uvm;
mod watch;

pub(crate) use descriptors::DESCRIPTORS_MIN;
pub(crate) use launch::{Attribute, keep_signals_within, set_attribute};
pub(crate) use plan::{Accepted, accept, choose, simulator};
pub use plan::{Driver, Options, Pinning, Plan};
pub use signals::Ended;
pub(crate) use signals::Signals;
pub use tap::{NoTap, Tap};
pub(crate) use watch::try_kcmp;

use anyhow::Result;
use std::path::PathBuf;

/// The files of `/proc` and `/sys` that a machine with a simulated driver has.
pub(crate) fn shown_files(simulator: &rm_sim::Simulator) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    machine::merged(simulator.files())
}

/// Runs a program behind the proxy, and waits for its end.
///
/// This process is the supervisor then: it gives up what it does not need, for good. It must have one thread, and should
/// end after the program, because what the program leaves behind is served by nobody then: such processes get `ENOSYS`.
///
/// # Errors
/// What is missing, and what to do.
pub fn run(options: &Options, tap: impl Tap) -> Result<Ended> {
    Plan::new(options)?.run(tap)
}
