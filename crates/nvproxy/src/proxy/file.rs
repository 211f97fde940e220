//! What the proxy knows of an open file of a guest.

use super::client::Clients;
use super::sandbox::Sandbox;
use crate::Node;
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;

/// Tells open files apart, also across sandboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileId(pub(crate) u64);

/// An open file description of a guest on a device file.
///
/// The runtime makes one ([`Proxy::file`](crate::Proxy::file)) when the guest opens a node, hands it in with every call on
/// any descriptor of that description, and drops it when the last of them is closed and the last mapping gone.
pub struct File {
    pub(crate) id: FileId,
    node: Node,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) clients: Arc<Clients>,
    /// The control file it was registered with. The driver never changes it again, and keeps it open for as long as
    /// this file is (compare src/nvidia/arch/nvalloc/unix/src/escape.c:RmIoctl(), case NV_ESC_REGISTER_FD).
    pub(crate) control: OnceLock<Arc<File>>,
    pub(crate) mapping: Mutex<Option<Mapping>>,
}

impl File {
    pub(crate) fn new(id: FileId, node: Node, sandbox: Arc<Sandbox>, clients: Arc<Clients>) -> Self {
        Self { id, node, sandbox, clients, control: OnceLock::new(), mapping: Mutex::new(None) }
    }

    /// Tells it apart from every other file that the proxy ever knew.
    pub fn id(&self) -> u64 {
        self.id.0
    }

    /// The device file it is of.
    pub fn node(&self) -> Node {
        self.node
    }

    /// The sandbox it was opened in.
    pub fn sandbox(&self) -> &Arc<Sandbox> {
        &self.sandbox
    }

    /// What the guest may map of it, once it has asked the driver for that.
    pub fn mapping(&self) -> Option<Mapping> {
        *self.mapping.lock()
    }

    /// The file in whose name the driver looks for clients: the registered control file, else this one.
    pub(crate) fn owner(&self) -> FileId {
        self.control.get().map_or(self.id, |control| control.id)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // No client is made on another file.
        if self.node.is_frontend() {
            self.clients.close(self.id);
        }
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("id", &self.id.0).field("node", &self.node).finish_non_exhaustive()
    }
}

/// What a file is prepared to be mapped as. The driver sets it once in a file's life and never clears it (compare
/// kernel-open/nvidia/nv-usermap.c:nv_add_mapping_context_to_file()).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// In bytes. A GPU's file must be mapped in just this length, at offset 0.
    pub length: u64,
    /// How the memory is cached.
    pub memory: MemoryType,
}

/// How the driver maps memory for a guest (compare kernel-open/nvidia/nv-mmap.c:nvidia_mmap_helper()).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryType {
    /// Cached, written back.
    WriteBack,
    /// Not cached, writes may be combined.
    WriteCombined,
    /// Not cached.
    Uncached,
}
