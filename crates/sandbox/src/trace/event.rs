//! A call, decoded.

use super::fields::Shown;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Capabilities, Table};
use nvproxy::{Errno, Node, Refusal};
use std::time::Duration;
use version_tree::DriverVersion;

/// A call of a guest's, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The guest's thread that made it, as the supervisor's process namespace numbers it; `None` if nobody knows.
    pub thread: Option<i32>,
    /// Which open file it was made on.
    pub file: u64,
    /// What that is a file of.
    pub node: Node,
    /// The request number.
    pub request: u32,
    /// NVIDIA's name of the ioctl, if the release has it.
    pub ioctl: Option<&'static str>,
    /// What it asks for.
    pub asked: Asked,
    /// How many bytes of parameters: of the class or command where there is one, else of the ioctl.
    pub size: usize,
    /// Some of the fields.
    pub fields: Vec<Shown>,
    /// How many more fields there are that are not zero.
    pub more: usize,
    /// What the driver found in place of the guest's values.
    pub translated: Vec<Translated>,
    /// What came of it.
    pub ending: Ending,
    /// How long the driver took.
    pub took: Option<Duration>,
}

/// The innermost thing that is asked for: a class for `NV_ESC_RM_ALLOC`, a command for `NV_ESC_RM_CONTROL`, else the
/// ioctl itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked {
    /// In which table it would be.
    pub table: Table,
    /// Which.
    pub number: u32,
    /// NVIDIA's name of it, if the release has it.
    pub name: Option<&'static str>,
}

/// A value that stood in for the guest's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    /// The field.
    pub field: String,
    /// How, in words.
    pub how: String,
    /// Whether every call of the kind has that one: the pointer to a class's or command's parameters.
    pub implied: bool,
}

impl std::fmt::Display for Translated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.how)
    }
}

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The driver did it, or says in the status why not; there are ioctls without one.
    Status(Option<NV_STATUS>),
    /// The driver failed the call.
    Failed(Errno),
    /// The proxy refused it.
    Refused(Why),
    /// It was the guest's own call, which the driver got unchanged.
    Native,
}

/// Why the proxy refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Why {
    /// Why.
    pub refusal: Refusal,
    /// What the guest was told; without a status, [`Refusal::errno`].
    pub status: Option<NV_STATUS>,
    /// The capabilities of which each would have allowed it.
    pub lacking: Option<Capabilities>,
    /// Where the release does not have it: another one that does, and what it is called there.
    pub known_at: Option<(DriverVersion, &'static str)>,
}

impl Ending {
    /// Whether the guest got what it asked for.
    pub fn succeeded(&self) -> bool {
        match self {
            Self::Native | Self::Status(None) => true,
            // A warning is success, too (compare NVIDIA's nvstatus.h).
            Self::Status(Some(status)) => {
                *status == NV_STATUS::NV_OK || status.name().is_some_and(|name| name.starts_with("NV_WARN_"))
            }
            Self::Failed(_) | Self::Refused(_) => false,
        }
    }
}

impl Why {
    /// Why, with what would allow it.
    pub fn words(&self) -> String {
        let list = |any: Capabilities| any.names().collect::<Vec<_>>().join(", ");
        match (self.lacking, self.known_at) {
            (Some(any), _) if any.iter().count() == 1 => format!("needs the capability {}", list(any)),
            (Some(any), _) => format!("needs one of the capabilities {}", list(any)),
            (None, Some((release, name))) => format!("not known at this release; {release} has it as {name}"),
            // Of a class, the driver's status does not tell the two reasons apart.
            (None, None) if self.refusal == Refusal::NoClass => Refusal::NotListed.to_string(),
            (None, None) => self.refusal.to_string(),
        }
    }

    /// What the guest was told.
    pub fn answer(&self) -> String {
        self.status.map_or_else(|| format!("{:?}", self.refusal.errno()), |status| status.to_string())
    }
}

impl Asked {
    /// Its name, or its number.
    pub fn words(&self) -> String {
        let what = match self.table {
            Table::Frontend => "ioctl",
            Table::Uvm => "UVM ioctl",
            Table::Control => "command",
            Table::Alloc => "class",
        };
        self.name.map_or_else(|| format!("{what} {:#x}", self.number), str::to_owned)
    }
}
