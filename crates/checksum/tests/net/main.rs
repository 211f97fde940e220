//! The command against servers that are slow, broken, hostile, or not what they should be.

mod faults;
mod install;
mod lengths;
mod memory;
mod offline;
mod pages;
mod proxy;
mod record;
mod resume;
mod run;
mod server;
mod tls;
mod validate;
