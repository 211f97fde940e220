//! What a sandbox may do.

use crate::abi::Capabilities;

/// Tells sandboxes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SandboxId(pub(crate) u64);

/// A sandbox: what its guests may use.
#[derive(Debug)]
pub struct Sandbox {
    pub(crate) id: SandboxId,
    pub(crate) options: Options,
}

/// What a sandbox is made with.
#[derive(Debug, Clone)]
pub struct Options {
    /// What it may use.
    pub capabilities: Capabilities,
    /// The minor numbers of its GPUs; `None` for all that the host has.
    pub gpus: Option<Vec<u32>>,
    /// How its guests share memory with the driver of `/dev/nvidia-uvm`.
    pub uvm: UvmMode,
    /// What an event is known by.
    pub events: EventKeys,
}

impl Default for Options {
    fn default() -> Self {
        Self { capabilities: Capabilities::DEFAULT, gpus: None, uvm: UvmMode::Shared, events: EventKeys::Host }
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
    /// What it may use.
    pub fn capabilities(&self) -> Capabilities {
        self.options.capabilities
    }

    /// Whether it was given the GPU of that minor number.
    pub fn has_gpu(&self, minor: u32) -> bool {
        self.options.gpus.as_ref().is_none_or(|gpus| gpus.contains(&minor))
    }
}
