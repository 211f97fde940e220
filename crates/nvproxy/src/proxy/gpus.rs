//! Which GPUs there are, and which of them a sandbox may see.

use super::{Registry, Sandbox};

/// A GPU of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gpu {
    /// The number in `/dev/nvidia#`.
    pub minor: u32,
    /// What the resource manager calls it.
    pub id: u32,
}

/// What stands for no GPU in a list of identities (`NV0000_CTRL_GPU_INVALID_ID`).
pub(super) const NO_GPU: u32 = 0xffff_ffff;

impl Registry {
    /// Whether a sandbox may name a GPU by that identity.
    pub(super) fn gpu_allowed(&self, sandbox: &Sandbox, id: u32) -> bool {
        sandbox.options.gpus.is_none()
            || matches!(id, 0 | NO_GPU)
            || self.gpus.read().iter().any(|gpu| gpu.id == id && sandbox.has_gpu(gpu.minor))
    }
}
