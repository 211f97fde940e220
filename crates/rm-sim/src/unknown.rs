//! What a client asked for and the simulator does not have.

/// What kind of request it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An ioctl on a frontend file, by its number.
    Escape,
    /// An ioctl on `/dev/nvidia-uvm`.
    Uvm,
    /// A control command.
    Control,
    /// A class.
    Class,
}

/// A request that the simulator answered as not supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What kind.
    pub kind: Kind,
    /// Its number.
    pub number: u32,
    /// NVIDIA's name for it, if it has one at this release.
    pub name: Option<&'static str>,
    /// How often it was asked for.
    pub count: u64,
}
