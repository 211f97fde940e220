//! The proxy inside a program.
//!
//! `nvproxy trace --in-process` has the loader load this library before all others (`LD_PRELOAD`). It takes the C
//! library's place where NVIDIA's libraries control the driver's files, and hands their calls to a proxy in this process
//! ([`sandbox::in_process`]). With a simulated driver it does so too where they open, examine and map the driver's files.
//! There is no sandbox here, and no boundary.
//!
//! Without the command's word in the environment, it does nothing.

mod calls;
mod here;
mod real;
