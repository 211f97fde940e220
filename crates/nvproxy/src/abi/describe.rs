//! Rows in words: what listings and tracers print of what is done about a field.

use super::row::{Absent, Descriptor, Direction, File, PARAMS_SIZE_MAX, Param, Pointer};
use std::fmt;

impl Param {
    /// What is done about the field, in a word, as in machine-readable output.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Pointer(_) => "pointer",
            Self::Descriptor(_) => "fd",
            Self::Null(_) => "null",
            Self::Zero(_) => "zero",
            Self::Key(_) => "key",
            Self::Dependency { .. } => "depends",
            Self::Special(_) => "special",
        }
    }
}

impl Direction {
    /// As in machine-readable output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::InOut => "in-out",
        }
    }
}

impl File {
    /// As in machine-readable output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Device => "device",
            Self::Frontend => "frontend",
            Self::Uvm => "uvm",
            Self::Event => "event",
            Self::DmaBuf => "dma-buf",
            Self::Capability => "capability",
        }
    }
}

impl Absent {
    /// As in machine-readable output; `None` where a descriptor may not be absent.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Never => None,
            Self::Negative => Some("negative"),
            Self::Zero => Some("zero"),
        }
    }
}

/// `fd ctl_fd (control)`, `pointer busInfoList: busInfoListSize x 8 bytes, in and out`.
impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.field().path)?;
        match self {
            Self::Pointer(pointer) => write!(f, ": {pointer}"),
            Self::Descriptor(descriptor) => write!(f, " ({descriptor})"),
            Self::Null(_) => f.write_str(": the driver gets zero"),
            Self::Zero(_) => f.write_str(": anything else is refused"),
            Self::Key(_) => f.write_str(": an address that is compared, never followed"),
            Self::Dependency { unless: None, .. } => f.write_str(": freed with that object"),
            Self::Dependency { unless: Some(value), .. } => {
                write!(f, ": freed with that object, unless it is {value:#x}")
            }
            Self::Special(_) => f.write_str(": taken care of by code"),
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count.path;
        match (self.clamp, self.squared) {
            (Some(clamp), _) => write!(f, "min({count}, {clamp})")?,
            (None, true) => write!(f, "{count} x {count}")?,
            (None, false) => f.write_str(count)?,
        }
        let bytes = if self.element == 1 { "byte" } else { "bytes" };
        write!(f, " x {} {bytes}, ", self.element)?;
        f.write_str(match self.direction {
            Direction::In => "in",
            Direction::Out => "out",
            Direction::InOut => "in and out",
        })?;
        if self.limit != PARAMS_SIZE_MAX {
            write!(f, ", at most {} bytes", self.limit)?;
        }
        Ok(())
    }
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.name())?;
        if let Some(absent) = self.absent.name() {
            write!(f, " or {absent}")?;
        }
        // An ordinary descriptor is an `int`.
        if self.field.size != 4 {
            write!(f, ", in {} bytes", self.field.size)?;
        }
        Ok(())
    }
}
