//! What this machine has of what running programs behind the proxy takes.
//!
//! What can only be known by trying is tried in a process of its own ([`probe`]), what the machine says of itself is read
//! ([`Facts`]), and [`judge`] makes findings of both, each with what to do.

mod facts;
mod finding;
mod judge;
mod kernel;
mod packs;
mod probe;

pub(crate) use facts::container;
pub use facts::{Device, Driver, Facts, Limits};
pub use finding::{Finding, Need, Report, State};
pub use judge::judge;
pub use packs::{PackState, ReleasePack};
pub use probe::{Answer, Probe, probe, probe_here};
