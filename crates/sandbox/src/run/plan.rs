//! What is to be run, against which driver, as which release.

use super::backend::{Backend, Kernel, Simulated};
use super::descriptors::Descriptors;
use super::files::Files;
use super::filter::Intercepted;
use super::heap;
use super::launch::{self, Guest, Inherited, NotRun, View, WhereFrom};
use super::lockdown::lock_down;
use super::machine;
use super::notify::Notifications;
use super::signals::{Ended, Signals};
use super::supervise::{Pool, Serving, Shown, Supervisor};
use super::tap::Tap;
use super::tasks::Tasks;
use super::tokens::keep_above;
use super::watch;
use crate::release::{Known, compose};
use anyhow::{Context, Result, anyhow, bail};
use nvproxy::abi::{Abi, Capabilities};
use nvproxy::devices::{OpenOnly, device_files};
use nvproxy::pack::{NotServed, Origin, Packs};
use nvproxy::procfs::Host;
use nvproxy::{EventKeys, HostDriver, Linux, Proxy, UvmMode, driver_version};
use rm_sim::{Profile, Simulator};
use std::ffi::{CString, OsString};
use std::os::fd::{AsFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use version_tree::{DriverVersion, Standing, Tree};

/// What to run, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program, and its arguments. It is looked for as a shell does.
    pub command: Vec<OsString>,
    /// What it may use.
    pub capabilities: Capabilities,
    /// The minor numbers of its GPUs; `None` for all.
    pub gpus: Option<Vec<u32>>,
    /// The driver.
    pub driver: Driver,
    /// The release whose ABI is spoken; `None` for the driver's own.
    pub version: Option<DriverVersion>,
    /// Whether only releases that gVisor tests on hardware will do.
    pub only_qualified: bool,
    /// Whether calls are refused whose form is only inferred from other releases.
    pub only_proved: bool,
    /// Where release packs are looked for.
    pub packs: Packs,
    /// What becomes of memory that the program pins for a GPU of the host's.
    pub pinning: Pinning,
    /// The descriptors of this process that the program inherits, besides its standard input and outputs, pipes and
    /// regular files. They must be open, and not be closed on `execve(2)`.
    pub descriptors: Vec<RawFd>,
}

/// Who makes the call by which the host's driver pins memory of the caller (`NV_ESC_RM_ALLOC_MEMORY` of an OS
/// descriptor). The driver pins pages of whoever makes it, so the supervisor cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pinning {
    /// Nobody: it is refused with `ENOSYS`. CUDA makes no context then.
    #[default]
    Refused,
    /// The program itself, after its parameters were looked at. Another of its threads can change them in between: into
    /// another allocation that the same call makes, of a class that was not looked at. No other call can become of it,
    /// and none on a file that is not the program's own.
    Native,
}

/// Which driver a program gets to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Driver {
    /// The host's.
    Host,
    /// A simulated one, with a GPU of each of these profiles.
    Simulated(Vec<String>),
}

/// A run that can begin.
pub struct Plan {
    command: Vec<CString>,
    sandbox: nvproxy::Options,
    abi: Abi,
    only_proved: bool,
    notice: Option<String>,
    pinning: Pinning,
    inherited: Inherited,
    on: On,
}

enum On {
    Host(Box<Host>),
    /// With GPUs of these profiles, which there are. They are read while the guest builds its sandbox.
    Simulated(Vec<String>),
}

impl Plan {
    /// Finds out whether and how the options can be met.
    ///
    /// # Errors
    /// They cannot; what to do about it.
    pub fn new(options: &Options) -> Result<Self> {
        let command = options.command.iter().map(|word| CString::new(word.as_bytes()));
        let command = command.collect::<Result<Vec<_>, _>>().context("a program's arguments contain no zero bytes")?;
        if command.is_empty() {
            bail!("which program? Name it after `--`");
        }
        let inherited = Inherited::naming(&options.descriptors)?;
        let on = match &options.driver {
            Driver::Host => {
                let host = Host::read(Path::new("/")).context(
                    "no NVIDIA driver to run on; load it (modprobe nvidia), or simulate one with --simulate h100",
                )?;
                On::Host(Box::new(host))
            }
            Driver::Simulated(names) => {
                let missing = names.iter().find(|name| !Profile::names().any(|known| known == **name));
                missing.map_or(Ok(()), |name| Profile::named(name).map(drop))?;
                On::Simulated(names.clone())
            }
        };
        let Accepted { abi, notice } = choose(options)?;
        let uvm = if matches!(on, On::Host(_)) { UvmMode::Native } else { UvmMode::Shared };
        let sandbox = nvproxy::Options {
            capabilities: options.capabilities,
            gpus: options.gpus.clone(),
            uvm,
            events: EventKeys::Guest,
            ..nvproxy::Options::default()
        };
        let Options { only_proved, pinning, .. } = *options;
        Ok(Self { command, sandbox, abi, only_proved, notice, pinning, inherited, on })
    }

    /// The release whose ABI is spoken.
    pub fn version(&self) -> DriverVersion {
        self.abi.version()
    }

    /// What is let through at that release.
    pub fn abi(&self) -> &Abi {
        &self.abi
    }

    /// The minor numbers of the GPUs that the program has.
    pub fn gpus(&self) -> impl Iterator<Item = u32> {
        let there: Vec<u32> = match &self.on {
            On::Host(host) => host.gpus.iter().filter_map(|gpu| gpu.minor).collect(),
            On::Simulated(profiles) => (0..).take(profiles.len()).collect(),
        };
        let given = self.sandbox.gpus.clone();
        there.into_iter().filter(move |minor| given.as_ref().is_none_or(|given| given.contains(minor)))
    }

    /// What the user should know before it begins.
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Runs the program, and waits for its end. See [`run`](super::run()).
    ///
    /// # Errors
    /// What is missing, and what to do.
    pub fn run(self, tap: impl Tap) -> Result<Ended> {
        let descriptors = Descriptors::raise()?;
        // The guest builds its sandbox while this process makes what serves it.
        match self.on {
            On::Host(host) => {
                let devices = device_files(&host, &self.sandbox, &OpenOnly::default())?;
                let options = self.sandbox.with_device_files(&devices);
                let view = View {
                    devices: devices.iter().map(|device| device.node.to_string().into()).collect(),
                    from: WhereFrom::Host,
                    files: machine::files(&host, &devices)?,
                };
                let guest = launch::launch(&Guest {
                    command: &self.command,
                    view,
                    inherited: &self.inherited,
                    intercepted: Intercepted::Ioctls,
                    descriptors: &descriptors,
                })?;
                heap::prepare();
                let abi = self.abi;
                let proxy = Proxy::new(tap.before(Linux), abi.clone());
                let mut proxy = watched(strict(proxy, self.only_proved), &tap);
                if let Some(bytes) = host.memory_block_size {
                    proxy = proxy.with_memory_block_size(bytes);
                }
                let backend = Kernel::new(devices, self.pinning);
                serve(Serve { guest, descriptors, sandbox: options, abi, proxy, backend, shown: None, tap })
            }
            On::Simulated(profiles) => {
                let has = |minor: &u32| self.sandbox.gpus.as_ref().is_none_or(|gpus| gpus.contains(minor));
                let nodes = rm_sim::nodes(profiles.len());
                let there = |wanted: u32| nodes.iter().any(|node| node.node == nvproxy::Node::Device(wanted));
                if let Some(missing) = self.sandbox.gpus.iter().flatten().find(|minor| !there(**minor)) {
                    bail!("there is no GPU {missing}: {} simulated, from 0 on", profiles.len());
                }
                let nodes: Vec<_> = nodes
                    .into_iter()
                    .filter(|node| if let nvproxy::Node::Device(minor) = node.node { has(&minor) } else { true })
                    .collect();
                let view = View {
                    devices: nodes.iter().map(|node| node.path.clone()).collect(),
                    from: WhereFrom::Supervisor,
                    files: Vec::new(),
                };
                let guest = launch::launch(&Guest {
                    command: &self.command,
                    view,
                    inherited: &self.inherited,
                    intercepted: Intercepted::IoctlsAndPaths,
                    descriptors: &descriptors,
                })?;
                heap::prepare();
                let abi = self.abi;
                let profiles = profiles.iter().map(|name| Profile::named(name)).collect::<Result<Vec<_>, _>>()?;
                let simulator = simulator(&abi, &profiles)?;
                let shown = Some(Shown::new(nodes, machine::merged(simulator.files())?)?);
                let proxy = Proxy::new(tap.before(simulator.clone()), abi.clone());
                let proxy = watched(strict(proxy, self.only_proved), &tap);
                let backend = Simulated::new(simulator);
                serve(Serve { guest, descriptors, sandbox: self.sandbox, abi, proxy, backend, shown, tap })
            }
        }
    }
}

/// A simulated driver of the release of these tables.
///
/// # Errors
/// There can be none with such GPUs.
pub(crate) fn simulator(abi: &Abi, profiles: &[Profile]) -> Result<Simulator> {
    // A driver knows nothing of packs.
    let compiled = Abi::compose(Tree::embedded(), abi.version());
    Ok(Simulator::new(compiled.unwrap_or_else(|_| abi.clone()), profiles)?)
}

/// The release of a simulated driver if the user says none, and what the user should know about the choice.
fn simulated_release(packs: &Packs) -> Result<(DriverVersion, Option<String>)> {
    let found = machine::libraries(|release| compose(packs, release).is_ok());
    let version = found.release.map_or_else(machine::newest_release, Ok)?;
    let why = match (found.release, found.passed_over) {
        (Some(_), None) => return Ok((version, None)),
        (Some(_), Some(unknown)) => format!("NVIDIA's libraries of {unknown} speak with a release that is not known"),
        (None, Some(unknown)) => {
            format!("NVIDIA's libraries are of {unknown}, which is not known, and speak with no other")
        }
        (None, None) => {
            "no libraries of NVIDIA's are here that need another; if programs do, say --driver-version".to_owned()
        }
    };
    Ok((version, Some(format!("simulating driver {version}: {why}"))))
}

/// A proxy that tells the tap's observer, if it has one.
fn watched<D: HostDriver>(proxy: Proxy<D>, tap: &impl Tap) -> Proxy<D> {
    match tap.observer() {
        Some(observer) => proxy.with_observer(observer),
        None => proxy,
    }
}

/// A proxy that refuses what is only inferred, if that is wanted.
fn strict<D: HostDriver>(proxy: Proxy<D>, only_proved: bool) -> Proxy<D> {
    if only_proved { proxy.with_only_proved() } else { proxy }
}

/// A release that will do.
pub(crate) struct Accepted {
    pub(crate) abi: Abi,
    /// What the user should know of it.
    pub(crate) notice: Option<String>,
}

/// The release whose ABI is spoken.
///
/// # Errors
/// The driver does not tell which release it is of, or that one will not do.
pub(crate) fn choose(options: &Options) -> Result<Accepted> {
    let (version, chosen) = match (options.version, &options.driver) {
        (Some(version), _) => (version, None),
        (None, Driver::Host) => (driver_version(&Linux)?, None),
        (None, Driver::Simulated(_)) => simulated_release(&options.packs)?,
    };
    let Accepted { abi, notice } = accept(version, options)?;
    let notice = chosen.into_iter().chain(notice).reduce(|first, second| format!("{first}; {second}"));
    Ok(Accepted { abi, notice })
}

/// Whether a release will do, and what to say about it.
///
/// # Errors
/// It will not.
pub(crate) fn accept(version: DriverVersion, options: &Options) -> Result<Accepted> {
    let known = compose(&options.packs, version).map_err(|error| nearest_abi(&error, options))?;
    let Known { words, resolved, abi, pack } = known;
    let learn = format!("`gpu-tools learn {version}` makes a release pack of its headers, if they are published");
    if options.only_qualified && resolved.qualified_by.is_none() {
        bail!("driver {words}; --only-qualified rules it out");
    }
    // Without ioctls that are proved no device file can be used.
    if options.only_proved && resolved.standing != Standing::Proved {
        bail!("driver {words}; --only-proved rules it out. {learn}");
    }
    // What a user's programs can write proves nothing.
    if options.only_proved && pack == Some(Origin::User) {
        bail!(
            "driver {words}; --only-proved accepts no pack that the user's own programs can write. Review it, and let root \
             install it in /etc/nvproxy/packs, or name its directory with --packs"
        );
    }
    let notice = match (resolved.standing, abi.left_out().len()) {
        (Standing::Proved, _) if resolved.pack.is_none() => None,
        (Standing::Proved, 0) => Some(format!("driver {words}")),
        (Standing::Proved, some) => {
            let entries = cli::output::count(some, "entry", "entries");
            let given = if pack == Some(Origin::Named) { " --packs DIR" } else { "" };
            Some(format!(
                "driver {words}; it leaves out {entries}, which `nvproxy abi --version {version}{given}` names"
            ))
        }
        (Standing::Measured | Standing::Inferred, _) => Some(format!("driver {words}. {learn}")),
    };
    Ok(Accepted { abi, notice })
}

/// That a release is not known, and which one's ABI can be spoken in its place.
fn nearest_abi(unknown: &NotServed, options: &Options) -> anyhow::Error {
    match unknown {
        NotServed::Unknown(unknown) if options.version.is_none() => {
            let nearest = unknown.nearest.older.or(unknown.nearest.newer);
            let hint = nearest.map_or_else(String::new, |near| {
                format!(", or --driver-version {near} to speak that release's ABI at your own risk")
            });
            anyhow!("{unknown}{hint}")
        }
        other => anyhow!("{other}"),
    }
}

/// Everything that a run needs.
struct Serve<B, D, O> {
    guest: launch::Starting,
    descriptors: Descriptors,
    sandbox: nvproxy::Options,
    abi: Abi,
    proxy: Proxy<D>,
    backend: B,
    /// With a simulated driver.
    shown: Option<Shown>,
    tap: O,
}

fn serve<B, D, O>(serve: Serve<B, D, O>) -> Result<Ended>
where
    B: Backend,
    D: HostDriver<File = B::File> + 'static,
    O: Tap,
{
    let Serve { guest, descriptors, sandbox: options, abi, proxy, backend, shown, tap } = serve;
    let intercepted = if shown.is_some() { Intercepted::IoctlsAndPaths } else { Intercepted::Ioctls };
    let signals = Signals::keep()?;
    let sandbox = proxy.sandbox(options.clone());
    watch::try_kcmp()
        .context("cannot tell a guest's open files apart (kcmp): `nvproxy doctor` says what is missing")?;
    let files = Files::new(descriptors.most(), B::KEEPS, B::closed)
        .context("cannot look at open files through /proc, or too many are open: RLIMIT_NOFILE")?;
    let tasks = Tasks::new(descriptors.most()).context("/proc is not mounted")?;
    lock_down(&abi, options.capabilities, options.uvm, intercepted)?;
    let (guest, listener) = guest.wait()?;
    // The low numbers are for what is duplicated.
    let transport = Notifications::new(keep_above(listener.as_fd(), descriptors.most())?);
    drop(listener);
    let supervisor = Arc::new(Supervisor { transport, backend, proxy, sandbox, files, tasks, shown, tap });
    // The kernel keeps its first calls until there is a thread to serve them.
    let guest = guest.go()?;
    let serving = Pool::start(Serving(supervisor.clone())).and_then(|pool| {
        pool.keep_watch()?;
        supervisor.keep_house()
    });
    if let Err(error) = serving {
        guest.end();
        return Err(error).context("cannot start a thread");
    }
    let (process, pidfd, run) = guest.wait()?;
    match run {
        Ok(()) => signals.wait(process, &pidfd),
        Err(NotRun(errno)) => Ok(Ended::NotRun(errno)),
    }
}
