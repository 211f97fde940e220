//! The guest that waits for a call: its memory and files.

use super::Supervisor;
use super::window::Window;
use crate::run::backend::Backend;
use crate::run::errno::errno;
use crate::run::files::{self, Open};
use crate::run::tasks;
use crate::run::transport::{Place, Request, Transport};
use nix::errno::Errno;
use nvproxy::{Fault, GuestFile, GuestFiles, GuestMemory, HostDriver, Lending};
use std::cell::RefCell;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

/// A call's thread. What is read of it counts only if it waits afterwards, and it is asked for before anything is written: else
/// its number may be another's.
pub(super) struct Caller<'a, T, B: Backend, D, O> {
    supervisor: &'a Supervisor<T, B, D, O>,
    request: &'a Request,
    /// Files that the call named which could not be mapped before.
    named: RefCell<Vec<Named<B::File>>>,
    window: RefCell<Window>,
}

/// A descriptor, and the file behind it.
type Named<F> = (i32, Arc<Open<F>>);

impl<'a, T: Transport, B: Backend, D: HostDriver<File = B::File>, O> Caller<'a, T, B, D, O> {
    pub(super) fn new(supervisor: &'a Supervisor<T, B, D, O>, request: &'a Request) -> Self {
        Self { supervisor, request, named: RefCell::default(), window: RefCell::default() }
    }

    fn waits(&self) -> bool {
        self.supervisor.transport.waits(self.request.id)
    }

    /// A duplicate of one of its descriptors.
    pub(super) fn duplicate(&self, descriptor: i32) -> Result<OwnedFd, Errno> {
        self.supervisor.tasks.duplicate(self.request.task, descriptor, || self.waits())
    }

    /// What is known of the file behind one of its descriptors, and the driver's, where that can be told without a duplicate
    /// of it.
    pub(super) fn known(&self, descriptor: i32) -> Option<GuestFile<B::File>> {
        if !B::KEEPS {
            return None;
        }
        let Supervisor { backend, files, tasks, .. } = self.supervisor;
        let open = tasks.told(self.request.task, descriptor, || self.waits(), |info| files.told(info))?;
        Some(GuestFile { file: open.file.clone(), host: backend.host(&open, None)? })
    }

    /// What is known of a file; `None` if it is no device file of the driver's.
    pub(super) fn open(&self, file: &OwnedFd) -> Result<Option<Arc<Open<B::File>>>, Errno> {
        let Supervisor { backend, files, proxy, sandbox, .. } = self.supervisor;
        let what = rustix::fs::fstat(file).map_err(errno)?;
        match backend.node(&what) {
            Some(node) => {
                let make = || Ok(Open { file: proxy.file(sandbox, node)?, host: None });
                files.get_or(file, &what, make).map(Some)
            }
            // Locks on files of others are theirs.
            None => Ok(files.get(file, &what).unwrap_or(None)),
        }
    }

    /// Where a file that the call named can be mapped since: gives the guest what it maps.
    pub(super) fn map(&self) {
        let Supervisor { backend, files, transport, .. } = self.supervisor;
        for (descriptor, open) in self.named.borrow_mut().drain(..) {
            let mapped = open.host.as_ref().filter(|_| open.file.mapping().is_some());
            let Some(memory) = mapped.and_then(|file| backend.mapped(file)) else { continue };
            let installed = crate::run::backend::reopen(&memory, rustix::fs::OFlags::RDWR).and_then(|memory| {
                files.add(&memory, open.clone(), files::Place::Memory)?;
                transport.install(self.request.id, memory.as_fd(), Place::At(descriptor), true)
            });
            if let Err(errno) = installed
                // Else it died meanwhile.
                && self.waits()
            {
                tracing::warn!(descriptor, %errno, "a guest cannot map a file");
            }
        }
    }
}

impl<T: Transport, B: Backend, D: HostDriver<File = B::File>, O> GuestMemory for Caller<'_, T, B, D, O> {
    fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
        let mut window = self.window.borrow_mut();
        if window.copy(address, into) {
            return Ok(());
        }
        let task = self.request.task;
        let filled = window.fill(task, address, into.len());
        if !filled && !tasks::read(task, address, into) {
            return Err(Fault);
        }
        // Else it may be another's memory.
        if !self.waits() {
            window.spend();
            return Err(Fault);
        }
        if !filled || window.copy(address, into) { Ok(()) } else { Err(Fault) }
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        self.write_all(&[(address, bytes)])
    }

    fn write_all(&self, blocks: &[(u64, &[u8])]) -> Result<(), Fault> {
        let changed = self.window.borrow().changed(blocks);
        // What was read before is not what is there from now on.
        self.window.borrow_mut().spend();
        if changed.is_empty() {
            return Ok(());
        }
        if self.waits() && tasks::write_all(self.request.task, &changed) { Ok(()) } else { Err(Fault) }
    }

    fn lend(&self, address: u64, length: u64, _writable: bool) -> Result<Lending, Errno> {
        let lending = self.supervisor.backend.lend(self.request.task, address, length)?;
        if self.waits() { Ok(lending) } else { Err(Errno::ESRCH) }
    }
}

impl<T: Transport, B: Backend, D: HostDriver<File = B::File>, O> GuestFiles<B::File> for Caller<'_, T, B, D, O> {
    fn get(&self, descriptor: i32) -> Option<GuestFile<B::File>> {
        let file = self.duplicate(descriptor).ok()?;
        let open = self.open(&file).ok()??;
        let host = self.supervisor.backend.host(&open, Some(file))?;
        if open.host.is_some() && open.file.mapping().is_none() {
            self.named.borrow_mut().push((descriptor, open.clone()));
        }
        Some(GuestFile { file: open.file.clone(), host })
    }

    fn install(&self, file: GuestFile<B::File>) -> Result<i32, Errno> {
        let (host, descriptor) = self.supervisor.backend.keep(file.host)?;
        self.supervisor.files.add(&descriptor, Arc::new(Open { file: file.file, host }), files::Place::Itself)?;
        self.supervisor.transport.install(self.request.id, descriptor.as_fd(), Place::Free, true)
    }

    fn remove(&self, descriptor: i32) {
        // Only the guest itself can close it. It was not told the number, so it does not miss the file; it is freed when
        // the guest exits.
        tracing::debug!(descriptor, "a descriptor stays with a guest that could not be told of it");
    }
}
