//! The command `nvproxy`, as a library.
//!
//! | module | subject |
//! |---|---|
//! | [`run`] | running an unmodified program behind the proxy |
//! | [`trace`] | what it asks of the driver, made readable and written down |
//! | [`in_process`] | the proxy inside the program, for tracing where there can be no sandbox |
//! | [`doctor`] | what this machine has of what that takes |
//! | [`command`] | the command itself: its arguments, and what it prints |

pub mod doctor;
pub mod in_process;
pub mod run;
pub mod trace;

mod cli;
mod demo;
mod diff;
mod entry;
mod release;
mod tables;

pub use cli::command;
