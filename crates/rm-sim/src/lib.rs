//! A simulated NVIDIA resource manager: a [`nvproxy::HostDriver`] for tests, demonstrations and machines without a GPU.
//!
//! NVIDIA's own, unmodified `nvidia-smi` and `libcuda` work against it: queries, contexts, memory, copies, streams and
//! events. It lays out what it answers as the release does that it claims to be, whichever of the tree that is.
//!
//! | item | subject |
//! |---|---|
//! | [`Simulator`] | the machine and its driver |
//! | [`Profile`] | what a GPU is, as data: `profiles/*.toml` |
//! | [`File`], [`Backing`] | an open device file, and the memory that is mapped in its place |
//! | [`GuestMemory`] | how the simulated GPU reaches memory of a guest |
//! | [`NodeInfo`], [`Simulator::files`] | `/dev`, `/proc` and `/sys` of the machine |
//! | [`Unknown`], [`Usage`] | what was asked for that is not there; what is held for clients |
//! | [`trace`], [`Playback`] | recorded calls, and a driver that answers as a recorded one did |
//!
//! What stands for which class is data (`data/classes.toml`), and so are the answers to control commands that need no
//! code (`data/controls.toml`).
//!
//! ```
//! use nvproxy::abi::Abi;
//! use rm_sim::{Profile, Simulator};
//! use version_tree::{Tree, version};
//!
//! let abi = Abi::compose(Tree::embedded(), version!("550.163.01"))?;
//! let machine = Simulator::new(abi, &[Profile::named("h100")?, Profile::named("l4")?])?;
//! assert_eq!(nvproxy::driver_version(&machine)?, version!("550.163.01"));
//! assert_eq!(machine.nodes().len(), 4); // nvidiactl, nvidia0, nvidia1, nvidia-uvm
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is not modelled
//! - Multiprocessors: a channel that launches a kernel ends as with any failed launch, and its client is told so. So
//!   do the library's own kernels: copies within a device, memsets of managed memory or of more than some pages.
//! - Who is privileged, sharing policies, and who may duplicate what: a proxy stands in front.
//! - Several address spaces for one address of `/dev/nvidia-uvm`: all GPUs of a file see the same memory.
//! - Events with data, sensors, clocks, MIG, NVLink, display, video and graphics work, dma-bufs.
//! - Page tables, caching and order: what one side writes the other sees, as memory of one machine.
#![forbid(unsafe_code)]

mod control;
mod escape;
mod event;
mod file;
mod frame;
mod gpu;
mod layout;
mod machine;
mod memory;
mod profile;
mod rm;
mod simulator;
pub mod trace;
mod unknown;
mod uvm;

pub use file::{Backing, File};
pub use machine::{NodeInfo, nodes};
pub use memory::GuestMemory;
pub use profile::{Clocks, MemoryFacts, Pci, Profile, ProfileError};
pub use simulator::{Simulator, SimulatorError, Usage};
pub use trace::Playback;
pub use unknown::{Kind, Unknown};
