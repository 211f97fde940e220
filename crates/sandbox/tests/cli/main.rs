//! The command, from outside: what it prints, where, and how it ends.

mod abi;
mod diff;
mod drivers;
mod run;
mod statuses;
mod streams;
