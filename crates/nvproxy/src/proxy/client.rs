//! Clients: who made them, and what they hold.

use super::objects::{Details, Freed, Objects};
use super::save::Origin;
use super::{FileId, SandboxId};
use crate::abi::numbers::NV01_ROOT_CLIENT;
use crate::abi::types::NvHandle;
use hashbrown::HashMap;
use parking_lot::{Mutex, MutexGuard, RwLock};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A client of the resource manager. It belongs to the open file description that it was made on (compare
/// src/nvidia/src/kernel/rmapi/client.c:rmclientValidate_IMPL()), and so to a sandbox.
pub(crate) struct Client {
    pub handle: NvHandle,
    pub sandbox: SandboxId,
    pub file: FileId,
    // `None` once it is freed: a call that waited for the lock must not add to it.
    objects: Mutex<Option<Objects>>,
}

impl Client {
    /// The objects, for as long as the guard lives; `None` if the client went while waiting.
    pub(crate) fn lock(&self) -> Option<ClientGuard<'_>> {
        let guard = self.objects.lock();
        guard.is_some().then_some(ClientGuard(guard))
    }

    /// The objects of this client and, if it is another one, of that. Whoever asks for two clients gets the one with
    /// the lower handle first, so that nobody waits in a circle (compare
    /// src/nvidia/src/libraries/resserv/src/rs_server.c:_serverLockDualClientWithLockInfo()).
    pub(crate) fn lock_with<'a>(&'a self, other: &'a Self) -> Option<(ClientGuard<'a>, Option<ClientGuard<'a>>)> {
        if std::ptr::eq(self, other) {
            return Some((self.lock()?, None));
        }
        // Two clients of one handle are there for a moment when it is given again; their addresses differ.
        let key = |client: &Self| (client.handle, std::ptr::from_ref(client));
        if key(self) < key(other) {
            let this = self.lock()?;
            Some((this, Some(other.lock()?)))
        } else {
            let other = other.lock()?;
            Some((self.lock()?, Some(other)))
        }
    }
}

/// Exclusive access to a client's objects.
pub(crate) struct ClientGuard<'a>(MutexGuard<'a, Option<Objects>>);

impl ClientGuard<'_> {
    /// The objects.
    pub(crate) fn objects(&mut self) -> &mut Objects {
        self.0.get_or_insert_default()
    }

    /// Takes away everything: the client is gone.
    pub(crate) fn empty(&mut self, root: NvHandle) -> Freed {
        self.0.take().map_or_else(Freed::default, |mut objects| objects.free(root))
    }

    /// Whether the client is gone.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

/// The clients of all sandboxes: their handles are unique within the driver.
#[derive(Default)]
pub(crate) struct Clients {
    by_handle: RwLock<HashMap<NvHandle, Arc<Client>>>,
    identities: AtomicU64,
}

impl Clients {
    /// The client of that handle, whoever's it is.
    pub(crate) fn get(&self, handle: NvHandle) -> Option<Arc<Client>> {
        self.by_handle.read().get(&handle).cloned()
    }

    /// The clients of a sandbox.
    pub(crate) fn of(&self, sandbox: SandboxId) -> Vec<Arc<Client>> {
        self.by_handle.read().values().filter(|client| client.sandbox == sandbox).cloned().collect()
    }

    /// A number for an object that is no duplicate.
    pub(crate) fn identity(&self) -> u64 {
        self.identities.fetch_add(1, Ordering::Relaxed)
    }

    /// Takes note of a client that the driver made. The driver gives a handle again only after it is free, so what was
    /// known under it is gone.
    pub(crate) fn add(&self, handle: NvHandle, sandbox: SandboxId, file: FileId, origin: Option<Box<Origin>>) {
        let mut objects = Objects::default();
        let root = Details { class: NV01_ROOT_CLIENT, origin, ..Details::default() };
        let _ = objects.add(handle, NvHandle(0), self.identity(), root);
        let client = Arc::new(Client { handle, sandbox, file, objects: Mutex::new(Some(objects)) });
        let stale = self.by_handle.write().insert(handle, client);
        drop(stale.map(|client| Self::empty(&client)));
    }

    /// Forgets a client that is gone, unless its handle was given again.
    pub(crate) fn forget(&self, gone: &Arc<Client>) {
        let mut clients = self.by_handle.write();
        if clients.get(&gone.handle).is_some_and(|client| Arc::ptr_eq(client, gone)) {
            clients.remove(&gone.handle);
        }
    }

    /// Takes note that a file is closed for good: the driver frees the clients that were made on it (compare
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c:rm_cleanup_file_private()).
    pub(crate) fn close(&self, file: FileId) {
        let mut gone = Vec::new();
        self.by_handle.write().retain(|_, client| {
            let stays = client.file != file;
            if !stays {
                gone.push(client.clone());
            }
            stays
        });
        for client in gone {
            drop(Self::empty(&client));
        }
    }

    fn empty(client: &Client) -> Freed {
        let objects = client.objects.lock().take();
        objects.map_or_else(Freed::default, |mut objects| objects.free(client.handle))
    }
}
