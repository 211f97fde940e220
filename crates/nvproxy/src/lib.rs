//! The NVIDIA driver proxy.
//!
//! Applications talk to NVIDIA's kernel driver through ioctls on `/dev/nvidiactl`, `/dev/nvidia#` and
//! `/dev/nvidia-uvm`, an interface that changes between driver releases without notice. This crate knows what that
//! interface is at every release.
//!
//! | module | subject |
//! |---|---|
//! | [`abi`] | which ioctls, control commands and classes exist at a release, what they carry, who may use them |
//!
//! ```
//! use nvproxy::abi::Abi;
//! use version_tree::{Tree, version};
//!
//! let abi = Abi::compose(Tree::embedded(), version!("550.54.15"))?;
//! let row = abi.control().get(0x20801802).expect("a number of ctrl2080bus.h");
//! assert_eq!(row.name, "NV2080_CTRL_CMD_BUS_GET_INFO");
//! # Ok::<(), version_tree::UnknownRelease>(())
//! ```

pub mod abi;

mod guest;
mod host;
mod proxy;

pub use guest::{Fault, GuestFile, GuestFiles, GuestMemory, Lending, Mapped};
pub use host::{Call, HostDriver, Kept, Lent, Linux, Node, Value};
pub use proxy::{
    Counter, Counters, EventKeys, File, Gpu, Guest, Mapping, MemoryType, Options, Outcome, Proxy, Refusal, Sandbox,
    UvmMode,
};
