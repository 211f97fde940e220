//! Why a sandbox cannot be saved, or not be made again.

use crate::Node;
use crate::abi::status::NV_STATUS;
use nix::errno::Errno;
use std::fmt;

/// Why there is no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaveError {
    /// What is needed was not taken note of.
    #[error("the sandbox was made without Options::saveable, so nothing was taken note of")]
    NotSaveable,
    /// The driver could not be asked about its GPUs.
    #[error("the driver does not tell of its GPUs: {0}")]
    Driver(Errno),
    /// These could not be made again.
    #[error("cannot be made again: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Obstacles(Vec<Obstacle>),
    /// What was taken note of does not hold together: the guest made calls meanwhile.
    #[error("stop the guest first, it changed while it was saved: {0}")]
    Changing(Box<RestoreError>),
}

/// Something that cannot be made again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{subject}: {why}")]
pub struct Obstacle {
    /// What.
    pub subject: Subject,
    /// Why.
    pub why: Why,
}

/// What is in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A file.
    File(Node),
    /// A client, by its handle.
    Client(u32),
    /// An object.
    Object {
        /// Its client's handle.
        client: u32,
        /// Its own.
        handle: u32,
        /// Its class.
        class: u32,
    },
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(node) => write!(f, "file {node}"),
            Self::Client(handle) => write!(f, "client {handle:#x}"),
            Self::Object { client, handle, class } => {
                write!(f, "object {handle:#x} of client {client:#x}, class {class:#x}")
            }
        }
    }
}

/// Why something cannot be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// It stands for pages of the guest's memory, which are pinned.
    #[error("it is memory of the guest")]
    GuestMemory,
    /// How it was made is not known.
    #[error("how it was made was not taken note of")]
    Unknown,
    /// A call has tied it to something that no call makes again.
    #[error("{0} gave it a state that cannot be made again")]
    State(&'static str),
    /// It is a duplicate, and what it is one of is not there any more.
    #[error("what it is a duplicate of is gone")]
    SourceGone,
    /// Its parameters name a client that is not there any more.
    #[error("a client that it was made with is gone")]
    ClientGone,
    /// Its parent is not known.
    #[error("its parent is not known")]
    Parent,
    /// The driver tells of no such GPU.
    #[error("it is of a GPU that the driver does not tell of")]
    Gpu,
    /// It is prepared to map memory that is not there any more.
    #[error("it is prepared to map memory that is gone")]
    MappedGone,
    /// It stands for memory that others may have, too.
    #[error("it is a dma-buf")]
    DmaBuf,
    /// A file that it needs is closed.
    #[error("a file that it was made with is closed")]
    FileClosed,
}

/// Why a sandbox was not made again. Nothing of it is left then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Another version wrote it.
    #[error("a snapshot of format {0}; this version reads {current} only", current = super::FORMAT)]
    Format(u32),
    /// The host has another driver.
    #[error("a snapshot of a sandbox on driver {saved}; this host has {host}")]
    DriverVersion {
        /// The release of the snapshot.
        saved: String,
        /// The host's.
        host: String,
    },
    /// It is not what saving gives.
    #[error("the snapshot is damaged: {0}")]
    Damaged(Damage),
    /// The driver could not be asked about its GPUs.
    #[error("the driver does not tell of its GPUs: {0}")]
    Driver(Errno),
    /// The host does not have a GPU.
    #[error("GPU {saved} of the snapshot is to be GPU {minor} of this host, which it does not have")]
    NoGpu {
        /// The minor number in the snapshot.
        saved: u32,
        /// The one on this host.
        minor: u32,
    },
    /// A GPU is of another kind.
    #[error(
        "GPU {saved} of the snapshot is {wanted:04x?}, but GPU {minor} of this host is {found:04x?} (PCI vendor, device)"
    )]
    GpuKind {
        /// The minor number in the snapshot.
        saved: u32,
        /// The one on this host.
        minor: u32,
        /// What it was.
        wanted: (u16, u16),
        /// What it would be.
        found: (u16, u16),
    },
    /// Two GPUs would become one.
    #[error("two GPUs of the snapshot are to be GPU {0} of this host")]
    GpuTwice(u32),
    /// The new sandbox is not given a GPU that the old one used.
    #[error("the sandbox is not given GPU {0} of this host, which the snapshot needs")]
    ForeignGpu(u32),
    /// A file cannot be opened.
    #[error("cannot open {0}: {1}")]
    Open(Node, Errno),
    /// A call of the guest's, made again, came to another end.
    #[error("{subject} cannot be made again: {why}")]
    Call {
        /// What it would have made.
        subject: Subject,
        /// What came of it.
        why: WhyNot,
    },
}

/// What is wrong with a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// There are more of these than a sandbox can have.
    #[error("too many {0}")]
    TooMany(&'static str),
    /// Something means a file that there is not.
    #[error("there is no file {0}")]
    NoFile(u32),
    /// Something is of a GPU that is not in it.
    #[error("it has no GPU {0}")]
    NoGpu(u32),
    /// A GPU is in it twice.
    #[error("it has GPU {0} twice")]
    GpuTwice(u32),
    /// A file is none that is opened.
    #[error("{0} cannot be opened")]
    Node(Node),
    /// A file is registered with a file that is no control file, or itself registered.
    #[error("file {0} cannot be registered with another")]
    Control(u32),
    /// A handle is there twice.
    #[error("{0} is there twice")]
    Twice(Subject),
    /// A handle that nothing can have.
    #[error("{0} cannot have that handle")]
    Handle(Subject),
    /// A parent, a dependency or a source is not there, or comes later.
    #[error("{0} comes before what it needs")]
    Order(Subject),
    /// The call is of another duplicate, or of none.
    #[error("the call that makes {0} duplicates something else than it is one of")]
    Source(Subject),
    /// Another call than those that make such things.
    #[error("{0} is not made by such a call")]
    NoSuchCall(Subject),
}

/// Why a call came to another end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// The driver or the proxy refused it.
    #[error("{0}")]
    Errno(Errno),
    /// The driver or the proxy refused it, in the parameters.
    #[error("status {:#x}", .0.0)]
    Status(NV_STATUS),
    /// It has another handle or is of another class.
    #[error("it became something else: {0:#x}")]
    Other(u32),
    /// Another sandbox has that handle.
    #[error("there is a client of that handle already")]
    Taken,
    /// The GPU is not attached.
    #[error("its GPU is not attached")]
    Detached,
}
