//! The proxy inside the program: no boundary, but the same tables and the same translation.
//!
//! Where the kernel gives no user notification of system calls, as within another sandbox, a program can be traced all the
//! same: a library that is loaded before all others (`crates/sandbox/preload`) takes the place of the C library's `ioctl`,
//! and has a [`Proxy`](nvproxy::Proxy) in this very process decide and translate. A program can go around it by making the
//! system call itself.
//!
//! The command starts the program ([`start`]) and puts its options into the environment ([`Config`]), which every process
//! that the program starts inherits. Each process makes a proxy with a sandbox of its own ([`Process`]); a child makes a new
//! one after `fork(2)`.
//!
//! | module | subject |
//! |---|---|
//! | `config` | what the command hands on to the library |
//! | `start` | starting the program, and waiting for its end |
//! | `process` | the proxy of a process, and its files |
//! | `driver` | the kernel's driver, or a simulated one |
//! | `late` | what hears of the calls |
//! | `memory` | the process's own memory |
//! | `paths` | files that only a simulated driver has |

mod config;
mod driver;
mod late;
mod memory;
mod paths;
mod process;
mod start;

pub use config::{Config, Trace};
pub use paths::Place;
pub use process::Process;
pub use start::start;
