//! Colours. Text is always written with them; the stream that prints it takes them out where they are not wanted.

pub use cli::style::{ADDED, CHANGED, FAINT, REMOVED, STRONG, paint};
