//! `nvproxy doctor`.

use crate::doctor::{Facts, Finding, Need, Report, State, judge, probe, probe_here};
use crate::release::SCHEMA_VERSION;
use ::cli::output::{ADDED, CHANGED, FAINT, Output, REMOVED, STRONG, paint};
use ::cli::{Exit, Format};
use anyhow::{Context, Result};
use nvproxy::pack::Packs;
use serde::Serialize;
use std::fmt::Write;

/// The command that a process which tries things is started with. It is in no help.
pub(crate) const PROBE: &str = "doctor-probe";

#[derive(Serialize)]
struct Doctor<'a> {
    schema_version: u32,
    #[serde(flatten)]
    report: &'a Report,
    /// The worst of what `nvproxy run --simulate` needs.
    simulate: State,
    /// The worst of what `nvproxy run` needs.
    gpu: State,
}

/// Looks at everything.
pub(crate) fn examine(packs: &Packs) -> Result<Report> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    Ok(judge(&Facts::here(packs), &probe(program.as_os_str(), PROBE)))
}

pub(crate) fn run(output: &Output, packs: &Packs, format: Format, gpu: bool) -> Result<Exit> {
    let report = examine(packs)?;
    let (simulate, real) = (report.simulate(), report.gpu());
    match format {
        Format::Json => {
            output.json(&Doctor { schema_version: SCHEMA_VERSION, report: &report, simulate, gpu: real })?
        }
        Format::Text => output.print(&text(&report))?,
    }
    Ok(exit(&report, gpu))
}

/// By what this machine is for: one without a GPU is for simulated ones, unless it is asked for more.
pub(crate) fn exit(report: &Report, gpu: bool) -> Exit {
    let worst = if gpu || report.gpu_present { report.gpu() } else { report.simulate() };
    match worst {
        State::Ok | State::Warn => Exit::Done,
        State::Fail => Exit::Finding,
        State::Unknown => Exit::Incomplete,
    }
}

/// Tries things, in the process that was started for it.
pub(crate) fn run_probe(output: &Output) -> Result<Exit> {
    output.json(&probe_here())?;
    Ok(Exit::Done)
}

pub(crate) fn text(report: &Report) -> String {
    let mut text = format!("{}\n", paint(STRONG, "for every run"));
    lines(&mut text, report.findings.iter().filter(|finding| finding.need == Need::Run));
    let _ = writeln!(text, "{}", paint(STRONG, "for this machine's own GPUs"));
    if report.gpu_present {
        lines(&mut text, report.findings.iter().filter(|finding| finding.need == Need::Gpu));
    } else {
        let _ = writeln!(text, "  {}  no sign of an NVIDIA GPU or its driver", paint(FAINT, "none"));
    }
    let verdict = |state: State| match state {
        State::Ok => paint(ADDED, "works here"),
        State::Warn => paint(CHANGED, "works here, with the warnings above"),
        State::Fail => paint(REMOVED, "does not work here"),
        State::Unknown => paint(CHANGED, "could not be found out"),
    };
    let _ = writeln!(text, "\nnvproxy run --simulate h100 -- CMD   {}", verdict(report.simulate()));
    let real = if report.gpu_present { verdict(report.gpu()) } else { paint(FAINT, "needs a GPU") };
    let _ = writeln!(text, "nvproxy run -- CMD                   {real}");
    text
}

/// Some findings.
pub(crate) fn findings(some: &[Finding]) -> String {
    let mut text = String::new();
    lines(&mut text, some.iter());
    text
}

fn lines<'a>(text: &mut String, findings: impl Iterator<Item = &'a Finding> + Clone) {
    let widest = findings.clone().map(|finding| finding.name.len()).max().unwrap_or_default();
    for finding in findings {
        let (word, style) = match finding.state {
            State::Ok => ("ok", ADDED),
            State::Warn => ("warn", CHANGED),
            State::Unknown => ("?", CHANGED),
            State::Fail => ("fail", REMOVED),
        };
        let word = paint(style, &format!("{word:<4}"));
        let _ = writeln!(text, "  {word}  {:<widest$}  {}", finding.name, finding.found);
        if let Some(advice) = &finding.advice {
            let _ = writeln!(text, "        {:<widest$}  {}", "", paint(FAINT, advice));
        }
    }
}
