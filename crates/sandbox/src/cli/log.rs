//! What the library tells, on stderr.

use ::cli::Output;
use clap::ValueEnum;
use tracing_subscriber::filter::LevelFilter;

/// How much to tell.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Off => Self::OFF,
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}

/// Begins to tell. Once in a process.
pub(crate) fn start(output: &Output, level: Level) {
    let told = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::from(level))
        .with_writer(std::io::stderr)
        .with_ansi(output.colors_stderr())
        .with_target(false)
        .without_time();
    // A second start changes nothing.
    let _ = told.try_init();
}
