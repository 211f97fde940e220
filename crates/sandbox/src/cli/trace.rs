//! `nvproxy trace`.

use super::log;
use super::run::{RunArguments, exit};
use crate::run::Plan;
use crate::trace::{self, Recorder, Tapped, Tracer};
use ::cli::{Exit, Format, Output};
use anyhow::{Context, Result};
use clap::Args;
use std::fs::File;
use std::io::{ErrorKind, LineWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to trace, and where to.
#[derive(Args)]
pub(crate) struct TraceArguments {
    /// How to print the calls
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Print to this file, not to stderr
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write every call of the driver to this file, so that it can be played back
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    #[command(flatten)]
    run: RunArguments,
}

/// Runs the command. The exit status is the program's.
pub(crate) fn run(output: &Output, arguments: TraceArguments) -> Exit {
    log::start(output, arguments.run.log);
    attempt(output, arguments).unwrap_or_else(|error| {
        output.error(&error);
        Exit::FAILED
    })
}

fn attempt(output: &Output, arguments: TraceArguments) -> Result<Exit> {
    let TraceArguments { format, output: file, record, run } = arguments;
    let options = run.options()?;
    let plan = Plan::new(&options)?;
    if let Some(notice) = plan.notice() {
        output.notice(notice);
    }
    let abi = plan.abi();
    let format = match format {
        Format::Text => trace::Format::Text,
        Format::Json => trace::Format::Json,
    };
    let colored = output.colors_stderr() && file.is_none();
    let to: Box<dyn Write + Send> = match &file {
        Some(path) => Box::new(LineWriter::new(create(path)?)),
        None => Box::new(std::io::stderr()),
    };
    let mut tracer = Tracer::new(abi).printing(format, to, colored);
    if let Some(path) = &record {
        let recorder = Recorder::new(abi, plan.gpus().collect(), Box::new(LineWriter::new(create(path)?)));
        tracer = tracer.recording(recorder.with_context(|| path.display().to_string())?);
    }
    let tracer = Arc::new(tracer);
    let status = exit(output, &options, plan.run(Tapped(tracer.clone()))?);
    match tracer.finish() {
        // Whoever reads it has seen enough.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(status),
        other => other.map(|_| status).context("the trace cannot be written, or not all of it"),
    }
}

fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}
