//! The command `nvproxy`, as a library.
//!
//! | module | subject |
//! |---|---|
//! | [`doctor`] | what this machine has of what that takes |
//! | [`trace`] | what a guest asks of the driver, made readable and written down |
//! | [`command`] | the command itself: its arguments, and what it prints |

mod demo;
pub mod doctor;
pub mod trace;

mod cli;
mod diff;
mod entry;
mod release;
mod tables;

pub use cli::command;
