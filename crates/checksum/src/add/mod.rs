//! Adding a driver release: from its place in the driver's history to the tree, the catalogue, and an account of what
//! it means for the proxy.
//!
//! A plan is made in memory: [`plan`] reads, decides, and changes nothing. Only [`Plan::write`] writes, and only
//! if nothing was in doubt about what it writes. [`Plan::report`] is the account, in Markdown.
//!
//! Every release between the one that is asked for and its nearest ancestor in the tree comes in as a node of its own,
//! under the parent that the history shows: the tree's rule is that the history decides, and a change hangs on exactly
//! the release that introduced it.

mod candidates;
mod catalogue;
mod checksums;
mod doubt;
mod driver;
mod file;
mod functions;
mod headers;
mod place;
mod plan;
mod report;
mod rust;
mod step;
mod tables;
mod write;

pub use candidates::Candidate;
pub use checksums::{Answer, Checksums, Note, Offline, Question, answer};
pub use doubt::{Doubt, Error};
pub(crate) use driver::Driver;
pub use place::Place;
pub use plan::{Asked, Inputs, Plan, Refused, Verdict, Wanted, plan};
pub use rust::Rust;
pub use step::{Came, Headers, Step};
pub use tables::{BuiltIn, RowChange, RowKind, Tables};
