//! C struct layouts and constants of NVIDIA driver releases, computed to the byte, and what changed between two.
//!
//! A release is read from a git directory, a directory of unpacked sources, or answered from the embedded catalogue:
//!
//! ```
//! use driver_differ::catalogue::Catalogue;
//! use driver_differ::diff::compare;
//! use driver_differ::proxied::Proxied;
//! use driver_differ::report;
//! use version_tree::version;
//!
//! let (base, next) = (version!("570.211.01"), version!("580.65.06"));
//! let proxied = Proxied::at(&[base]);
//! let abis = Catalogue::embedded()?.abis(&[base, next], proxied.wanted())?;
//! let diff = compare(("570.211.01", &abis[0]), ("580.65.06", &abis[1]), &proxied.entries);
//! assert_eq!(diff.records.changed[0].name, "NV0000_CTRL_GPU_GET_PROBED_IDS_PARAMS");
//! println!("{}", report::text::diff(&diff));
//! # Ok::<(), driver_differ::catalogue::Error>(())
//! ```
//!
//! | module | subject |
//! |---|---|
//! | [`model`] | records, aliases and constants as plain data |
//! | [`source`], [`headers`] | where a release's files are, and which of them make up its interface |
//! | [`extract`] | headers to a [`model::Abi`]; [`closure`] chooses names and what they consist of |
//! | [`c`] | the C front end: preprocessor, declarations, layouts, constant expressions |
//! | [`catalogue`] | the ABI of all published releases, embedded |
//! | [`diff`], [`report`] | what differs, where it came in and what it means; as text, Markdown and Rust |
//! | [`proxied`] | which records and constants the proxy uses, with the feature `tables` |

pub mod c;
pub mod catalogue;
pub mod closure;
pub mod diff;
pub mod extract;
pub mod headers;
pub mod model;
pub mod proxied;
pub mod report;
pub mod source;
