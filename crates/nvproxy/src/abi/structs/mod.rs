//! What the proxied ioctls, control commands and classes carry: NVIDIA's structs, with NVIDIA's names.
//!
//! A struct that a later release changed is there once for each of its forms. The first has NVIDIA's name, every other
//! that and the release that brought it: `NVOS47_PARAMETERS`, `NVOS47_PARAMETERS_V550_40_07`.

mod alloc;
mod class;
mod ctrl;
mod listed;
mod nv_ioctl;
mod nvos;
mod sdk;
mod uvm;

pub use alloc::*;
pub use class::*;
pub use ctrl::*;
pub use listed::*;
pub use nv_ioctl::*;
pub use nvos::*;
pub use sdk::*;
pub use uvm::*;
