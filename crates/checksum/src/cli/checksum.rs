//! `gpu-tools checksum`.

use super::Releases;
use super::answer::{Answer, Verdict};
use super::network::{Bars, Network};
use ::cli::{Exit, Format, Output};
use anyhow::{Context, Result, bail};
use checksum::fetch::{Fault, Found, Progress};
use checksum::{hash, locations};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread;
use version_tree::{Architecture, DriverVersion, Installer, Release, Tree, edit};

/// Download the installers of a release and print their SHA-256
///
/// Prints a line `ARCHITECTURE VERSION SHA256` per installer. Exit status 1 tells that there is no installer, or not the
/// one that the tree has.
#[derive(clap::Args)]
#[group(id = "what", required = true, multiple = true, args = ["version", "file"])]
pub(crate) struct Arguments {
    /// The release, such as 550.90.07
    #[arg(long, value_name = "RELEASE")]
    version: Option<DriverVersion>,
    /// Which architecture: x86_64, aarch64 or all
    #[arg(long, value_name = "ARCH", default_value = "all", value_parser = architectures)]
    arch: Architectures,
    /// Hash this file instead of downloading; release and architecture are read from its name unless they are given
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// Record what was found in releases.toml; what is recorded already is never overwritten
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    network: Network,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// One or both.
#[derive(Clone)]
pub(crate) struct Architectures(Option<Architecture>);

fn architectures(text: &str) -> Result<Architectures, String> {
    match text {
        "all" => Ok(Architectures(None)),
        one => one.parse().map(|one| Architectures(Some(one))).map_err(|_| "expected x86_64, aarch64 or all".into()),
    }
}

pub(crate) fn run(arguments: &Arguments, releases: &Releases, output: &Output) -> Result<Exit> {
    let file = arguments.write.then(|| releases.to_edit()).transpose()?;
    let tree = match file {
        Some(file) => Releases::at(file)?,
        None => releases.tree()?,
    };
    let answers = match &arguments.file {
        Some(path) => vec![local(arguments, path, &tree, output)?],
        None => download(arguments, &tree, output)?,
    };
    for answer in &answers {
        match arguments.format {
            Format::Json => output.json(answer)?,
            Format::Text => text(answer, output)?,
        }
        if answer.verdict.contradicts() {
            output.note(&format!("{} {}: {}", answer.arch, answer.version, answer.detail()));
        }
    }
    if let Some(file) = file {
        write(file, &answers, &tree, output)?;
    }
    Ok(exit(&answers))
}

fn text(answer: &Answer, output: &Output) -> Result<()> {
    let Answer { version, arch, .. } = answer;
    match (answer.sha256, &answer.error) {
        (Some(sum), _) => output.print(&format!("{arch} {version} {sum}\n")),
        (None, None) => output.print(&format!("{arch} {version} no installer\n")),
        (None, Some(error)) => {
            output.error(&anyhow::anyhow!("{arch} {version}: {error}"));
            Ok(())
        }
    }
}

/// A contradiction is certain, however much else could not be found out.
fn exit(answers: &[Answer]) -> Exit {
    if answers.iter().any(|answer| answer.verdict.contradicts()) {
        Exit::Finding
    } else if answers.iter().any(|answer| answer.verdict == Verdict::Failed) {
        Exit::Incomplete
    } else if answers.iter().any(|answer| answer.sha256.is_none()) {
        Exit::Finding
    } else {
        Exit::Done
    }
}

fn download(arguments: &Arguments, tree: &Tree, output: &Output) -> Result<Vec<Answer>> {
    let Some(version) = arguments.version else { bail!("which release? Give --version") };
    // As NVIDIA writes it, if that is known.
    let release = tree.get(version);
    let version = release.map_or(version, |release| release.version);
    let fetcher = arguments.network.fetcher()?;
    let bars = Bars::new(output);
    let one = |arch: Architecture| {
        let bar = bars.bar(&format!("{arch:<7} {version}"));
        let known = release.and_then(|release| release.installer(arch).sha256());
        Answer::new(version, arch, release, fetcher.fetch(version, arch, known, &mut (), &bar))
    };
    let lost = |arch| Answer::new(version, arch, release, Err(Fault::Panicked));
    Ok(match arguments.arch.0 {
        Some(arch) => vec![one(arch)],
        None => thread::scope(|scope| {
            let running: Vec<_> = Architecture::ALL.map(|arch| (arch, scope.spawn(move || one(arch)))).into();
            running.into_iter().map(|(arch, thread)| thread.join().unwrap_or_else(|_| lost(arch))).collect()
        }),
    })
}

fn local(arguments: &Arguments, path: &Path, tree: &Tree, output: &Output) -> Result<Answer> {
    let context = || format!("{} cannot be read", path.display());
    let file = File::open(path).with_context(context)?;
    let named = path.file_name().and_then(|name| locations::from_file_name(&name.to_string_lossy()));
    let version = arguments.version.or(named.map(|(version, _)| version));
    let arch = arguments.arch.0.or(named.map(|(_, arch)| arch));
    let (Some(version), Some(arch)) = (version, arch) else {
        bail!("the name of {} does not say what it is; give --version and --arch", path.display());
    };
    let length = file.metadata().with_context(context)?.len();
    let bars = Bars::new(output);
    let bar = bars.bar(&path.display().to_string());
    let mut received = 0;
    let (sha256, bytes) = hash::reader(file, |n| {
        received += n;
        bar.at(received, Some(length));
    })
    .with_context(context)?;
    let release = tree.get(version);
    let version = release.map_or(version, |release| release.version);
    Ok(Answer::new(version, arch, release, Ok(Found::Installer { url: String::new(), bytes, sha256 })))
}

/// Records what the tree does not have yet.
fn write(file: &Path, answers: &[Answer], tree: &Tree, output: &Output) -> Result<()> {
    // A server that has nothing at all of a release may just not have it yet.
    let has_sum = |release: &Release| Architecture::ALL.iter().any(|arch| release.installer(*arch).sha256().is_some());
    let any = answers.iter().any(|answer| answer.sha256.is_some() || tree.get(answer.version).is_some_and(has_sum));
    let new: Vec<_> = answers
        .iter()
        .filter(|answer| answer.verdict == Verdict::NotRecorded && any)
        .map(|answer| match answer.sha256 {
            Some(sha256) => (answer, Installer::Published { sha256, sources: 1 }),
            None => (answer, Installer::NotPublished),
        })
        .collect();
    if new.is_empty() {
        output.note("nothing new to record");
        return Ok(());
    }
    edit::update(file, |text| {
        let mut text = text.to_owned();
        for (answer, installer) in &new {
            // Someone may have recorded it since.
            let now = Tree::parse_unchecked(&text)?.get(answer.version).map(|release| release.installer(answer.arch));
            anyhow::ensure!(
                matches!(now, None | Some(Installer::Unknown)) || now == Some(*installer),
                "{} {} has been recorded otherwise meanwhile; nothing was written",
                answer.arch,
                answer.version
            );
            text = edit::set_installer(&text, answer.version, answer.arch, *installer)?;
        }
        anyhow::Ok((text, ()))
    })?;
    output.note(&format!("recorded in {}", file.display()));
    Ok(())
}
