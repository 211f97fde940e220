//! Recorded calls of a driver, and a driver that plays them back.
//!
//! A trace is a text of JSON lines: a [`Header`], then a [`Record`] for each ioctl that reached the driver.

mod hex;
mod playback;

pub use hex::Hex;
pub use playback::Playback;

use serde::{Deserialize, Serialize};

/// The first line of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Of this format: [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The driver's release.
    pub driver: String,
    /// The minor numbers of the GPUs that the guest had.
    pub gpus: Vec<u32>,
}

/// The version of the format that this crate writes.
pub const SCHEMA_VERSION: u32 = 1;

/// One ioctl that reached the driver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which open file it was made on: a number of the trace's own, by order of opening.
    pub file: u64,
    /// The path of that file's device.
    pub node: String,
    /// The request number.
    pub request: u32,
    /// Where in the bytes the ioctl's argument is: start and end.
    pub argument: Option<(usize, usize)>,
    /// All bytes of the call before the driver had them.
    pub before: Hex,
    /// And after, if they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Hex>,
    /// What stands in the bytes while the driver has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lent: Vec<Lent>,
    /// What `ioctl(2)` returned: not negative, or a negated error number.
    pub result: i32,
    /// How long the driver took, in nanoseconds.
    pub ns: u64,
}

/// A value of the host's in the bytes of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lent {
    /// Where, in bytes.
    pub at: usize,
    /// How many bytes.
    pub width: usize,
    /// What.
    pub value: LentValue,
}

/// What a [`Lent`] is: [`nvproxy::Value`] without what is the host's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LentValue {
    /// A pointer to these bytes of the call: start and end.
    Bytes(usize, usize),
    /// A descriptor of this open file of the trace.
    File(u64),
    /// An address of lent memory.
    Mapped,
    /// A number.
    Number(u64),
}

/// Why a trace cannot be played back.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It cannot be read.
    #[error("the trace cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// A line is not what it should be.
    #[error("line {line} of the trace: {source}")]
    Malformed {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It names a release that is not known, or GPUs that no machine has.
    #[error("the trace's machine cannot be played: {0}")]
    Machine(String),
    /// It is of a later format.
    #[error("the trace has schema version {0}; this program reads {SCHEMA_VERSION}")]
    Version(u32),
}
