//! A simulated NVIDIA resource manager.
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
pub use machine::NodeInfo;
pub use memory::GuestMemory;
pub use profile::{Clocks, MemoryFacts, Pci, Profile, ProfileError};
pub use simulator::{Simulator, SimulatorError, Usage};
pub use trace::Playback;
pub use unknown::{Kind, Unknown};
