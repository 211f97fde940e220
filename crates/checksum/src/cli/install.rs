//! `gpu-tools install`.

use super::Releases;
use super::network::{Bars, Network};
use ::cli::{Exit, Output};
use anyhow::{Context, Result};
use checksum::fetch::Found;
use checksum::host::{self, Host};
use checksum::locations;
use checksum::private::{NotChecked, Private};
use std::ffi::OsString;
use std::path::PathBuf;
use version_tree::{Architecture, DriverVersion, Release, Resolution, Sha256, Status, Tree};

/// Download, check and run the installer of a release
///
/// Nothing runs whose checksum is not the one that the tree has. Exit status 1 tells that nothing was installed because
/// it should not be, 2 that it could not be.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The release, such as 550.90.07
    #[arg(long, value_name = "RELEASE")]
    version: Option<DriverVersion>,
    /// The newest qualified release that has an installer for this machine, unless a newer one is loaded; the default
    #[arg(long, conflicts_with = "version")]
    latest: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Where to keep the installer while it runs
    #[arg(long, value_name = "DIR", default_value = "/var/tmp")]
    directory: PathBuf,
    #[command(flatten)]
    network: Network,
    /// Where sysfs is mounted
    #[arg(long, value_name = "DIR", default_value = "/sys", hide = true)]
    sysfs: PathBuf,
    /// Arguments for the installer, such as --silent
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<OsString>,
}

/// How much of the installer's log is shown when it fails.
const LOG_LINES: usize = 40;

/// A release that may be installed here.
struct Choice {
    version: DriverVersion,
    arch: Architecture,
    sha256: Sha256,
}

pub(crate) fn run(arguments: &Arguments, releases: &Releases, output: &Output) -> Result<Exit> {
    let tree = releases.tree()?;
    let host = Host::at(&arguments.sysfs);
    let gpus = host.gpus().context("the PCI devices of this machine cannot be listed")?;
    if gpus.is_empty() {
        return Ok(refused(output, "this machine has no GPU of NVIDIA's on PCI"));
    }
    let choice = match choose(arguments, &tree) {
        Ok(choice) => choice,
        Err(why) => return Ok(refused(output, &why)),
    };
    let Choice { version, arch, sha256 } = choice;
    output.print(&format!("GPUs:       {}\n", gpus.join(", ")))?;
    let loaded = host.driver();
    match &loaded {
        Some(driver) => output.print(&format!("driver now: {}\n", driver.version))?,
        None => output.print("driver now: none is loaded\n")?,
    }
    output.print(&format!("to install: {version} for {arch}, SHA-256 {sha256}\n"))?;
    if let Some(driver) = loaded {
        if driver.version.parse() == Ok(version) {
            output.print("that is the driver that is loaded; nothing to do\n")?;
            return Ok(Exit::Done);
        }
        // Nobody asked for an older one by name.
        if arguments.version.is_none() && driver.version.parse::<DriverVersion>().is_ok_and(|now| now > version) {
            let now = &driver.version;
            let why = format!("{now} is loaded, and {version} is older; to go back to it, give --version {version}");
            return Ok(refused(output, &why));
        }
        if driver.users.is_some_and(|users| users > 0) {
            output.notice("the driver is in use; the installer will want what uses it stopped");
        }
    }
    if arguments.dry_run {
        for url in locations::urls(arguments.network.base_url(), version, arch) {
            output.print(&format!("from:       {url}\n"))?;
        }
        output.print("nothing was downloaded or run\n")?;
        return Ok(Exit::Done);
    }
    install(arguments, &choice, output)
}

fn refused(output: &Output, why: &str) -> Exit {
    output.error(&anyhow::anyhow!("{why}; nothing was installed"));
    Exit::Finding
}

/// The release to install, or why there is none.
fn choose(arguments: &Arguments, tree: &Tree) -> Result<Choice, String> {
    let arch =
        host::architecture().ok_or_else(|| format!("NVIDIA publishes no installers for {}", std::env::consts::ARCH))?;
    let choice = |release: &Release| {
        let sha256 = release.installer(arch).sha256()?;
        Some(Choice { version: release.version, arch, sha256 })
    };
    let Some(version) = arguments.version else {
        let qualified = tree.iter().filter(|release| release.status == Status::Qualified);
        let newest = qualified.filter_map(choice).max_by_key(|choice| choice.version);
        return newest.ok_or_else(|| format!("no qualified release has a known installer for {arch}"));
    };
    match tree.resolve(version) {
        Resolution::Unknown(unknown) => Err(unknown.to_string()),
        Resolution::Proved(release) | Resolution::Measured(release) | Resolution::Inferred(release) => {
            choice(release).ok_or_else(|| format!("no checksum of {version}'s installer for {arch} is known"))
        }
    }
}

fn install(arguments: &Arguments, choice: &Choice, output: &Output) -> Result<Exit> {
    let &Choice { version, arch, sha256 } = choice;
    let directory = &arguments.directory;
    let mut private = Private::new(directory, &locations::file_name(version, arch))
        .with_context(|| format!("the installer cannot be kept in {}", directory.display()))?;
    let found = {
        let bars = Bars::new(output);
        let bar = bars.bar(&format!("{arch} {version}"));
        arguments.network.fetcher()?.fetch(version, arch, Some(sha256), &mut private, &bar)?
    };
    if found == Found::Nothing {
        return Ok(refused(output, &format!("there is no installer of {version} for {arch}")));
    }
    let checked = match private.check(sha256) {
        Ok(checked) => checked,
        Err(error @ NotChecked::Mismatch { .. }) => {
            return Ok(refused(output, &format!("the installer is not the right one: {error}")));
        }
        Err(error) => return Err(error).context("the installer"),
    };
    output.print("checked; running it\n")?;
    let status = checked.run(&arguments.arguments).context("the installer cannot be started")?;
    if status.success() {
        output.print(&format!("{version} is installed\n"))?;
        return Ok(Exit::Done);
    }
    match checked.keep_log(LOG_LINES) {
        Some((path, end)) => {
            output.note(&format!("{end}\n\nnote: this is the end of the installer's log, {}", path.display()));
        }
        None => output.notice("the installer wrote no log"),
    }
    anyhow::bail!("the installer failed: {status}")
}
