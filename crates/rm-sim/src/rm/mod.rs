//! The resource manager's objects.

mod kind;
mod object;
mod tree;

pub(crate) use kind::{Kind, Kinds};
pub(crate) use object::{Body, Client, Object};
pub(crate) use tree::Tree;

use crate::event::OsEvent;
use nvproxy::abi::status::NV_STATUS;
use rustc_hash::FxHashMap;

/// `RS_CLIENT_HANDLE_BASE`, `RS_CLIENT_HANDLE_MAX` (src/nvidia/inc/libraries/resserv/resserv.h).
const CLIENT_BASE: u32 = 0xc1d0_0000;
const CLIENT_MASK: u32 = 0x000f_ffff;

/// As many clients and objects as there can be in all. The driver has no such limits; memory has.
const MOST_CLIENTS: usize = 1 << 14;
const MOST_OBJECTS: usize = 1 << 18;
/// As many events as can be tied to files.
const MOST_OS_EVENTS: usize = 1 << 14;

/// Clients and their objects.
pub(crate) struct Rm {
    clients: FxHashMap<u32, Client>,
    next: u32,
    objects: usize,
    os_events: Vec<OsEvent>,
}

impl Rm {
    pub(crate) fn new() -> Self {
        Self { clients: FxHashMap::default(), next: 1, objects: 0, os_events: Vec::new() }
    }

    pub(crate) fn clients(&self) -> usize {
        self.clients.len()
    }

    pub(crate) fn objects(&self) -> usize {
        self.objects
    }

    /// Makes a client. A handle that the caller wants is made one of a client's (compare
    /// src/nvidia/src/libraries/resserv/src/rs_server.c:_serverCreateEntryAndLockForNewClient()).
    pub(crate) fn add_client(&mut self, wanted: u32, owner: u64) -> Result<u32, NV_STATUS> {
        if self.clients.len() >= MOST_CLIENTS {
            return Err(NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES);
        }
        let handle = if wanted == 0 {
            let mut next = self.next;
            while self.clients.contains_key(&(CLIENT_BASE | next)) {
                next = (next + 1) & CLIENT_MASK;
            }
            self.next = (next + 1) & CLIENT_MASK;
            CLIENT_BASE | next
        } else {
            CLIENT_BASE | wanted & CLIENT_MASK
        };
        if self.clients.contains_key(&handle) {
            return Err(NV_STATUS::NV_ERR_INSERT_DUPLICATE_NAME);
        }
        self.clients.insert(handle, Client { owner, objects: Tree::new(handle) });
        Ok(handle)
    }

    /// A client, by the file that uses it. Another file's is none (compare
    /// src/nvidia/src/kernel/rmapi/client.c:rmclientValidate_IMPL()).
    pub(crate) fn client(&mut self, handle: u32, owner: u64) -> Result<&mut Client, NV_STATUS> {
        let client = self.clients.get_mut(&handle).ok_or(NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE)?;
        if client.owner == owner { Ok(client) } else { Err(NV_STATUS::NV_ERR_INVALID_CLIENT) }
    }

    /// Whether there is such a client, whosever it is.
    pub(crate) fn has_client(&self, handle: u32) -> bool {
        self.clients.contains_key(&handle)
    }

    /// What an object has, whosever it is.
    pub(crate) fn body(&self, client: u32, handle: u32) -> Option<Body> {
        Some(self.clients.get(&client)?.objects.get(handle)?.body.clone())
    }

    /// The class of an object, whosever it is.
    pub(crate) fn class(&self, client: u32, handle: u32) -> Option<u32> {
        Some(self.clients.get(&client)?.objects.get(handle)?.class)
    }

    /// The GPU that an object is below, whosever it is.
    pub(crate) fn gpu(&self, client: u32, handle: u32) -> Option<usize> {
        self.clients.get(&client)?.objects.get(handle)?.gpu
    }

    /// The handle that a new object is to have, and the GPU that it is below (compare
    /// src/nvidia/src/libraries/resserv/src/rs_client.c:clientAssignResourceHandle_IMPL(), _clientAllocResourceHelper()).
    pub(crate) fn place(
        &mut self,
        kinds: &Kinds,
        client: (u32, u64),
        wanted: u32,
        parent: u32,
        kind: Kind,
    ) -> Result<(u32, Option<usize>), NV_STATUS> {
        let full = self.objects >= MOST_OBJECTS;
        let (root, owner) = client;
        let objects = &mut self.client(root, owner)?.objects;
        if full {
            return Err(NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES);
        }
        let handle = match wanted {
            0 => objects.choose().ok_or(NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES)?,
            _ if wanted == root => return Err(NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE),
            _ if objects.get(wanted).is_some() => return Err(NV_STATUS::NV_ERR_INSERT_DUPLICATE_NAME),
            _ => wanted,
        };
        let (above, gpu) = match parent {
            0 => (Kind::Client, None),
            _ if parent == root => (Kind::Client, None),
            _ => {
                let parent = objects.get(parent).ok_or(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND)?;
                (parent.kind, parent.gpu)
            }
        };
        if kinds.may_be_under(kind, above) { Ok((handle, gpu)) } else { Err(NV_STATUS::NV_ERR_INVALID_OBJECT_PARENT) }
    }

    /// Adds an object where [`place`](Self::place) said, which cannot be without some others.
    pub(crate) fn add(&mut self, client: u32, handle: u32, parent: u32, object: Object, on: &[u32]) {
        let Some(client) = self.clients.get_mut(&client) else { return };
        client.objects.add(handle, parent, object);
        for on in on {
            client.objects.depend(handle, *on);
        }
        self.objects += 1;
    }

    /// Frees an object and what hangs on it, or the client. What is not there is free already.
    pub(crate) fn free(&mut self, client: (u32, u64), handle: u32) -> Result<Freed, NV_STATUS> {
        let (root, owner) = client;
        let found = self.client(root, owner)?;
        if handle != root {
            let objects = found.objects.remove(handle);
            self.objects -= objects.len();
            return Ok(Freed { _objects: objects });
        }
        let objects = found.objects.clear();
        self.objects -= objects.len();
        self.clients.remove(&root);
        self.os_events.retain(|event| event.client != root);
        Ok(Freed { _objects: objects })
    }

    /// Frees whatever was made on a file.
    pub(crate) fn close(&mut self, owner: u64) -> Vec<Freed> {
        let clients: Vec<u32> =
            self.clients.iter().filter(|(_, client)| client.owner == owner).map(|(handle, _)| *handle).collect();
        let freed = clients.into_iter().filter_map(|handle| self.free((handle, owner), handle).ok()).collect();
        self.os_events.retain(|event| event.of != owner);
        freed
    }

    /// Ties events of a client to a file; a second one of the same number is refused (compare
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c:allocate_os_event()).
    pub(crate) fn add_os_event(&mut self, event: OsEvent) -> NV_STATUS {
        if self.os_event(event.client, event.key).is_some() {
            return NV_STATUS::NV_ERR_INVALID_ARGUMENT;
        }
        if self.os_events.len() >= MOST_OS_EVENTS {
            return NV_STATUS::NV_ERR_NO_MEMORY;
        }
        self.os_events.push(event);
        NV_STATUS::NV_OK
    }

    pub(crate) fn os_event(&self, client: u32, key: u32) -> Option<&OsEvent> {
        self.os_events.iter().find(|event| event.client == client && event.key == key)
    }

    pub(crate) fn remove_os_event(&mut self, client: u32, key: u32) -> NV_STATUS {
        let before = self.os_events.len();
        self.os_events.retain(|event| event.client != client || event.key != key);
        if self.os_events.len() < before { NV_STATUS::NV_OK } else { NV_STATUS::NV_ERR_INVALID_EVENT }
    }
}

/// What was freed: to be dropped when no lock is held, because memory and channels go with it.
pub(crate) struct Freed {
    _objects: Vec<Object>,
}
