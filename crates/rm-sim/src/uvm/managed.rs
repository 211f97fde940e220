//! An open file of `/dev/nvidia-uvm`.

use crate::gpu::Mappings;
use crate::memory::{Budget, GuestMemory, Store};
use parking_lot::{Mutex, RwLock};
use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock};

/// As long as the addresses of a process can be.
const LENGTH: u64 = 1 << 47;

/// What the driver knows of such a file.
pub(crate) struct Managed {
    /// Memory of the resource manager that the client put at addresses of its own choice.
    pub external: RwLock<Mappings>,
    pub state: Mutex<State>,
    guest: OnceLock<Arc<dyn GuestMemory>>,
    /// A byte for each address. What the guest maps of it is at the guest's addresses, too.
    store: Option<Store>,
}

#[derive(Default)]
pub(crate) struct State {
    pub initialized: bool,
    pub gpus: Vec<[u8; 16]>,
    pub groups: u64,
}

impl Managed {
    /// `host` is what the simulator itself may fill.
    pub(crate) fn new(host: &Arc<Budget>) -> Self {
        Self {
            external: RwLock::default(),
            state: Mutex::default(),
            guest: OnceLock::new(),
            store: Store::new(LENGTH, &Budget::new(LENGTH), host),
        }
    }

    /// Says whose addresses they are.
    pub(crate) fn set_guest(&self, memory: Arc<dyn GuestMemory>) {
        // The first one counts: a file's memory is that of whoever initialises it.
        let _ = self.guest.set(memory);
    }

    /// The memory file that the guest maps.
    pub(crate) fn descriptor(&self) -> Option<Arc<OwnedFd>> {
        self.store.as_ref()?.descriptor()
    }

    /// Copies from an address of the client's.
    pub(crate) fn read(&self, address: u64, into: &mut [u8]) -> bool {
        self.guest.get().is_some_and(|guest| guest.read_at(address, into))
            || self.inside(address, into.len()) && self.store.as_ref().is_some_and(|store| store.read(address, into))
    }

    /// Copies to an address of the client's.
    pub(crate) fn write(&self, address: u64, bytes: &[u8]) -> bool {
        self.guest.get().is_some_and(|guest| guest.write_at(address, bytes))
            || self.inside(address, bytes.len()) && self.store.as_ref().is_some_and(|store| store.write(address, bytes))
    }

    fn inside(&self, address: u64, len: usize) -> bool {
        // Without a descriptor in the guest's hands there is nothing at all.
        self.guest.get().is_none() && address.checked_add(len as u64).is_some_and(|end| end <= LENGTH)
    }
}
