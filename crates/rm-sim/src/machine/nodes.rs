//! The device files of the simulated machine.

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

/// `NV_MAJOR_DEVICE_NUMBER`, kernel-open/common/inc/nv-chardev-numbers.h.
pub(super) const FRONTEND_MAJOR: u32 = 195;
/// The kernel chooses it when the module is loaded; this one is as good as another.
pub(super) const UVM_MAJOR: u32 = 235;
/// `NV_MINOR_DEVICE_NUMBER_CONTROL_DEVICE`.
const CONTROL_MINOR: u32 = 255;

/// The device files of a machine with so many GPUs.
pub fn nodes(gpus: usize) -> Vec<NodeInfo> {
    let node = |node: Node, major, minor| NodeInfo { path: node.to_string().into(), node, major, minor, mode: 0o666 };
    let devices = (0..gpus as u32).map(|minor| node(Node::Device(minor), FRONTEND_MAJOR, minor));
    let mut nodes = vec![node(Node::Control, FRONTEND_MAJOR, CONTROL_MINOR)];
    nodes.extend(devices);
    nodes.push(node(Node::Uvm, UVM_MAJOR, 0));
    nodes
}
