//! `gpu-tools learn`.

use super::Releases;
use ::cli::{Exit, Output, output};
use anyhow::{Context, Result, bail};
use checksum::learn::{Learned, Source, ancestor_by_number, ancestor_in, learn};
use driver_differ::extract::Session;
use driver_differ::source::{Directory, Repository};
use nvproxy::abi::Table;
use nvproxy::printable::{printable, printable_path};
use std::fmt::Write as _;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use version_tree::DriverVersion;
use version_tree::git::History;

/// Make a release pack of a driver's headers, so that nvproxy serves that driver without a new build
///
/// Of every entry that the nearest known ancestor has, the pack says whether the release still has it, how large its
/// parameters are, and where the fields lie that nvproxy translates. What cannot be carried over is left out, with the
/// reason. Put the pack into /etc/nvproxy/packs or ~/.local/share/nvproxy/packs under its release's name, such as
/// 620.50.02.toml, or name its directory with `nvproxy run --packs DIR`.
///
/// Exit status: 0 everything that the release still has is carried over, 1 something of it is left out, 2 nothing was
/// learnt.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The release, such as 620.50.02
    #[arg(value_name = "VERSION")]
    version: DriverVersion,
    /// A clone of NVIDIA/open-gpu-kernel-modules that has the release's tag, bare or not
    #[arg(long, value_name = "DIR", env = "NVPROXY_DRIVER_REPO", required_unless_present = "source")]
    repo: Option<PathBuf>,
    /// A directory with the release's unpacked sources (of open-gpu-kernel-modules, not of an installer), instead of a
    /// clone
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// The known release that the pack is based on; if not given, the nearest ancestor that the clone's history shows, or
    /// with --source the newest known release before it
    #[arg(long, value_name = "RELEASE")]
    ancestor: Option<DriverVersion>,
    /// Write the pack to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, releases: &Releases, output: &Output) -> Result<Exit> {
    let tree = releases.tree()?;
    let mut session = Session::new();
    let (release, ancestor, source) = match (&arguments.source, &arguments.repo) {
        (Some(directory), _) => {
            if !directory.is_dir() {
                bail!("{} is no directory", printable_path(directory));
            }
            let release = tree.spelled(arguments.version);
            let ancestor = arguments.ancestor.or_else(|| ancestor_by_number(&tree, release));
            (release, ancestor, Source::read(release, &Directory::new(directory), &mut session)?)
        }
        (None, Some(repo)) => {
            let repository = Repository::open(repo)?;
            let history = History::open(repo)?;
            // As its tag writes it.
            let tagged = history.releases().find(|release| *release == arguments.version);
            let release = tagged.unwrap_or(arguments.version);
            let of_release = repository.release(&release.to_string())?.with_context(|| no_tag(repo, release))?;
            let ancestor = match arguments.ancestor {
                Some(ancestor) => Some(ancestor),
                None => ancestor_in(&history, &tree, release)
                    .with_context(|| format!("the ancestor of {release} cannot be told; name one with --ancestor"))?,
            };
            (release, ancestor, Source::read(release, &of_release, &mut session)?)
        }
        (None, None) => bail!("which sources? Give --repo DIR or --source DIR"),
    };
    let ancestor = ancestor.with_context(|| {
        format!("no known release is an ancestor of {release}; name one to base the pack on with --ancestor")
    })?;
    let learned = learn(&tree, release, ancestor, &source)?;
    let text = learned.pack.to_text();
    match &arguments.output {
        None => output.print(&text)?,
        Some(path) => write(path, &text)?,
    }
    output.note(&summary(&learned, arguments.output.as_deref()));
    Ok(if learned.left_out.is_empty() { Exit::Done } else { Exit::Finding })
}

/// What to do about a clone that does not have a release.
fn no_tag(repo: &Path, release: DriverVersion) -> String {
    let repo = printable_path(repo);
    format!(
        "{repo} has no tag {release}. Update it with `git --git-dir {repo} fetch origin --tags`; if NVIDIA has not published \
         it yet, there is nothing to learn from"
    )
}

/// Replaces a file as a whole, to be read by everyone and written by its owner, as nvproxy wants it.
fn write(path: &Path, text: &str) -> Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !directory.is_dir() {
        bail!("there is no directory {} to write the pack into", printable_path(directory));
    }
    let written = || -> std::io::Result<()> {
        let mut file = tempfile::Builder::new().permissions(Permissions::from_mode(0o644)).tempfile_in(directory)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    written().with_context(|| format!("{} cannot be written", printable_path(path)))
}

fn summary(learned: &Learned, written: Option<&Path>) -> String {
    let Learned { pack, unchanged, known, relaid, gone, left_out, .. } = learned;
    let entries = |n: usize| output::count(n, "entry", "entries");
    let named = |some: &[(Table, String)]| {
        some.iter().map(|(table, name)| format!("\n  {:<8} {name}", table.as_str())).collect::<String>()
    };
    let mut text = format!("{} is learnt from its headers, based on {}\n", pack.release, pack.ancestor);
    let _ = write!(text, "{} unchanged since {}", entries(*unchanged), pack.ancestor);
    if !known.is_empty() {
        let _ = write!(text, "\n{} changed, in a form that this build already knows:", entries(known.len()));
        for (table, name, release) in known {
            let _ = write!(text, "\n  {:<8} {name}, as at {release}", table.as_str());
        }
    }
    if !relaid.is_empty() {
        let _ = write!(text, "\n{} laid out anew:{}", entries(relaid.len()), named(relaid));
    }
    if !gone.is_empty() {
        let _ = write!(text, "\n{} that the release does not have:{}", entries(gone.len()), named(gone));
    }
    if !left_out.is_empty() {
        let _ = write!(text, "\n{} left out:", entries(left_out.len()));
        for left in left_out {
            let _ = write!(text, "\n  {:<8} {}: {}", left.table.as_str(), printable(&left.name), printable(&left.why));
        }
    }
    if let Some(path) = written {
        let _ = write!(text, "\nthe pack is in {}", printable_path(path));
    }
    text
}
