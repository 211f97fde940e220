//! The simulated machine, as `/dev` shows it.

use nvproxy::Node;
use std::path::PathBuf;

/// A device file of the simulated machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInfo {
    /// Such as `/dev/nvidia0`.
    pub path: PathBuf,
    /// What it is.
    pub node: Node,
    /// Its device number's upper part.
    pub major: u32,
    /// Its device number's lower part.
    pub minor: u32,
    /// Its mode, the permission bits of `stat(2)`.
    pub mode: u32,
}
