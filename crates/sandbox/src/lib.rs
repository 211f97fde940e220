//! The command `nvproxy`, as a library.
//!
//! | module | subject |
//! |---|---|
//! | [`run`] | running an unmodified program behind the proxy |
//! | [`trace`] | what it asks of the driver, made readable and written down |
//! | [`doctor`] | what this machine has of what that takes |
//! | [`command`] | the command itself: its arguments, and what it prints |

pub mod doctor;
pub mod run;
pub mod trace;

mod cli;
mod demo;
mod diff;
mod entry;
mod release;
mod tables;

pub use cli::command;
