//! Why a call is not let through, and what the guest is told.

use super::client::CLIENTS_MAX;
use crate::abi::Capabilities;
use crate::abi::types::NV_STATUS;
use crate::guest::Fault;
use nix::errno::Errno;
use version_tree::DriverVersion;

/// Why a call did not reach the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The release has no such entry, or the proxy does not know of it.
    #[error("not known at this release")]
    NotListed,
    /// One of these capabilities would allow it.
    #[error("needs one of the capabilities {}", .0.names().collect::<Vec<_>>().join(", "))]
    Capability(Capabilities),
    /// The parameters have another size than the release's, in bytes.
    #[error("parameters of {given} bytes, where this release has {known}")]
    Size {
        /// Of the guest's parameters.
        given: usize,
        /// Of the release's.
        known: usize,
    },
    /// The parameters have another size than the one that this release is taken to have, and fields in them have to be
    /// translated, so it is not known where these are.
    #[error(
        "parameters of {given} bytes; {release} is taken to have {known}, as its ancestor does. If its headers are \
         published, `gpu-tools learn {release}` finds where the fields are"
    )]
    InferredSize {
        /// The release.
        release: DriverVersion,
        /// Of the guest's parameters.
        given: usize,
        /// Of the ancestor's.
        known: usize,
    },
    /// Nothing of this very release shows that it has the entry, and the proxy was told to let through only what is
    /// proved or measured.
    #[error(
        "not proved at {release}, and the proxy lets through only what is proved or measured. If its headers define the \
         entry, `gpu-tools learn {release}` proves it"
    )]
    Unproved {
        /// The release.
        release: DriverVersion,
    },
    /// The driver has done the call and left no status where this release is taken to have it: its struct is another
    /// one, and whether the call succeeded is not known.
    #[error("the driver left no status where {release} is taken to have it; whether the call succeeded is not known")]
    StatusLost {
        /// The release.
        release: DriverVersion,
    },
    /// The release pack in force says that the entry could not be carried over to this release.
    #[error("left out of this release's pack")]
    LeftOut,
    /// The guest's memory is not there.
    #[error("a bad address")]
    Fault,
    /// A field that must be zero is not.
    #[error("{0} must be zero")]
    NotZero(&'static str),
    /// A descriptor is none, or of another kind of file.
    #[error("{0} is not a descriptor of the right kind of file")]
    Descriptor(&'static str),
    /// What a pointer leads to is longer than the limit.
    #[error("{0} leads to more bytes than the limit")]
    TooLong(&'static str),
    /// A client that there is not, or that is another sandbox's.
    #[error("no client of this sandbox")]
    Client,
    /// A GPU that the sandbox was not given.
    #[error("a GPU that the sandbox was not given")]
    Gpu,
    /// A class that the release does not have, or that the sandbox may not use.
    #[error("no class that this sandbox may use")]
    NoClass,
    /// The object of a control command is not of the class that the command is for.
    #[error("an object of another class than the command's")]
    Class,
    /// An object that passes commands on is to be made under a handle on which commands are under way. Their object was
    /// another one when its class was looked at.
    #[error("commands on its handle are under way")]
    Commanded,
    /// The file is prepared to be mapped already.
    #[error("the file has a mapping already")]
    Mapped,
    /// A function or class that is handled in no way.
    #[error("a variant that is not supported")]
    Unsupported,
    /// The runtime could not do its part.
    #[error("the runtime could not do its part")]
    Runtime(Errno),
    /// The sandbox does not let its guests set this for the whole host.
    #[error("would change a setting of the whole host")]
    HostSetting,
    /// Two places in the parameters that the driver is to find filled in overlap in part.
    #[error("fields that have to be translated overlap: a fault of nvproxy's tables")]
    Overlap,
    /// The sandbox's calls that are under way take as much memory as they may.
    #[error("the sandbox's calls take all the memory they may")]
    Memory,
    /// The handle for the new object is another object's.
    #[error("the handle of the new object is taken")]
    Taken,
    /// The sandbox has as many clients as it may have.
    #[error("the sandbox has {CLIENTS_MAX} clients, and may have no more")]
    Clients,
}

impl Refusal {
    /// How many kinds there are.
    pub const KINDS: usize = 24;

    /// Its kind, below [`KINDS`](Self::KINDS).
    pub const fn kind(&self) -> usize {
        match self {
            Self::NotListed => 0,
            Self::Capability(_) => 1,
            Self::Size { .. } => 2,
            Self::Fault => 3,
            Self::NotZero(_) => 4,
            Self::Descriptor(_) => 5,
            Self::TooLong(_) => 6,
            Self::Client => 7,
            Self::Gpu => 8,
            Self::Class => 9,
            Self::Mapped => 10,
            Self::Unsupported => 11,
            Self::Runtime(_) => 12,
            Self::HostSetting => 13,
            Self::NoClass => 14,
            Self::InferredSize { .. } => 15,
            Self::Unproved { .. } => 16,
            Self::LeftOut => 17,
            Self::Commanded => 18,
            Self::Overlap => 19,
            Self::Memory => 20,
            Self::StatusLost { .. } => 21,
            Self::Clients => 22,
            Self::Taken => 23,
        }
    }

    /// The names of the kinds, as metrics have them.
    pub const NAMES: [&'static str; Self::KINDS] = [
        "not-listed",
        "capability",
        "size",
        "fault",
        "not-zero",
        "descriptor",
        "too-long",
        "client",
        "gpu",
        "class",
        "mapped",
        "unsupported",
        "runtime",
        "host-setting",
        "no-class",
        "inferred-size",
        "unproved",
        "left-out",
        "commanded",
        "overlap",
        "memory",
        "status-lost",
        "clients",
        "taken",
    ];

    /// What `ioctl(2)` answers where there is no status to put it into.
    pub const fn errno(&self) -> Errno {
        match self {
            Self::Fault => Errno::EFAULT,
            Self::Runtime(errno) => *errno,
            // Compare kernel-open/nvidia/nv.c:nvidia_ioctl(), case NV_ESC_SYS_PARAMS.
            Self::HostSetting => Errno::EBUSY,
            Self::Memory | Self::Clients => Errno::ENOMEM,
            Self::StatusLost { .. } => Errno::EIO,
            _ => Errno::EINVAL,
        }
    }

    /// What the resource manager would put into the status; `None` where the call itself fails.
    pub const fn status(&self) -> Option<NV_STATUS> {
        match self {
            // Compare src/nvidia/src/libraries/resserv/src/rs_resource.c:resControlLookup_IMPL().
            Self::NotListed
            | Self::Capability(_)
            | Self::Class
            | Self::Unsupported
            | Self::Overlap
            | Self::Unproved { .. }
            | Self::LeftOut => Some(NV_STATUS::NV_ERR_NOT_SUPPORTED),
            Self::Size { .. } | Self::InferredSize { .. } => Some(NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT),
            Self::NotZero(_) | Self::Descriptor(_) | Self::TooLong(_) | Self::Gpu => {
                Some(NV_STATUS::NV_ERR_INVALID_ARGUMENT)
            }
            Self::Client => Some(NV_STATUS::NV_ERR_INVALID_CLIENT),
            // Compare src/nvidia/src/kernel/rmapi/alloc_free.c:serverAllocResourceUnderLock().
            Self::NoClass => Some(NV_STATUS::NV_ERR_INVALID_CLASS),
            Self::Commanded => Some(NV_STATUS::NV_ERR_STATE_IN_USE),
            Self::Taken => Some(NV_STATUS::NV_ERR_INSERT_DUPLICATE_NAME),
            // Compare src/nvidia/src/kernel/rmapi/param_copy.c:rmapiParamsAcquire().
            Self::Memory | Self::Clients => Some(NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES),
            Self::Fault | Self::Runtime(_) | Self::Mapped | Self::HostSetting | Self::StatusLost { .. } => None,
        }
    }
}

impl From<Fault> for Refusal {
    fn from(Fault: Fault) -> Self {
        Self::Fault
    }
}
