//! Installers of NVIDIA driver releases: where they are, whether they are what they should be, and keeping
//! `releases.toml` current.

pub mod add;
