//! The simulated driver inside a process.
//!
//! Loaded by `LD_PRELOAD`, it takes the C library's place where NVIDIA's libraries open, examine, map and control the
//! driver's files, and answers with a proxy in front of a simulated driver. There is no sandbox here: it is the
//! shortest way to the simulator, for trying it out and for comparing other ways with.
//!
//! | variable | meaning |
//! |---|---|
//! | `RM_SIM_VERSION` | the driver's release; 535.261.03 by default |
//! | `RM_SIM_PROFILES` | the GPUs, with commas between; `h100` by default |
//! | `RM_SIM_LOG` | if set, every call and in the end what was not supported is written to standard error |

mod calls;
mod log;
mod memory;
mod paths;
mod process;
mod real;
