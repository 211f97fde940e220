//! Objects and clients.

use super::kind::Kind;
use super::tree::Tree;
use crate::event::Event;
use crate::gpu::{Running, Space};
use crate::memory::Memory;
use std::sync::Arc;

/// An object of a client.
pub(crate) struct Object {
    pub class: u32,
    pub kind: Kind,
    /// Which GPU it belongs to, if it is below a device.
    pub gpu: Option<usize>,
    pub body: Body,
    /// What it was asked to be mapped as, by the addresses that it was given.
    pub mapped: Vec<u64>,
}

/// What an object has besides its place in the tree.
#[derive(Clone)]
pub(crate) enum Body {
    None,
    Memory(Arc<Memory>),
    /// An address space: of its own, that of a device, a channel group or a context share.
    Space(Arc<Space>),
    Channel(Arc<Running>),
    /// Kept for as long as it is to be told of something.
    Event(#[expect(dead_code, reason = "it is only to be there")] Arc<Event>),
}

/// A client: it belongs to the open file it was made on.
pub(crate) struct Client {
    /// The number of that file.
    pub owner: u64,
    pub objects: Tree<Object>,
}
