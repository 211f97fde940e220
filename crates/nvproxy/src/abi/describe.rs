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
            Self::Fixed { .. } => "fixed",
            Self::Zero(_) => "zero",
            Self::Key(_) => "key",
            Self::Dependency { .. } => "depends",
            Self::Client(_) => "client",
            Self::OwnClient(_) => "own-client",
            Self::GpuIds(..) => "gpus",
            Self::GpuUuid(_) => "gpu-uuid",
            Self::Wipe { .. } => "wipe",
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
            Self::ClientFile => "client-file",
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
            Self::Fixed { value, .. } => write!(f, ": the driver gets {value}, the guest its own back"),
            Self::Zero(_) => f.write_str(": anything else is refused"),
            Self::Key(_) => f.write_str(": an address that is compared, never followed"),
            Self::Dependency { unless: None, .. } => f.write_str(": freed with that object"),
            Self::Dependency { unless: Some(value), .. } => {
                write!(f, ": freed with that object, unless it is {value:#x}")
            }
            Self::Client(_) => f.write_str(": of the same sandbox, or none"),
            Self::OwnClient(_) => f.write_str(": made on the file of the call, or on its control file"),
            Self::GpuIds(_, Direction::Out) => f.write_str(": of which the guest sees the sandbox's"),
            Self::GpuIds(..) => f.write_str(": of the sandbox, or none"),
            Self::GpuUuid(_) => f.write_str(": of a GPU of the sandbox"),
            Self::Wipe { .. } => f.write_str(": zero for both sides"),
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
        let size = self.element.size();
        let bytes = if size == 1 { "byte" } else { "bytes" };
        write!(f, " x {size} {bytes}, ")?;
        f.write_str(match self.direction {
            Direction::In => "in",
            Direction::Out => "out",
            Direction::InOut => "in and out",
        })?;
        if self.clients {
            f.write_str(", handles of the sandbox's clients")?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::reflect::{FieldRef, Type};

    const fn field(path: &'static str, size: usize) -> FieldRef {
        FieldRef { record: "EXAMPLE_PARAMS", path, offset: 8, size }
    }

    const LIST: Pointer = Pointer {
        field: field("list", 8),
        direction: Direction::InOut,
        count: field("listSize", 4),
        squared: false,
        clamp: None,
        element: Type::Unsigned(8),
        limit: PARAMS_SIZE_MAX,
        clients: false,
    };

    fn descriptor(size: usize, absent: Absent) -> String {
        Param::Descriptor(Descriptor { field: field("fd", size), file: File::Event, absent }).to_string()
    }

    #[test]
    fn pointers_say_how_much_and_which_way() {
        let words = |pointer| Param::Pointer(pointer).to_string();
        assert_eq!(words(LIST), "pointer list: listSize x 8 bytes, in and out");
        let squared = Pointer { squared: true, direction: Direction::Out, element: Type::Unsigned(4), ..LIST };
        assert_eq!(words(squared), "pointer list: listSize x listSize x 4 bytes, out");
        let clamped = Pointer { clamp: Some(256), direction: Direction::In, element: Type::Unsigned(1), ..LIST };
        assert_eq!(words(clamped), "pointer list: min(listSize, 256) x 1 byte, in");
        assert_eq!(
            words(Pointer { limit: 1 << 30, ..LIST }),
            "pointer list: listSize x 8 bytes, in and out, at most 1073741824 bytes"
        );
    }

    #[test]
    fn descriptors_say_of_what_and_whether_they_may_be_absent() {
        assert_eq!(descriptor(4, Absent::Never), "fd fd (event)");
        assert_eq!(descriptor(4, Absent::Negative), "fd fd (event or negative)");
        assert_eq!(descriptor(8, Absent::Zero), "fd fd (event or zero, in 8 bytes)");
    }

    #[test]
    fn other_fields_say_what_becomes_of_them() {
        let at = field("details.value", 4);
        assert_eq!(Param::Null(at).to_string(), "null details.value: the driver gets zero");
        let fixed = Param::Fixed { field: at, value: -1 };
        assert_eq!(fixed.to_string(), "fixed details.value: the driver gets -1, the guest its own back");
        assert_eq!(Param::Zero(at).to_string(), "zero details.value: anything else is refused");
        assert_eq!(Param::Key(at).to_string(), "key details.value: an address that is compared, never followed");
        assert_eq!(Param::Special(at).to_string(), "special details.value: taken care of by code");
        let depends = |unless| Param::Dependency { field: at, unless }.to_string();
        assert_eq!(depends(None), "depends details.value: freed with that object");
        assert_eq!(depends(Some(0xff)), "depends details.value: freed with that object, unless it is 0xff");
    }
}
