//! Headers, directories and repositories made to do harm: each must end in an error that names the place, or in a
//! layout, within bounded time and memory, and never in a panic.

mod bytes;
mod check;
mod directives;
mod directories;
mod expansion;
mod memory;
mod nesting;
mod repositories;
#[path = "../common/say.rs"]
mod say;
mod shapes;
mod sizes;
