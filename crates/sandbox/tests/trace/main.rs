//! What a tracer makes of calls.

mod decode;
mod record;
mod summary;
mod support;
mod tracer;
