//! The command, from outside: what it prints, where, and how it ends.

mod fetch;
mod output;
mod real_repository;
mod run;
#[path = "../common/say.rs"]
mod say;
mod schema;
mod sources;
mod statuses;
