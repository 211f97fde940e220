//! `nvproxy trace`.

use super::log;
use super::run::{RunArguments, exit};
use crate::in_process::{self, Config};
use crate::run::{Accepted, Driver, Plan, choose};
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
    /// Trace by a library that is loaded into the program, where nvproxy cannot make a sandbox, such as inside another
    /// sandbox. Nothing keeps the program from going around it. If the program starts other processes, each process prints
    /// its own trace; with --record, the first process writes FILE and every other process writes FILE.PID
    #[arg(long, conflicts_with_all = ["native_pinning", "pass_fd"])]
    in_process: bool,
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
    if arguments.in_process {
        return in_process(output, arguments);
    }
    let TraceArguments { format, output: file, record, run, .. } = arguments;
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

/// Runs the program with the proxy in it.
fn in_process(output: &Output, arguments: TraceArguments) -> Result<Exit> {
    let TraceArguments { format, output: file, record, run, .. } = arguments;
    let packs = run.packs.directory.as_deref().map(absolute).transpose()?;
    let options = run.options()?;
    let Accepted { abi, notice } = choose(&options)?;
    for notice in notice.as_deref().into_iter().chain(["--in-process is no boundary: the program can go around it"]) {
        output.notice(notice);
    }
    let (file, record) = (file.as_deref().map(absolute).transpose()?, record.as_deref().map(absolute).transpose()?);
    if let Some(path) = &file {
        create(path)?;
    }
    // Each process makes its own.
    if let Some(path) = &record {
        create(path).and_then(|_| std::fs::remove_file(path).context("cannot be replaced"))?;
    }
    let loaded = tempfile::NamedTempFile::new().context("no temporary file")?;
    let config = Config {
        release: abi.version(),
        capabilities: options.capabilities.names().collect::<Vec<_>>().join(","),
        gpus: options.gpus.clone(),
        simulate: match &options.driver {
            Driver::Host => None,
            Driver::Simulated(profiles) => Some(profiles.clone()),
        },
        only_proved: options.only_proved,
        packs,
        trace: in_process::Trace {
            json: matches!(format, Format::Json),
            colored: output.colors_stderr() && file.is_none(),
            output: file,
            record,
        },
        loaded: loaded.path().to_owned(),
    };
    let status = exit(output, &options, in_process::start(&config, &options.command)?);
    if std::fs::read(loaded.path()).is_ok_and(|processes| processes.is_empty()) {
        output.notice(
            "nothing was traced: no process opened a file or called ioctl through the library. Programs that are statically \
             linked or have special permissions do not load it",
        );
    }
    Ok(status)
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| path.display().to_string())
}

fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}
