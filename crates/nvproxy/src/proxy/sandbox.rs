//! What a sandbox may do.

use super::budget::Budget;
use crate::abi::Capabilities;
use crate::devices::DeviceFile;
use crate::{File, Node};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Weak;

/// Tells sandboxes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SandboxId(pub(crate) u64);

/// A sandbox: what its guests may use.
#[derive(Debug)]
pub struct Sandbox {
    pub(crate) id: SandboxId,
    pub(crate) options: Options,
    /// Its open files by their numbers, if it may be saved.
    pub(crate) files: Mutex<BTreeMap<u64, Weak<File>>>,
    /// The UUIDs of the GPUs that it made devices of, where it was not given all.
    uuids: Mutex<Vec<Uuid>>,
    /// The memory that its larger calls take.
    pub(super) budget: Budget,
}

/// A GPU's UUID, as the driver of `/dev/nvidia-uvm` takes it (`NvProcessorUuid`).
pub(crate) type Uuid = [u8; 16];

/// What a sandbox is made with.
#[derive(Debug, Clone)]
pub struct Options {
    /// What it may use.
    pub capabilities: Capabilities,
    /// The minor numbers of its GPUs; `None` for all that the host has.
    pub gpus: Option<Vec<u32>>,
    /// The device files that can only be opened, [`Node::Capability`] and [`Node::ImexChannel`], that it may open: see
    /// [`with_device_files`](Self::with_device_files).
    pub open_only: Vec<Node>,
    /// How its guests share memory with the driver of `/dev/nvidia-uvm`.
    pub uvm: UvmMode,
    /// What an event is known by.
    pub events: EventKeys,
    /// Whether it may be saved ([`Proxy::save`](crate::Proxy::save)): then the parameters of what it makes are kept.
    pub saveable: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            capabilities: Capabilities::DEFAULT,
            gpus: None,
            open_only: Vec::new(),
            uvm: UvmMode::Shared,
            events: EventKeys::Host,
            saveable: false,
        }
    }
}

impl Options {
    /// Lets it open those of its [`device_files`](crate::devices::device_files) that can only be opened, and no others.
    #[must_use]
    pub fn with_device_files(mut self, files: &[DeviceFile]) -> Self {
        self.open_only = files.iter().filter(|file| file.is_open_only()).map(|file| file.node).collect();
        self
    }
}

/// Who initialises `/dev/nvidia-uvm`. The driver remembers the memory of whoever does (compare
/// kernel-open/nvidia-uvm/uvm.c:uvm_api_initialize()).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UvmMode {
    /// The proxy, so that the file works in several processes (`UVM_INIT_FLAGS_MULTI_PROCESS_SHARING_MODE`). Pageable
    /// memory is not available to the GPU then.
    Shared,
    /// The guest itself: its own call goes to the driver unchanged. For guests that are processes of the host.
    Native,
}

/// What the driver compares to tell which file an event is for. It never looks the number up (compare
/// src/nvidia/arch/nvalloc/unix/src/os.c:osUserHandleToKernelPtr()).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKeys {
    /// The descriptor of the host's file: for runtimes that keep one for every file of the guest.
    Host,
    /// The guest's own number: for runtimes that issue calls on short-lived duplicates.
    Guest,
}

impl Sandbox {
    pub(crate) fn new(id: u64, options: Options) -> Self {
        Self { id: SandboxId(id), options, files: Mutex::default(), uuids: Mutex::default(), budget: Budget::default() }
    }

    /// Takes note of the UUID of a GPU that it has.
    pub(crate) fn learn_uuid(&self, uuid: Uuid) {
        let mut uuids = self.uuids.lock();
        if !uuids.contains(&uuid) {
            uuids.push(uuid);
        }
    }

    /// Whether it may name a GPU by that UUID.
    pub(crate) fn has_uuid(&self, uuid: &[u8]) -> bool {
        self.options.gpus.is_none() || self.uuids.lock().iter().any(|known| known == uuid)
    }

    /// What it may use.
    pub fn capabilities(&self) -> Capabilities {
        self.options.capabilities
    }

    /// Whether it was given the GPU of that minor number.
    pub fn has_gpu(&self, minor: u32) -> bool {
        self.options.gpus.as_ref().is_none_or(|gpus| gpus.contains(&minor))
    }

    /// Whether its guests may open a device file.
    pub fn may_open(&self, node: Node) -> bool {
        match node {
            Node::Control | Node::Uvm | Node::DmaBuf => true,
            Node::Device(minor) => self.has_gpu(minor),
            Node::Capability(_) | Node::ImexChannel(_) => self.options.open_only.contains(&node),
        }
    }
}
