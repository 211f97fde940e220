//! C layouts of driver releases and their differences.

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
