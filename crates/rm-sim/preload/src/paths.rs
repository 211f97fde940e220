//! Paths that are not what they are outside.

use nvproxy::Node;
use rm_sim::{NodeInfo, Simulator};
use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use tempfile::TempDir;

/// What a path means in this process.
pub(crate) enum Place<'a> {
    /// A device file.
    Device(&'a NodeInfo),
    /// A device file that the machine does not have, or a link to one.
    Absent,
    /// A file of `/proc` or `/sys`, and where it is instead.
    File(&'a CStr),
}

pub(crate) struct Paths {
    nodes: Vec<NodeInfo>,
    files: HashMap<Vec<u8>, CString>,
    /// Kept for as long as the process is.
    _directory: TempDir,
}

impl Paths {
    pub(crate) fn new(simulator: &Simulator) -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let mut files = HashMap::new();
        for (index, (path, contents)) in simulator.files().into_iter().enumerate() {
            let place = directory.path().join(index.to_string());
            std::fs::write(&place, contents)?;
            files.insert(path.as_os_str().as_bytes().to_vec(), CString::new(place.as_os_str().as_bytes())?);
        }
        Ok(Self { nodes: simulator.nodes(), files, _directory: directory })
    }

    /// `None` for what is as it is outside.
    pub(crate) fn find(&self, path: &CStr) -> Option<Place<'_>> {
        let path = path.to_bytes();
        if let Some(node) = self.nodes.iter().find(|node| node.path.as_os_str().as_bytes() == path) {
            return Some(Place::Device(node));
        }
        if path.starts_with(b"/dev/nvidia")
            || path.starts_with(b"/dev/char/195:")
            || path.starts_with(b"/dev/char/235:")
        {
            return Some(Place::Absent);
        }
        self.files.get(path).map(|file| Place::File(file))
    }

    pub(crate) fn node(&self, node: Node) -> Option<&NodeInfo> {
        self.nodes.iter().find(|known| known.node == node)
    }
}
