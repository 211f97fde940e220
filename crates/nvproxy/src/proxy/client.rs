//! Clients: who made them, and what they hold.

use super::objects::{Details, Freed, Objects};
use super::save::Origin;
use super::{FileId, SandboxId};
use crate::abi::numbers::NV01_ROOT_CLIENT;
use crate::abi::types::NvHandle;
use hashbrown::{HashMap, HashSet};
use parking_lot::{ArcRwLockReadGuard, Mutex, MutexGuard, RawRwLock, RwLock, RwLockWriteGuard};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A client of the resource manager. It belongs to the open file description that it was made on (compare
/// src/nvidia/src/kernel/rmapi/client.c:rmclientValidate_IMPL()), and so to a sandbox.
pub(crate) struct Client {
    pub handle: NvHandle,
    pub sandbox: SandboxId,
    pub file: FileId,
    // `None` once it is freed: a call that waited for the lock must not add to it.
    objects: Mutex<Option<Objects>>,
    /// Calls that name the client read it, and a call that frees the client writes it.
    life: Arc<RwLock<()>>,
    gone: AtomicBool,
    /// Shared with whatever client has the handle next, as long as commands are under way.
    commands: Arc<Commands>,
}

impl Client {
    /// The commands that the driver may be looking at.
    pub(crate) fn commands(&self) -> &Commands {
        &self.commands
    }

    /// Keeps the client from being freed by a call; `None` if it is gone. Whoever reads twice does not wait behind a call
    /// that wants to free it.
    pub(crate) fn in_use(&self) -> Option<InUse> {
        let guard = RwLock::read_arc_recursive(&self.life);
        (!self.gone.load(Ordering::Acquire)).then_some(InUse(guard))
    }

    /// Waits until no call names it. To be called before [`lock`](Self::lock).
    pub(crate) fn unused(&self) -> RwLockWriteGuard<'_, ()> {
        self.life.write()
    }

    /// Takes away everything, because the driver freed the client.
    fn empty(&self) -> Freed {
        self.gone.store(true, Ordering::Release);
        let objects = self.objects.lock().take();
        objects.map_or_else(Freed::default, |mut objects| objects.free(self.handle))
    }

    /// The objects, for as long as the guard lives; `None` if the client went while waiting.
    pub(crate) fn lock(&self) -> Option<ClientGuard<'_>> {
        let guard = self.objects.lock();
        guard.is_some().then_some(ClientGuard(guard, &self.gone))
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

/// The objects on which commands of a client are under way: the proxy has looked at their classes, and the driver has yet
/// to execute the commands.
///
/// The proxy makes no object that forwards commands to the firmware (`receivers::forwards`) under such a handle. So an
/// object that did not forward commands when the proxy looked does not forward them when the driver looks. For every
/// other object the driver itself checks that it takes the command. Nothing waits for a command to end, because a guest
/// can delay that.
///
/// Every simple command passes through here, so up to eight at a time take no lock.
#[derive(Default)]
pub(crate) struct Commands {
    /// The object of a command and `TAKEN`, or 0.
    slots: [AtomicU64; 8],
    /// What found no slot. The lock is held for a few instructions, and no other is taken under it.
    more: Mutex<Vec<NvHandle>>,
}

/// Tells a slot with the handle 0 from an empty one.
const TAKEN: u64 = 1 << 32;

impl Commands {
    /// Takes note of a command on an object, until the guard is gone. It begins while the object's class is looked at,
    /// under the lock of the client's objects, which is what makes it seen by `are_on` under the same lock.
    pub(crate) fn begin(&self, object: NvHandle) -> Underway<'_> {
        let taken = TAKEN | u64::from(object.0);
        let free = |slot: &&AtomicU64| {
            slot.load(Ordering::Relaxed) == 0
                && slot.compare_exchange(0, taken, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        };
        let slot = self.slots.iter().find(free);
        if slot.is_none() {
            self.more.lock().push(object);
        }
        Underway { commands: self, object, slot }
    }

    /// Whether a command is under way on an object of that handle; for a handle that the driver is to choose, whether
    /// any is.
    pub(crate) fn are_on(&self, object: NvHandle) -> bool {
        let is_on = |other| object == NvHandle(0) || object == other;
        // Acquire: what is under a handle that is free again comes after the command's end.
        let slots = self.slots.iter().map(|slot| slot.load(Ordering::Acquire)).filter(|taken| *taken != 0);
        slots.map(|taken| NvHandle(taken as u32)).any(is_on) || self.more.lock().iter().copied().any(is_on)
    }
}

/// A command that the driver may be looking at.
#[must_use]
pub(crate) struct Underway<'a> {
    commands: &'a Commands,
    object: NvHandle,
    slot: Option<&'a AtomicU64>,
}

impl Drop for Underway<'_> {
    fn drop(&mut self) {
        if let Some(slot) = self.slot {
            return slot.store(0, Ordering::Release);
        }
        let mut more = self.commands.more.lock();
        if let Some(index) = more.iter().position(|object| *object == self.object) {
            more.swap_remove(index);
        }
    }
}

/// A client that no call frees for as long as this lives.
pub(crate) struct InUse(ArcRwLockReadGuard<RawRwLock, ()>);

impl InUse {
    /// Whether it is this client.
    pub(crate) fn is_of(&self, client: &Client) -> bool {
        Arc::ptr_eq(ArcRwLockReadGuard::rwlock(&self.0), &client.life)
    }
}

/// Exclusive access to a client's objects.
pub(crate) struct ClientGuard<'a>(MutexGuard<'a, Option<Objects>>, &'a AtomicBool);

impl ClientGuard<'_> {
    /// The objects.
    pub(crate) fn objects(&mut self) -> &mut Objects {
        self.0.get_or_insert_default()
    }

    /// Takes away everything: the client is gone.
    pub(crate) fn empty(&mut self, root: NvHandle) -> Freed {
        self.1.store(true, Ordering::Release);
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
    known: RwLock<Known>,
    identities: AtomicU64,
}

/// How many clients a sandbox may have: a 64th of the handles that the driver has for all (compare
/// src/nvidia/generated/g_resserv_nvoc.h, RS_CLIENT_HANDLE_MAX). Programs have about ten in each process.
pub(crate) const CLIENTS_MAX: usize = 1 << 14;

#[derive(Default)]
struct Known {
    by_handle: HashMap<NvHandle, Arc<Client>>,
    /// The clients of each file that has any.
    by_file: HashMap<FileId, HashSet<NvHandle>>,
    /// How many clients each sandbox has that has any.
    by_sandbox: HashMap<SandboxId, usize>,
    /// Commands of clients that are gone. A guest may ask for a client of the same handle, under which the driver would
    /// do them (compare src/nvidia/src/libraries/resserv/src/rs_server.c:_serverCreateEntryAndLockForNewClient()).
    left: HashMap<NvHandle, Arc<Commands>>,
}

impl Known {
    fn insert(&mut self, client: Arc<Client>) {
        self.by_file.entry(client.file).or_default().insert(client.handle);
        *self.by_sandbox.entry(client.sandbox).or_default() += 1;
        self.by_handle.insert(client.handle, client);
    }

    fn remove(&mut self, handle: NvHandle) -> Option<Arc<Client>> {
        let client = self.by_handle.remove(&handle)?;
        if let Some(clients) = self.by_file.get_mut(&client.file) {
            clients.remove(&handle);
            if clients.is_empty() {
                self.by_file.remove(&client.file);
            }
        }
        if let Some(count) = self.by_sandbox.get_mut(&client.sandbox) {
            *count -= 1;
            if *count == 0 {
                self.by_sandbox.remove(&client.sandbox);
            }
        }
        Some(client)
    }

    /// Keeps the commands of a client that goes, for the next one of its handle, while a call still has that client.
    fn leave(&mut self, client: &Client) {
        self.left.retain(|_, commands| Arc::strong_count(commands) > 1);
        self.left.insert(client.handle, client.commands.clone());
    }
}

impl Clients {
    /// The client of that handle, whoever's it is.
    pub(crate) fn get(&self, handle: NvHandle) -> Option<Arc<Client>> {
        self.known.read().by_handle.get(&handle).cloned()
    }

    /// The clients of a sandbox.
    pub(crate) fn of(&self, sandbox: SandboxId) -> Vec<Arc<Client>> {
        self.known.read().by_handle.values().filter(|client| client.sandbox == sandbox).cloned().collect()
    }

    /// Whether a sandbox may have no more clients.
    pub(crate) fn is_full(&self, sandbox: SandboxId) -> bool {
        self.known.read().by_sandbox.get(&sandbox).is_some_and(|count| *count >= CLIENTS_MAX)
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
        let mut known = self.known.write();
        // The one before is emptied first: no command of it begins once there is another client of the handle.
        while let Some(stale) = known.remove(handle) {
            known.leave(&stale);
            drop(known);
            drop(stale.empty());
            known = self.known.write();
        }
        let commands = known.left.remove(&handle).unwrap_or_default();
        let objects = Mutex::new(Some(objects));
        let (life, gone) = (Arc::default(), AtomicBool::new(false));
        let client = Arc::new(Client { handle, sandbox, file, objects, life, gone, commands });
        known.insert(client);
    }

    /// Forgets a client that is gone, unless its handle was given again.
    pub(crate) fn forget(&self, gone: &Arc<Client>) {
        let mut known = self.known.write();
        if known.by_handle.get(&gone.handle).is_some_and(|client| Arc::ptr_eq(client, gone)) {
            known.remove(gone.handle);
            known.leave(gone);
        }
    }

    /// Takes note that a file is closed for good: the driver frees the clients that were made on it (compare
    /// src/nvidia/arch/nvalloc/unix/src/osapi.c:rm_cleanup_file_private()).
    pub(crate) fn close(&self, file: FileId) {
        let clients = {
            let known = self.known.read();
            let of_file = known.by_file.get(&file).into_iter().flatten();
            of_file.filter_map(|handle| known.by_handle.get(handle).cloned()).collect::<Vec<_>>()
        };
        for client in clients {
            drop(client.empty());
            self.forget(&client);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: NvHandle = NvHandle(0xc1d0_0001);
    const OBJECT: NvHandle = NvHandle(5);

    fn add(clients: &Clients) -> Arc<Client> {
        clients.add(CLIENT, SandboxId(1), FileId(1), None);
        clients.get(CLIENT).unwrap()
    }

    #[test]
    fn commands_are_under_way_until_they_end() {
        let commands = Commands::default();
        let (first, second) = (commands.begin(OBJECT), commands.begin(OBJECT));
        let other = commands.begin(NvHandle(6));
        drop(first);
        assert!(commands.are_on(OBJECT));
        drop(second);
        assert!(!commands.are_on(OBJECT) && commands.are_on(NvHandle(6)));
        assert!(commands.are_on(NvHandle(0)), "whatever handle the driver chooses");
        drop(other);
        assert!(!commands.are_on(NvHandle(0)));
        assert!(commands.slots.iter().all(|slot| slot.load(Ordering::Relaxed) == 0));
    }

    #[test]
    fn more_commands_than_slots_are_under_way_until_they_end() {
        let commands = Commands::default();
        let mut underway: Vec<_> = (1..100).map(|object| commands.begin(NvHandle(object))).collect();
        for object in (1..100).rev() {
            assert!(commands.are_on(NvHandle(object)));
            underway.pop();
            assert!(!commands.are_on(NvHandle(object)), "{object}");
        }
        assert!(!commands.are_on(NvHandle(0)) && commands.more.lock().is_empty());
    }

    #[test]
    fn the_next_client_of_a_handle_has_the_commands_of_the_one_before() {
        let clients = Clients::default();
        let old = add(&clients);
        let underway = old.commands().begin(OBJECT);
        // It goes in each of the ways there are.
        let again = add(&clients);
        assert!(again.commands().are_on(OBJECT));
        clients.forget(&again);
        // Others come and go meanwhile.
        for handle in 1..10 {
            clients.add(NvHandle(handle), SandboxId(1), FileId(2), None);
        }
        clients.close(FileId(2));
        let again = add(&clients);
        assert!(again.commands().are_on(OBJECT));
        clients.close(FileId(1));
        let again = add(&clients);
        assert!(again.commands().are_on(OBJECT));
        drop(underway);
        assert!(!again.commands().are_on(NvHandle(0)));
    }

    #[test]
    fn the_number_of_clients_is_bounded_for_each_sandbox() {
        let clients = Clients::default();
        for handle in 1..=CLIENTS_MAX as u32 {
            assert!(!clients.is_full(SandboxId(1)));
            // A handle that is given again is one client's.
            clients.add(NvHandle(handle), SandboxId(2), FileId(2), None);
            clients.add(NvHandle(handle), SandboxId(1), FileId(1), None);
        }
        assert!(clients.is_full(SandboxId(1)) && !clients.is_full(SandboxId(2)));
        clients.forget(&clients.get(NvHandle(7)).unwrap());
        assert!(!clients.is_full(SandboxId(1)));
    }

    #[test]
    fn a_file_with_many_clients_is_closed_in_time_in_proportion_to_their_number() {
        let close = |count: usize| {
            let clients = Clients::default();
            for handle in 1..=count as u32 {
                clients.add(NvHandle(handle), SandboxId(1), FileId(1), None);
            }
            let before = std::time::Instant::now();
            clients.close(FileId(1));
            let took = before.elapsed();
            assert!(clients.known.read().by_handle.is_empty());
            took
        };
        let least = |count| (0..5).map(|_| close(count)).min().unwrap();
        let (few, many) = (least(CLIENTS_MAX / 16), least(CLIENTS_MAX));
        assert!(many < few * 64, "16 times as many took {many:?} in place of {few:?}");
    }

    #[test]
    fn files_with_a_client_each_are_closed_in_time_in_proportion_to_their_number() {
        let close = |count: u32| {
            let clients = Clients::default();
            for number in 1..=count {
                clients.add(NvHandle(number), SandboxId(1), FileId(number.into()), None);
            }
            let before = std::time::Instant::now();
            (1..=count).for_each(|number| clients.close(FileId(number.into())));
            before.elapsed()
        };
        let least = |count| (0..5).map(|_| close(count)).min().unwrap();
        let (few, many) = (least(CLIENTS_MAX as u32 / 16), least(CLIENTS_MAX as u32));
        assert!(many < few * 64, "16 times as many took {many:?} in place of {few:?}");
    }

    #[test]
    fn clients_that_are_gone_leave_nothing_once_no_call_has_them() {
        let clients = Clients::default();
        for handle in 1..100 {
            clients.add(NvHandle(handle), SandboxId(1), FileId(1), None);
            clients.close(FileId(1));
        }
        let known = clients.known.read();
        assert!(known.by_handle.is_empty() && known.by_file.is_empty() && known.by_sandbox.is_empty());
        // The last one's are looked at when the next client goes.
        assert!(known.left.len() <= 1, "{}", known.left.len());
    }
}
