//! `gpu-tools validate`.

use super::Releases;
use super::answer::{Answer, Verdict};
use super::network::{Bars, Network};
use ::cli::columns::{Line, Side, columns};
use ::cli::output::count;
use ::cli::{Exit, Format, Output};
use anyhow::Result;
use checksum::fetch::Fetcher;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use version_tree::{Architecture, DriverVersion, Installer, Release, Tree};

/// Download installers and compare them with the checksums in the tree
///
/// Installers of which nothing is recorded are left out. With --all this downloads every published installer, over a
/// hundred gigabytes.
#[derive(clap::Args)]
#[group(id = "which", required = true, multiple = false, args = ["version", "all"])]
pub(crate) struct Arguments {
    /// The release, such as 550.90.07
    #[arg(long, value_name = "RELEASE")]
    version: Option<DriverVersion>,
    /// Every release
    #[arg(long)]
    all: bool,
    /// How many to download at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=16))]
    jobs: u8,
    #[command(flatten)]
    network: Network,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments, releases: &Releases, output: &Output) -> Result<Exit> {
    let tree = releases.tree()?;
    let recorded = recorded(arguments, &tree)?;
    let fetcher = arguments.network.fetcher()?;
    let answers = check(&recorded, &fetcher, arguments.jobs.into(), &Bars::new(output));
    match arguments.format {
        Format::Json => answers.iter().try_for_each(|answer| output.json(answer))?,
        Format::Text => output.print(&text(&answers))?,
    }
    Ok(if answers.iter().any(|answer| answer.verdict.contradicts()) {
        // Certain, however much else could not be found out.
        Exit::Finding
    } else if answers.iter().any(|answer| answer.verdict == Verdict::Failed) || answers.is_empty() {
        Exit::Incomplete
    } else {
        Exit::Done
    })
}

/// What there is to compare.
fn recorded<'t>(arguments: &Arguments, tree: &'t Tree) -> Result<Vec<(&'t Release, Architecture)>> {
    let releases: Vec<&Release> = match arguments.version {
        Some(version) => tree.path(version)?.pop().into_iter().collect(),
        None => tree.iter().collect(),
    };
    let pairs = releases.iter().flat_map(|release| Architecture::ALL.map(|arch| (*release, arch)));
    Ok(pairs.filter(|(release, arch)| release.installer(*arch) != Installer::Unknown).collect())
}

/// The answers in the order of the questions; no more than `jobs` are asked at once.
fn check(recorded: &[(&Release, Architecture)], fetcher: &Fetcher, jobs: usize, bars: &Bars) -> Vec<Answer> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.min(recorded.len()) {
            scope.spawn(|| {
                while let Some((release, arch)) = recorded.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let version = release.version;
                    let bar = bars.bar(&format!("{arch:<7} {version}"));
                    let known = release.installer(*arch).sha256();
                    let found = fetcher.fetch(version, *arch, known, &mut (), &bar);
                    let answer = Answer::new(version, *arch, Some(release), found);
                    if let Ok(mut answers) = answers.lock() {
                        answers.push(answer);
                    }
                }
            });
        }
    });
    let mut answers = answers.into_inner().unwrap_or_default();
    answers.sort_by_key(|answer| (answer.version, answer.arch));
    answers
}

fn text(answers: &[Answer]) -> String {
    let titles = [("release", Side::Left), ("arch", Side::Left), ("bytes", Side::Right), ("result", Side::Left)];
    let mut rows = Vec::new();
    for answer in answers {
        rows.push(Line::Row(vec![
            answer.version.to_string(),
            answer.arch.to_string(),
            answer.bytes.map(|bytes| bytes.to_string()).unwrap_or_default(),
            answer.verdict.as_str().to_owned(),
        ]));
        let detail = answer.detail();
        if !detail.is_empty() {
            rows.push(Line::Below(detail));
        }
    }
    let summary: Vec<String> = Verdict::ALL
        .into_iter()
        .map(|verdict| (verdict, answers.iter().filter(|answer| answer.verdict == verdict).count()))
        .filter(|(_, n)| *n > 0)
        .map(|(verdict, n)| format!("{n} {}", verdict.as_str()))
        .collect();
    let summary = if summary.is_empty() { "nothing recorded to compare".to_owned() } else { summary.join(", ") };
    format!("{}{}: {summary}\n", columns(&titles, &rows), count(answers.len(), "installer", "installers"))
}
