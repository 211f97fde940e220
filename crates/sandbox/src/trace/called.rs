//! A call that the driver had, before and after.

use nvproxy::{Errno, Lent, Node};
use std::ops::Range;
use std::time::Duration;

/// A call that the driver had: plain data.
#[derive(Debug, Clone)]
pub struct Called<'a> {
    /// Which open file of a guest's it was made on; 0 for what the proxy itself asked.
    pub file: u64,
    /// What that is a file of.
    pub node: Node,
    /// The request number.
    pub request: u32,
    /// All bytes, as the driver got them but for what was [lent](Self::lent).
    pub before: &'a [u8],
    /// And as it left them.
    pub after: &'a [u8],
    /// Where in them the ioctl's own parameters are.
    pub argument: Option<Range<usize>>,
    /// What of the host's stood in them meanwhile.
    pub lent: &'a [Lent],
    /// The files that were lent: which of the guest's each is.
    pub files: &'a [(u64, Node)],
    /// What the driver answered.
    pub result: Result<i32, Errno>,
    /// How long it took.
    pub took: Duration,
}
