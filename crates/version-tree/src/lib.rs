//! NVIDIA driver releases, their ancestry and installer checksums.
//!
//! The interface between NVIDIA's user space and its kernel driver changes between
//! releases without notice. Whoever stands between the two has to know which release
//! descends from which, because a change that came in with one release is in all its
//! descendants. This crate carries that tree (its `releases.toml`), and answers for a
//! driver version whether it is known, how surely, and which changes apply to it.
//!
//! ```
//! use version_tree::{Resolution, Tree, render, version};
//!
//! let tree = Tree::embedded();
//! let host = "550.54.15".parse()?; // as the driver prints it
//! assert!(matches!(tree.resolve(host), Resolution::Proved(_)));
//!
//! // A table that records changes only where they came in:
//! let introduced = [version!("515.43.04"), version!("545.23.06"), version!("555.42.02")];
//! let changes = tree.sparse(|release| introduced.contains(&release.version));
//! assert_eq!(changes.effective(host)?.map(|release| release.version), Some(introduced[1]));
//!
//! println!("{}", render::text(&changes, render::Charset::Unicode));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module or type | subject |
//! |---|---|
//! | [`DriverVersion`] | a version as NVIDIA prints it, ordered by number |
//! | [`Tree`] | releases and their ancestry: lookup, paths, validation |
//! | [`Resolution`] | what can be said about the driver of a host |
//! | [`View`] | some or all releases of a tree, with what is left out folded in |
//! | [`proxied`] | what a proxy handles at a release, as its tables and tools exchange it |
//! | [`render`] | a view as text, Graphviz, Mermaid or JSON |
//! | `git` | (feature `git`) placing a release from the driver's own history |
//! | `edit` | (feature `edit`) editing `releases.toml` |
//!
//! Deliberately absent: the ABI itself and its changes (crate `nvproxy`), reading
//! headers (`driver-differ`), and fetching and checking installers (`checksum`).
//! Nothing here touches the network, and without the features `git` and `edit`
//! nothing here reads files.

#[cfg(feature = "edit")]
pub mod edit;
mod file;
#[cfg(feature = "git")]
pub mod git;
mod problem;
pub mod proxied;
mod release;
pub mod render;
mod resolve;
mod sha256;
mod tree;
mod validate;
mod version;
mod view;

pub use problem::{Problem, TreeError};
pub use release::{Architecture, ArchitectureError, Headers, Installer, Release, Standing, Status};
pub use resolve::{Nearest, Resolution, UnknownRelease};
pub use sha256::{Sha256, Sha256Error};
pub use tree::{PathBetween, Tree};
pub use version::{DriverVersion, Malformed, VersionError};
pub use view::{Node, View};
