//! What a proxy handles at one release: the vocabulary that its tables and the tools around them share.
//!
//! It lives here because this is the crate they have in common; the tables themselves are not here.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The tables of a proxy, one per kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Table {
    /// ioctls on `/dev/nvidiactl` and `/dev/nvidia#`.
    Frontend,
    /// ioctls on `/dev/nvidia-uvm`.
    Uvm,
    /// Control commands of `NV_ESC_RM_CONTROL`.
    Control,
    /// Classes of `NV_ESC_RM_ALLOC`.
    Alloc,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Frontend, Self::Uvm, Self::Control, Self::Alloc];

    /// As in machine-readable output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Frontend => "frontend",
            Self::Uvm => "uvm",
            Self::Control => "control",
            Self::Alloc => "alloc",
        }
    }
}

/// One thing a proxy lets through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// The table it stands in.
    pub table: Table,
    /// ioctl, command or class number.
    pub number: u32,
    /// NVIDIA's name for the number, or the one that others gave it where no header has it.
    pub name: Cow<'static, str>,
    /// NVIDIA's names of the structs that are passed.
    pub structs: Vec<Cow<'static, str>>,
}
