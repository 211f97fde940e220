//! Editing `releases.toml`.
//!
//! [`insert`], [`place`], [`set_parent`] and [`set_installer`] turn one text of the file into another: they touch one
//! line (`place` also those of releases that it makes out of order), leave every comment and the order as they are, and give nothing back that would break a rule the file kept before.
//! [`update`] applies such a change to the file: whole or not at all, and after whoever else is editing it.
//!
//! ```no_run
//! use version_tree::{Release, edit, version};
//!
//! let release = Release::new(version!("580.95.06"), Some(version!("580.95.05")));
//! edit::update("crates/version-tree/releases.toml".as_ref(), |text| {
//!     Ok::<_, edit::EditError>((edit::insert(text, &release)?, ()))
//! })?;
//! # Ok::<(), edit::EditError>(())
//! ```

mod error;
mod file;
mod line;
mod text;

pub use error::EditError;
pub use file::update;
pub use line::line;
pub use text::{insert, place, set_installer, set_parent};
