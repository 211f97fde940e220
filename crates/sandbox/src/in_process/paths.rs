//! Paths that only a machine with a simulated driver has.

use crate::run::shown_files;
use anyhow::Result;
use nvproxy::Node;
use rm_sim::{NodeInfo, Simulator};
use rustix::fs::{MemfdFlags, memfd_create};
use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::io::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;

/// What a path means in this process.
#[derive(Debug)]
pub enum Place<'a> {
    /// A device file.
    Device(&'a NodeInfo),
    /// A device file that the machine does not have, or a link to one.
    Absent,
    /// A file of `/proc` or `/sys`, and where it is instead.
    File(&'a CStr),
}

pub(super) struct Paths {
    nodes: Vec<NodeInfo>,
    files: HashMap<Vec<u8>, CString>,
    /// What the files are in.
    _memory: Vec<OwnedFd>,
}

impl Paths {
    pub(super) fn new(simulator: &Simulator, gpus: Option<&[u32]>) -> Result<Self> {
        let mut nodes = simulator.nodes();
        nodes.retain(|info| !matches!((info.node, gpus), (Node::Device(minor), Some(gpus)) if !gpus.contains(&minor)));
        let (mut files, mut all) = (HashMap::new(), Vec::new());
        for (path, contents) in shown_files(simulator)? {
            let memory = memfd_create("shown", MemfdFlags::CLOEXEC)?;
            let mut file = std::fs::File::from(memory);
            file.write_all(&contents)?;
            let memory = OwnedFd::from(file);
            let place = format!("/proc/self/fd/{}", memory.as_raw_fd());
            files.insert(path.into_os_string().into_vec(), CString::new(place)?);
            all.push(memory);
        }
        Ok(Self { nodes, files, _memory: all })
    }

    /// What a path means here. The library leaves every other path to the C library.
    pub(super) fn find(&self, path: &CStr) -> Option<Place<'_>> {
        let path = path.to_bytes();
        let is = |info: &&NodeInfo| info.path.as_os_str().as_encoded_bytes() == path;
        if let Some(node) = self.nodes.iter().find(is) {
            return Some(Place::Device(node));
        }
        let of_the_driver = [&b"/dev/nvidia"[..], b"/dev/char/195:", b"/dev/char/235:"];
        if of_the_driver.iter().any(|start| path.starts_with(start)) {
            return Some(Place::Absent);
        }
        self.files.get(path).map(|file| Place::File(file))
    }

    pub(super) fn node(&self, node: Node) -> Option<&NodeInfo> {
        self.nodes.iter().find(|known| known.node == node)
    }
}
