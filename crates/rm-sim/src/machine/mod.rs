//! The simulated machine: its GPUs, and how `/dev`, `/proc` and `/sys` show them.

mod files;
mod gpu;
mod nodes;

pub(crate) use files::files;
pub(crate) use gpu::Gpu;
pub use nodes::{NodeInfo, nodes};

/// As many GPUs as the driver itself can have (`NV_MAX_DEVICES`).
pub(crate) const MOST_GPUS: usize = 32;
