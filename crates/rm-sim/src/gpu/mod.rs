//! What the GPUs do: channels are run by a thread of the simulator's.

mod channel;
mod copy;
mod engine;
mod host;
mod inline;
mod pushbuffer;
mod report;
mod semaphore;
mod space;
mod state;

pub(crate) use channel::{Channel, Running};
pub(crate) use engine::Engine;
pub(crate) use semaphore::now;
pub(crate) use space::{Mapping, Mappings, Space};
