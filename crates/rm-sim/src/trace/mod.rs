//! Recorded calls of a driver, and a driver that plays them back.
//!
//! A trace is a text of JSON lines: a [`Header`], then a [`Record`] for each ioctl that reached the driver.

mod playback;
mod read;

pub use playback::{Playback, Played};
pub use read::TraceError;

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
    /// All bytes of the call before the driver had them, in hexadecimal digits.
    pub before: String,
    /// And after, if they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
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
