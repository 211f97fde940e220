//! The command `nvproxy`, as a library.
//!
//! | module | subject |
//! |---|---|
//! | [`run`] | running an unmodified program behind the proxy |
//! | [`command`] | the command itself: its arguments, and what it prints |

pub mod run;

mod cli;
mod diff;
mod entry;
mod release;
mod tables;

pub use cli::command;
