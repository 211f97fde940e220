//! The driver of this process: a proxy in front of a simulator, and the files that were opened of it.

use crate::log::Log;
use crate::memory::Own;
use crate::paths::Paths;
use nvproxy::abi::Abi;
use nvproxy::{Errno, EventKeys, Guest, GuestFile, GuestFiles, Node, Options, Outcome, Proxy, Sandbox};
use parking_lot::RwLock;
use rm_sim::{Backing, File, Profile, Simulator};
use std::cell::Cell;
use std::collections::HashMap;
use std::os::fd::IntoRawFd;
use std::sync::{Arc, OnceLock};
use version_tree::Tree;

pub(crate) struct Process {
    proxy: Proxy<Simulator>,
    sandbox: Arc<Sandbox>,
    memory: Arc<Own>,
    files: Files,
    pub paths: Paths,
    pub log: Log,
}

#[derive(Default)]
struct Files(RwLock<HashMap<i32, Arc<GuestFile<File>>>>);

impl GuestFiles<File> for Files {
    fn get(&self, descriptor: i32) -> Option<GuestFile<File>> {
        let found = self.0.read().get(&descriptor).cloned()?;
        Some(GuestFile { file: found.file.clone(), host: found.host.clone() })
    }

    fn hold(&self, id: u64) -> Option<GuestFile<File>> {
        let found = self.0.read().values().find(|file| file.file.id() == id).cloned()?;
        Some(GuestFile { file: found.file.clone(), host: found.host.clone() })
    }

    fn install(&self, _: GuestFile<File>) -> Result<i32, Errno> {
        // Only dma-bufs are, and the simulator has none.
        Err(Errno::EMFILE)
    }

    fn remove(&self, descriptor: i32) {
        let gone = self.0.write().remove(&descriptor);
        drop(gone);
    }
}

static PROCESS: OnceLock<Option<Process>> = OnceLock::new();

thread_local! {
    /// Whether this thread is at work here: its own calls of the C library are to be what they always were.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Does something with the driver; `None` where the C library is to go its way: within the driver itself, and if there
/// can be none.
pub(crate) fn with<T>(work: impl FnOnce(&Process) -> Option<T>) -> Option<T> {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            let _ = INSIDE.try_with(|inside| inside.set(false));
        }
    }
    // A thread that is about to end has no such variable any more.
    if INSIDE.try_with(|inside| inside.replace(true)).unwrap_or(true) {
        return None;
    }
    let _leave = Leave;
    work(PROCESS.get_or_init(Process::new).as_ref()?)
}

impl Process {
    fn new() -> Option<Self> {
        match Self::from_environment() {
            Ok(process) => Some(process),
            Err(problem) => {
                eprintln!("rm-sim-preload: {problem}");
                None
            }
        }
    }

    fn from_environment() -> Result<Self, Box<dyn std::error::Error>> {
        let variable = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
        let abi = Abi::compose(Tree::embedded(), variable("RM_SIM_VERSION", "535.261.03").parse()?)?;
        let profiles: Result<Vec<_>, _> = variable("RM_SIM_PROFILES", "h100").split(',').map(Profile::named).collect();
        let simulator = Simulator::new(abi.clone(), &profiles?)?;
        let paths = Paths::new(&simulator)?;
        let memory = Own::new(simulator.clone());
        let log = Log::new(std::env::var_os("RM_SIM_LOG").is_some());
        let proxy = Proxy::new(simulator, abi);
        let sandbox = proxy.sandbox(Options { events: EventKeys::Guest, ..Options::default() });
        Ok(Self { proxy, sandbox, memory, files: Files::default(), paths, log })
    }

    /// Opens a device file: its descriptor.
    pub(crate) fn open(&self, node: Node) -> Result<i32, Errno> {
        let file = self.proxy.open(&self.sandbox, node)?;
        file.host.set_guest(self.memory.shared());
        let descriptor = file.host.backing()?.into_raw_fd();
        self.files.0.write().insert(descriptor, Arc::new(file));
        Ok(descriptor)
    }

    pub(crate) fn has(&self, descriptor: i32) -> bool {
        self.files.0.read().contains_key(&descriptor)
    }

    pub(crate) fn node(&self, descriptor: i32) -> Option<Node> {
        Some(self.files.0.read().get(&descriptor)?.host.node())
    }

    pub(crate) fn close(&self, descriptor: i32) {
        self.files.remove(descriptor);
    }

    /// Another descriptor of the same file.
    pub(crate) fn duplicate(&self, from: i32, to: i32) {
        let mut files = self.files.0.write();
        let gone = match files.get(&from).cloned() {
            Some(file) => files.insert(to, file),
            None => files.remove(&to),
        };
        drop(files);
        drop(gone);
    }

    pub(crate) fn ioctl(&self, descriptor: i32, request: u32, argument: u64) -> Option<Result<i32, Errno>> {
        let file = self.files.0.read().get(&descriptor).cloned()?;
        let guest = Guest { memory: &*self.memory, files: &self.files };
        let result = self.proxy.ioctl(&file, request, argument, &guest);
        self.log.call(self, &file, request, argument, &result);
        Some(result.map(|outcome| match outcome {
            Outcome::Done(value) => value,
            // Only what was never asked for here.
            Outcome::Native => 0,
        }))
    }

    /// What is mapped in the place of a file.
    pub(crate) fn mapped(&self, descriptor: i32) -> Option<Backing> {
        let file = self.files.0.read().get(&descriptor).cloned()?;
        file.host.mapped()
    }

    pub(crate) fn abi(&self) -> &Abi {
        self.proxy.abi()
    }

    pub(crate) fn memory(&self) -> &Own {
        &self.memory
    }

    pub(crate) fn simulator(&self) -> &Simulator {
        self.proxy.driver()
    }
}

/// The process's driver, if there is one already.
pub(crate) fn there() -> Option<&'static Process> {
    PROCESS.get()?.as_ref()
}
