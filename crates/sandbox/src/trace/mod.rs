//! What a guest asks of the driver, made readable.
//!
//! A [`Tracer`] hears of every call of a guest: of those that reach the driver through [`Observed`], which wraps it, and
//! of the others from the proxy ([`nvproxy::Observer`]). It decodes each by the tables of the release ([`Decoder`]),
//! prints it, writes it down for playback ([`Recorder`]), and keeps a [`Summary`].
//!
//! ```no_run
//! use sandbox::run::{Options, Plan};
//! use sandbox::trace::{Format, Tapped, Tracer};
//! use std::sync::Arc;
//!
//! # fn example(options: &Options) -> anyhow::Result<()> {
//! let plan = Plan::new(options)?;
//! let tracer = Arc::new(Tracer::new(plan.abi()).printing(Format::Text, Box::new(std::io::stderr()), true));
//! plan.run(Tapped(tracer.clone()))?;
//! tracer.finish()?;
//! # Ok(())
//! # }
//! ```

mod called;
mod caller;
mod decode;
mod elsewhere;
mod event;
mod fields;
mod json;
mod observed;
mod record;
mod summary;
mod tap;
mod text;
mod tracer;
mod value;

pub use called::Called;
pub use decode::Decoder;
pub use event::{Asked, Ending, Event, Translated, Why};
pub use fields::Shown;
pub use observed::{Observed, Watcher};
pub use record::Recorder;
pub use summary::{Line, Summary, Unsupported};
pub use tap::Tapped;
pub use tracer::{Format, Tracer};
pub use value::Value;
