//! What gcc makes of the headers that this crate reads: the other side of every exactness test.
//!
//! Nothing here shares code with the front end; the two meet only in [`driver_differ::model`].

// Each test file uses its own part of this.
#![allow(dead_code, unused_imports)]

pub(crate) mod compare;
pub(crate) mod constants;
pub(crate) mod declarations;
pub(crate) mod dwarf;
pub(crate) mod expressions;
pub(crate) mod gcc;
pub(crate) mod property;
pub(crate) mod render;
pub(crate) mod say;
pub(crate) mod unpack;

pub(crate) use say::{say, skipped};

/// A number from the environment, or `default`.
pub(crate) fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is '{text}', which is no number")),
        Err(_) => default,
    }
}
