//! The numbers of ioctls, control commands and classes, under NVIDIA's names.
//!
//! A name that stands for another number since some release is there a second time, with that release in its name.

pub use super::base::{alloc::numbers::*, control::numbers::*, frontend::numbers::*, uvm::numbers::*};
pub use super::releases::numbers::*;
