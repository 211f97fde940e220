//! A C front end for headers: from bytes to record layouts and integer constants.
//!
//! tree-sitter supplies the syntax of declarations; everything that gives them a meaning is here:
//!
//! | module | subject |
//! |---|---|
//! | `scan` | one file to directives and tokens, independent of any other file, so done once per blob |
//! | `preprocess` | directives, conditionals, includes and macro expansion over a translation unit |
//! | `macros` | definitions and their expansion |
//! | `syntax`, `attributes` | one declaration's tokens to an `ast` through tree-sitter, done once per distinct text |
//! | `layout` | names looked up, declarations given their types |
//! | `placer` | members given their offsets by the System V x86-64 (LP64) ABI |
//! | `types`, `type_name` | types with their sizes; types as expressions name them |
//! | `emit` | declarations to the [model](crate::model), under the names that DWARF readers use |
//! | `target` | what the compiler predefines |
//! | `expr` | integer constant expressions, for `#if`, array bounds, enumerators and constants |
//!
//! What cannot be given a meaning is an [`Error`] with file and line; nothing is skipped in silence.

#[cfg(test)]
mod agreement;
pub(crate) mod ast;
pub(crate) mod attributes;
pub(crate) mod emit;
pub(crate) mod error;
pub(crate) mod expr;
pub(crate) mod intern;
pub(crate) mod layout;
pub(crate) mod limits;
pub(crate) mod macros;
pub(crate) mod placer;
pub(crate) mod preprocess;
pub(crate) mod scan;
pub(crate) mod syntax;
pub(crate) mod target;
pub(crate) mod token;
pub(crate) mod type_name;
pub(crate) mod types;

pub use error::{Error, Place};
