//! A simulated NVIDIA resource manager.
#![forbid(unsafe_code)]

mod file;
mod machine;
mod memory;
mod profile;
mod simulator;
pub mod trace;
mod unknown;

pub use file::{Backing, File};
pub use machine::NodeInfo;
pub use memory::GuestMemory;
pub use profile::{Profile, ProfileError};
pub use simulator::{Simulator, SimulatorError};
pub use trace::Playback;
pub use unknown::{Kind, Unknown};
