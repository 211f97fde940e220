//! The proxy of a process.

use super::config::Config;
use super::driver::{Driver, Kernel, Simulated};
use super::late::Late;
use super::memory::Own;
use super::paths::{Paths, Place};
use crate::run::{Tap, accept, simulator};
use crate::trace::Tapped;
use anyhow::Result;
use nix::errno::Errno;
use nvproxy::{
    EventKeys, Fault, Guest, GuestFile, GuestFiles, GuestMemory, HostDriver, Lending, Linux, Node, Outcome, Proxy,
    Sandbox, UvmMode,
};
use parking_lot::RwLock;
use rm_sim::{Backing, NodeInfo, Profile};
use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The proxy of this process, in front of the driver that it is to have.
pub struct Process {
    served: Box<dyn Served>,
    paths: Option<Paths>,
    tracer: Arc<Late>,
}

impl Process {
    /// Makes it as the command wants it.
    ///
    /// # Errors
    /// It cannot be, or a trace cannot be written.
    pub fn new(config: &Config) -> Result<Self> {
        let memory = Own::new()?;
        let options = config.options()?;
        let abi = accept(config.release, &options)?.abi;
        let sandbox = |uvm| nvproxy::Options {
            capabilities: options.capabilities,
            gpus: options.gpus.clone(),
            uvm,
            events: EventKeys::Guest,
            ..nvproxy::Options::default()
        };
        let has = |minor: &u32| options.gpus.as_ref().is_none_or(|gpus| gpus.contains(minor));
        let process = match &config.simulate {
            None => {
                let there = (0..=u8::MAX.into())
                    .take_while(|minor| std::fs::exists(Node::Device(*minor).to_string()).unwrap_or(false));
                let tracer = Arc::new(Late::new(config, &abi, there.filter(has)));
                let tap = Tapped(tracer.clone());
                let proxy = Proxy::new(tap.before(Linux), abi);
                let served = Serves::new(Kernel, proxy, memory, &sandbox(UvmMode::Native), tap, config);
                Self { served: Box::new(served), paths: None, tracer }
            }
            Some(profiles) => {
                let profiles = profiles.iter().map(|name| Profile::named(name)).collect::<Result<Vec<_>, _>>()?;
                let tracer = Arc::new(Late::new(config, &abi, (0..).take(profiles.len()).filter(has)));
                let tap = Tapped(tracer.clone());
                let simulator = simulator(&abi, &profiles)?;
                let paths = Paths::new(&simulator, options.gpus.as_deref())?;
                let proxy = Proxy::new(tap.before(simulator.clone()), abi);
                let driver = Simulated { simulator, memory };
                let served = Serves::new(driver, proxy, memory, &sandbox(UvmMode::Shared), tap, config);
                Self { served: Box::new(served), paths: Some(paths), tracer }
            }
        };
        config.note_loaded();
        Ok(process)
    }

    /// What a path means here, if the simulated machine has it. The library leaves every other path to the C library.
    pub fn find(&self, path: &std::ffi::CStr) -> Option<Place<'_>> {
        self.paths.as_ref()?.find(path)
    }

    /// What a descriptor of a simulated device file is said to lead to.
    pub fn device(&self, descriptor: i32) -> Option<&NodeInfo> {
        self.paths.as_ref()?.node(self.served.node(descriptor)?)
    }

    /// Opens a simulated device file: its descriptor.
    ///
    /// # Errors
    /// Those of `open(2)`.
    pub fn open(&self, node: Node) -> Result<i32, Errno> {
        self.served.open(node)
    }

    /// A descriptor is closed.
    pub fn close(&self, descriptor: i32) {
        self.served.close(descriptor);
    }

    /// A descriptor now leads to the same file as another one.
    pub fn duplicate(&self, from: i32, to: i32) {
        self.served.duplicate(from, to);
    }

    /// Serves an ioctl. If there is no result, the program must make the call itself, unchanged.
    pub fn ioctl(&self, descriptor: i32, request: u32, argument: u64) -> Option<Result<i32, Errno>> {
        // A fault of ours is to cost the program one call.
        let serve = AssertUnwindSafe(|| self.served.ioctl(descriptor, request, argument));
        catch_unwind(serve).unwrap_or(Some(Err(Errno::EIO)))
    }

    /// What the program is to map in the place of a simulated device file.
    pub fn mapped(&self, descriptor: i32) -> Option<Backing> {
        self.served.mapped(descriptor)
    }

    /// Ends the trace.
    pub fn finish(&self) {
        self.tracer.finish();
    }
}

/// [`Process`], whatever the driver is.
trait Served: Send + Sync {
    fn node(&self, descriptor: i32) -> Option<Node>;
    fn open(&self, node: Node) -> Result<i32, Errno>;
    fn close(&self, descriptor: i32);
    fn duplicate(&self, from: i32, to: i32);
    fn ioctl(&self, descriptor: i32, request: u32, argument: u64) -> Option<Result<i32, Errno>>;
    fn mapped(&self, descriptor: i32) -> Option<Backing>;
}

/// A proxy, and the files that the program has open.
struct Serves<D: Driver, H> {
    driver: D,
    proxy: Proxy<H>,
    sandbox: Arc<Sandbox>,
    memory: Own,
    files: RwLock<HashMap<i32, Arc<Open<D::File>>>>,
    tap: Tapped<Late>,
}

/// A file that the program has open.
struct Open<F> {
    file: Arc<nvproxy::File>,
    /// The driver's, if it is kept.
    host: Option<F>,
}

impl<D: Driver, H: HostDriver<File = D::File>> Serves<D, H> {
    fn new(
        driver: D,
        proxy: Proxy<H>,
        memory: Own,
        options: &nvproxy::Options,
        tap: Tapped<Late>,
        config: &Config,
    ) -> Self {
        let proxy = if config.only_proved { proxy.with_only_proved() } else { proxy };
        let proxy = match tap.observer() {
            Some(observer) => proxy.with_observer(observer),
            None => proxy,
        };
        let sandbox = proxy.sandbox(options.clone());
        Self { driver, proxy, sandbox, memory, files: RwLock::default(), tap }
    }

    /// What is known of the file that a descriptor leads to, if it is one of the driver's.
    fn known(&self, descriptor: i32) -> Option<Arc<Open<D::File>>> {
        let known = self.files.read().get(&descriptor).cloned();
        let now = borrowed(descriptor).and_then(|descriptor| self.driver.kernels(descriptor));
        match (known, now) {
            // Of a descriptor that was closed otherwise than through the C library, what is known is of no use.
            (Some(known), _) if known.host.is_some() || now == Some(known.file.node()) => Some(known),
            (_, Some(node)) => {
                let file = self.proxy.file(&self.sandbox, node).ok()?;
                let open = Arc::new(Open { file, host: None });
                let before = self.files.write().insert(descriptor, open.clone());
                drop(before);
                Some(open)
            }
            _ => None,
        }
    }

    fn guest_file(&self, descriptor: i32, open: &Open<D::File>) -> Option<GuestFile<D::File>> {
        let host = self.driver.host(borrowed(descriptor)?, open.host.as_ref())?;
        Some(GuestFile { file: open.file.clone(), host })
    }
}

/// A descriptor of the program's.
#[allow(unsafe_code)]
fn borrowed<'a>(descriptor: i32) -> Option<BorrowedFd<'a>> {
    // SAFETY: it is not -1. It may be closed, by another thread at any time: all that is done with it is asking the kernel
    // for its kind and for a duplicate, which fails then.
    (descriptor >= 0).then(|| unsafe { BorrowedFd::borrow_raw(descriptor) })
}

impl<D: Driver, H: HostDriver<File = D::File> + 'static> Served for Serves<D, H> {
    fn node(&self, descriptor: i32) -> Option<Node> {
        Some(self.files.read().get(&descriptor)?.file.node())
    }

    fn open(&self, node: Node) -> Result<i32, Errno> {
        let GuestFile { file, host } = self.proxy.open(&self.sandbox, node)?;
        let (host, descriptor) = self.driver.open(host)?;
        self.files.write().insert(descriptor, Arc::new(Open { file, host }));
        Ok(descriptor)
    }

    fn close(&self, descriptor: i32) {
        if self.files.read().contains_key(&descriptor) {
            let gone = self.files.write().remove(&descriptor);
            drop(gone);
        }
    }

    fn duplicate(&self, from: i32, to: i32) {
        let known = self.files.read().get(&from).cloned();
        if known.is_none() && !self.files.read().contains_key(&to) {
            return;
        }
        let mut files = self.files.write();
        let gone = match known {
            Some(file) => files.insert(to, file),
            None => files.remove(&to),
        };
        drop(files);
        drop(gone);
    }

    fn ioctl(&self, descriptor: i32, request: u32, argument: u64) -> Option<Result<i32, Errno>> {
        let open = self.known(descriptor)?;
        let Some(file) = self.guest_file(descriptor, &open) else { return Some(Err(Errno::EBADF)) };
        self.tap.serving(nix::unistd::gettid().as_raw());
        let outcome = self.proxy.ioctl(&file, request, argument, &Guest { memory: self, files: self });
        self.tap.served();
        match outcome {
            Ok(Outcome::Done(value)) => Some(Ok(value)),
            Ok(Outcome::Native) if D::NATIVE => None,
            Ok(Outcome::Native) => Some(Err(Errno::ENOSYS)),
            Err(errno) => Some(Err(errno)),
        }
    }

    fn mapped(&self, descriptor: i32) -> Option<Backing> {
        let file = self.files.read().get(&descriptor).cloned()?;
        self.driver.mapped(file.host.as_ref()?)
    }
}

impl<D: Driver, H: HostDriver<File = D::File> + 'static> GuestMemory for Serves<D, H> {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        if rm_sim::GuestMemory::read_at(&self.memory, address, into) { Ok(()) } else { Err(Fault) }
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        if rm_sim::GuestMemory::write_at(&self.memory, address, bytes) { Ok(()) } else { Err(Fault) }
    }

    fn lend(&self, address: u64, length: u64, _writable: bool) -> Result<Lending, Errno> {
        self.driver.lend(address, length)
    }
}

impl<D: Driver, H: HostDriver<File = D::File> + 'static> GuestFiles<D::File> for Serves<D, H> {
    fn get(&self, descriptor: i32) -> Option<GuestFile<D::File>> {
        self.guest_file(descriptor, &*self.known(descriptor)?)
    }

    fn hold(&self, id: u64) -> Option<GuestFile<D::File>> {
        let of = |(descriptor, open): (&i32, &Arc<Open<D::File>>)| {
            (open.file.id() == id).then(|| (*descriptor, open.clone()))
        };
        let all: Vec<_> = self.files.read().iter().filter_map(of).collect();
        all.into_iter().find_map(|(descriptor, open)| self.guest_file(descriptor, &open))
    }

    fn install(&self, file: GuestFile<D::File>) -> Result<i32, Errno> {
        let (host, descriptor) = self.driver.open(file.host)?;
        self.files.write().insert(descriptor, Arc::new(Open { file: file.file, host }));
        Ok(descriptor)
    }

    fn remove(&self, descriptor: i32) {
        Served::close(self, descriptor);
        let _ = nix::unistd::close(descriptor);
    }
}
