//! Where a release's headers are read from.

mod directory;
mod git;
mod memory;

pub use directory::Directory;
pub use git::{GitTree, Repository, RepositoryError};
pub use memory::Memory;
