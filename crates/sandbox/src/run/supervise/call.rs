//! The guest that waits for a call: its memory and files.

use super::Supervisor;
use super::window::Window;
use crate::run::backend::Backend;
use crate::run::files::{Made, Open, What};
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
    fn duplicate(&self, descriptor: i32) -> Result<OwnedFd, Errno> {
        self.supervisor.tasks.duplicate(self.request.task, descriptor, || self.waits())
    }

    /// What is known of the file behind one of its descriptors, and the driver's. `None` if it is no device file of the
    /// driver's.
    ///
    /// Nothing is asked of a file that is not known to be one: a guest can keep whoever serves it from answering.
    pub(super) fn file(&self, descriptor: i32) -> Result<Option<GuestFile<B::File>>, Errno> {
        let Supervisor { backend, files, tasks, .. } = self.supervisor;
        let place = (self.request.task, descriptor);
        let guest_file = |open: &Open<B::File>, own: Option<OwnedFd>| {
            let host = backend.host(open, own).ok_or(Errno::EBADF)?;
            Ok(Some(GuestFile { file: open.file.clone(), host }))
        };
        if let Some(open) = files.at(place) {
            if B::KEEPS {
                return guest_file(&open, None);
            }
            let own = self.duplicate(descriptor)?;
            if files.is(&own, &open) {
                return guest_file(&open, Some(own));
            }
        }
        let what = tasks.what(self.request.task, descriptor)?;
        if backend.node(&what).is_none() && !files.is_inode(what.identity) {
            return if self.waits() { Ok(None) } else { Err(Errno::ESRCH) };
        }
        let own = self.duplicate(descriptor)?;
        let Some(open) = self.open(&own)? else { return Ok(None) };
        files.remember(place, &open);
        guest_file(&open, Some(own))
    }

    /// A duplicate of one of its descriptors, if that is of a socket.
    pub(super) fn socket(&self, descriptor: i32) -> Result<OwnedFd, Errno> {
        if self.supervisor.tasks.what(self.request.task, descriptor)?.is_socket() {
            self.duplicate(descriptor)
        } else {
            Err(Errno::ENOTTY)
        }
    }

    /// What is known of the file behind a duplicate; `None` if it is no device file of the driver's.
    fn open(&self, own: &OwnedFd) -> Result<Option<Arc<Open<B::File>>>, Errno> {
        let Supervisor { backend, files, proxy, sandbox, .. } = self.supervisor;
        // Something else may be there by now than what was looked at.
        let what = What::of(own)?;
        match backend.node(&what) {
            Some(node) => {
                let make = || Ok(Open { file: proxy.file(sandbox, node)?, host: None });
                files.get_or(own, &what, make).map(Some)
            }
            None => files.get(own, &what),
        }
    }

    /// Where a file that the call named can be mapped since: gives the guest what it maps.
    pub(super) fn map(&self) {
        let Supervisor { backend, files, transport, .. } = self.supervisor;
        for (descriptor, open) in self.named.borrow_mut().drain(..) {
            let mapped = open.host.as_ref().filter(|_| open.file.mapping().is_some());
            let Some(memory) = mapped.and_then(|file| backend.mapped(file)) else { continue };
            let installed = crate::run::backend::reopen(&memory, rustix::fs::OFlags::RDWR).and_then(|memory| {
                files.add(&memory, open.clone(), Made::Memory)?;
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
        let found = self.file(descriptor).ok()??;
        if B::KEEPS
            && found.file.mapping().is_none()
            && let Some(open) = self.supervisor.files.of_id(found.file.id())
        {
            self.named.borrow_mut().push((descriptor, open));
        }
        Some(found)
    }

    fn hold(&self, file: u64) -> Option<GuestFile<B::File>> {
        let Supervisor { backend, files, tasks, .. } = self.supervisor;
        let open = files.of_id(file)?;
        let own = if B::KEEPS {
            None
        } else {
            let places = files.places_of(file, self.request.task);
            let duplicates = places.into_iter().filter_map(|(task, number)| tasks.duplicate_of_any(task, number).ok());
            Some(duplicates.into_iter().find(|own| files.is(own, &open))?)
        };
        let host = backend.host(&open, own)?;
        Some(GuestFile { file: open.file.clone(), host })
    }

    fn install(&self, file: GuestFile<B::File>) -> Result<i32, Errno> {
        let (host, descriptor) = self.supervisor.backend.keep(file.host)?;
        self.supervisor.files.add(&descriptor, Arc::new(Open { file: file.file, host }), Made::Itself)?;
        self.supervisor.transport.install(self.request.id, descriptor.as_fd(), Place::Free, true)
    }

    fn remove(&self, descriptor: i32) {
        // Only the guest itself can close it. It was not told the number, so it does not miss the file; it is freed when
        // the guest exits.
        tracing::debug!(descriptor, "a descriptor stays with a guest that could not be told of it");
    }
}
