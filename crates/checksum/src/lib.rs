//! Installers of NVIDIA driver releases: where they are, what their checksums are, and running one that was checked.
//!
//! | module | subject |
//! |---|---|
//! | [`locations`] | where NVIDIA publishes the installer of a release |
//! | [`hash`] | SHA-256 of a stream or a file |
//! | [`fetch`] | downloading in spite of the network |
//! | [`private`] | an installer on disk that nobody else can touch |
//! | [`host`] | the machine: its GPUs and its driver |
//! | [`learn`] | a release pack of a release that this build does not know, from its headers |
//! | [`add`] | adding a release to the tree and the catalogue, and what it means for the proxy |
//!
//! The releases and the file that lists them are `version_tree`'s.

pub mod add;
pub mod fetch;
pub mod hash;
pub mod host;
pub mod learn;
pub mod locations;
pub mod private;
