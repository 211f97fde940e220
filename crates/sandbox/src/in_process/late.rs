//! A tracer that begins with the first call: most processes make none.

use super::config::Config;
use crate::trace::{Called, Tracer, Watcher};
use nvproxy::abi::Abi;
use nvproxy::{Asked, Observer, Refused};
use std::sync::OnceLock;

/// Prints and writes down a process's calls, once there are any.
pub(super) struct Late {
    config: Config,
    abi: Abi,
    gpus: Vec<u32>,
    tracer: OnceLock<Option<Tracer>>,
}

impl Late {
    pub(super) fn new(config: &Config, abi: &Abi, gpus: impl Iterator<Item = u32>) -> Self {
        Self { config: config.clone(), abi: abi.clone(), gpus: gpus.collect(), tracer: OnceLock::new() }
    }

    fn get(&self) -> Option<&Tracer> {
        let begin = || {
            let tracer = self.config.tracer(&self.abi, &self.gpus);
            tracer.inspect_err(|error| eprintln!("nvproxy: no trace of process {}: {error:#}", std::process::id())).ok()
        };
        self.tracer.get_or_init(begin).as_ref()
    }

    /// Prints the summary.
    pub(super) fn finish(&self) {
        if let Some(tracer) = self.tracer.get().and_then(Option::as_ref)
            && let Err(error) = tracer.finish()
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            eprintln!(
                "nvproxy: the trace of process {} cannot be written, or not all of it: {error}",
                std::process::id()
            );
        }
    }
}

impl Watcher for Late {
    fn called(&self, called: &Called<'_>) {
        if let Some(tracer) = self.get() {
            tracer.called(called);
        }
    }
}

impl Observer for Late {
    fn refused(&self, asked: &Asked<'_>, refused: &Refused) {
        if let Some(tracer) = self.get() {
            tracer.refused(asked, refused);
        }
    }

    fn native(&self, asked: &Asked<'_>) {
        if let Some(tracer) = self.get() {
            tracer.native(asked);
        }
    }
}
