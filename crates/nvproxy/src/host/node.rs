//! The device files of the driver.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A device file, or what the driver hands out as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Node {
    /// `/dev/nvidiactl`.
    Control,
    /// `/dev/nvidia#`: a GPU by its minor number.
    Device(u32),
    /// `/dev/nvidia-uvm`.
    Uvm,
    /// `/dev/nvidia-caps/nvidia-cap#`: may be opened and handed to the driver, nothing else.
    Capability(u32),
    /// `/dev/nvidia-caps-imex-channels/channel#`: likewise.
    ImexChannel(u32),
    /// A dma-buf that the driver exported. It has no path.
    DmaBuf,
}

impl Node {
    /// Whether ioctls on it are the resource manager's.
    pub const fn is_frontend(self) -> bool {
        matches!(self, Self::Control | Self::Device(_))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control => f.write_str("/dev/nvidiactl"),
            Self::Device(minor) => write!(f, "/dev/nvidia{minor}"),
            Self::Uvm => f.write_str("/dev/nvidia-uvm"),
            Self::Capability(minor) => write!(f, "/dev/nvidia-caps/nvidia-cap{minor}"),
            Self::ImexChannel(minor) => write!(f, "/dev/nvidia-caps-imex-channels/channel{minor}"),
            Self::DmaBuf => f.write_str("dma-buf"),
        }
    }
}
