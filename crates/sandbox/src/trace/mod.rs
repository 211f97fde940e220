//! What a guest asks of the driver, made readable.
//!
//! A [`Tracer`] hears of every call of a guest: of those that reach the driver through [`Observed`], which wraps it, and
//! of the others from the proxy ([`nvproxy::Observer`]). It decodes each by the tables of the release ([`Decoder`]),
//! prints it, writes it down for playback ([`Recorder`]), and keeps a [`Summary`].
//!
//! ```no_run
//! # use nvproxy::{Linux, Proxy, abi::Abi};
//! # use sandbox::trace::{Observed, Tracer, Format};
//! # use std::sync::Arc;
//! # fn example(abi: Abi) -> std::io::Result<()> {
//! let tracer = Arc::new(Tracer::new(&abi).printing(Format::Text, Box::new(std::io::stderr()), true));
//! let proxy = Proxy::new(Observed::new(Linux, tracer.clone()), abi).with_observer(tracer.clone());
//! // .. calls of guests ..
//! tracer.finish()?;
//! # Ok::<(), std::io::Error>(())
//! # }
//! ```

mod called;
mod decode;
mod elsewhere;
mod event;
mod fields;
mod json;
mod observed;
mod record;
mod summary;
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
pub use tracer::{Format, Tracer};
pub use value::Value;
