//! `gpu-tools add-release`.

use super::Releases;
use super::network::{Bars, Network};
use ::cli::{Exit, Output};
use anyhow::{Context, Result, bail};
use checksum::add::{Answer, BuiltIn, Checksums, Inputs, Offline, Plan, Question, Verdict, Wanted, answer, plan};
use checksum::fetch::{Fault, Fetcher};
use std::path::{Path, PathBuf};
use version_tree::{Architecture, DriverVersion};

/// Add a release to the tree and the catalogue, and say what it means for the proxy
///
/// Its place is read from the history of NVIDIA/open-gpu-kernel-modules, what it changes from its headers. Releases
/// between it and the tree come in too. Where anything is ambiguous nothing is changed. A checksum that could not be had is
/// left open, and exit status 2 tells so; that there is no installer is recorded only of releases that are a month old.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The release, such as 580.95.05
    #[arg(value_name = "VERSION")]
    version: DriverVersion,
    #[command(flatten)]
    adding: Adding,
}

/// What `add-release` and `sync` have in common.
#[derive(clap::Args)]
pub(crate) struct Adding {
    /// A clone of NVIDIA/open-gpu-kernel-modules with all tags, bare or not
    #[arg(long, value_name = "DIR", env = "NVPROXY_DRIVER_REPO")]
    repo: PathBuf,
    /// Write the report, in Markdown, to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The directory of the catalogue's text files
    #[arg(long, value_name = "DIR", default_value = "crates/driver-differ/catalogue")]
    catalogue: PathBuf,
    /// Do not ask for checksums of installers
    #[arg(long)]
    offline: bool,
    /// Change nothing, only report
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    network: Network,
}

/// Checksums from downloads, of both installers at once where both are wanted.
struct Online {
    fetcher: Fetcher,
    bars: Bars,
}

impl Checksums for Online {
    fn ask(&self, question: &Question) -> Answer {
        let version = question.version;
        let one = |arch: Architecture| {
            let bar = self.bars.bar(&format!("{arch:<7} {version}"));
            self.fetcher.fetch(version, arch, None, &mut (), &bar)
        };
        let found = std::thread::scope(|scope| {
            let asked: Vec<Architecture> = question.unknown().collect();
            let wanted = |arch: Architecture| asked.contains(&arch).then(|| scope.spawn(move || one(arch)));
            Architecture::ALL.map(wanted).map(|thread| Some(thread?.join().unwrap_or(Err(Fault::Panicked))))
        });
        answer(question, found)
    }
}

pub(crate) fn run(arguments: &Arguments, releases: &Releases, output: &Output) -> Result<Exit> {
    add(&arguments.adding, Wanted::Release(arguments.version), releases, output)
}

/// Makes a plan, carries it out, and reports.
pub(crate) fn add(adding: &Adding, wanted: Wanted, releases: &Releases, output: &Output) -> Result<Exit> {
    let catalogue = &adding.catalogue;
    if !catalogue.is_dir() {
        bail!("{} is no directory; run this at the workspace's root, or give --catalogue", catalogue.display());
    }
    let checksums: Box<dyn Checksums> = match adding.offline {
        true => Box::new(Offline),
        false => Box::new(Online { fetcher: adding.network.fetcher()?, bars: Bars::new(output) }),
    };
    let inputs = Inputs {
        repository: &adding.repo,
        releases: releases.to_edit()?,
        catalogue,
        tables: &BuiltIn,
        checksums: &*checksums,
    };
    let plan = plan(&inputs, wanted)?;
    let report = plan.report();
    if !adding.dry_run {
        plan.write()?;
    }
    match &adding.report {
        None => output.print(&report)?,
        Some(path) => {
            std::fs::write(path, &report).with_context(|| format!("{} cannot be written", path.display()))?;
            note(&plan, path, adding.dry_run, output);
        }
    }
    Ok(match plan.verdict() {
        Verdict::Done => Exit::Done,
        Verdict::Work => Exit::Finding,
        Verdict::Incomplete => Exit::Incomplete,
    })
}

fn note(plan: &Plan, report: &Path, dry_run: bool, output: &Output) {
    let done = match (plan.is_empty(), dry_run) {
        (true, _) => "nothing to change",
        (false, true) => "nothing is changed (--dry-run)",
        (false, false) => "the tree and the catalogue are changed; build again before testing",
    };
    output.note(&format!("{done}; {} says more", report.display()));
}
