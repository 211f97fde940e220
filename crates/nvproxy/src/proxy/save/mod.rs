//! Saving a sandbox, and making it again.
//!
//! What is saved are the calls that made things, as the guest sent them; restoring makes these calls again, the same way
//! as a guest's, so a snapshot can do nothing that a guest could not.

mod check;
mod error;
mod notes;
mod remake;
mod replay;
mod take;

pub use error::{Damage, Obstacle, RestoreError, SaveError, Subject, Why, WhyNot};
pub(crate) use notes::Origin;
pub(super) use notes::{MappedBy, Notes};
pub use remake::Restored;
pub use take::Saved;

use super::Proxy;
use super::gpus::Card;
use crate::Node;
use crate::abi::types::NvHandle;
use crate::host::HostDriver;
use nix::errno::Errno;
use serde::{Deserialize, Serialize};

/// The format that this version writes, and the only one it reads.
pub const FORMAT: u32 = 1;

/// A sandbox's files, clients and objects, and how they were made.
///
/// It is data for serde, in any format:
///
/// ```
/// use nvproxy::save::{FORMAT, Snapshot};
/// use nvproxy::{HostDriver, Options, Proxy};
/// use std::collections::BTreeMap;
///
/// /// Brings back what was written to a file, on GPU 1 what was on GPU 0.
/// fn bring_back<D: HostDriver>(proxy: &Proxy<D>, text: &str) -> Result<(), Box<dyn std::error::Error>> {
///     let snapshot: Snapshot = serde_json::from_str(text)?;
///     assert_eq!(snapshot.format, FORMAT);
///     let options = Options { saveable: true, ..Options::default() };
///     let restored = proxy.restore(&snapshot, options, &BTreeMap::from([(0, 1)]))?;
///     for (saved, file) in snapshot.files.iter().zip(restored.files) {
///         println!("the guest's {} is now {}", saved.node, file.file.node());
///     }
///     Ok(())
/// }
/// ```
///
/// Not in it are what memory holds, and what control commands set: both are the client's own to save and bring back, as
/// `cuda-checkpoint` does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// [`FORMAT`].
    pub format: u32,
    /// The release of the driver: what was sent has its layout.
    pub driver: String,
    /// The GPUs that something in here is of.
    pub gpus: Vec<HostGpu>,
    /// The open files, in the order in which they were opened.
    pub files: Vec<SavedFile>,
    /// The clients, in the order in which they were made.
    pub clients: Vec<SavedClient>,
    /// The objects of all clients, in the order in which they were made: each after its parent, what it depends on, and
    /// what it is a duplicate of.
    pub objects: Vec<SavedObject>,
}

/// A GPU, as the driver tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostGpu {
    /// The number in `/dev/nvidia#`.
    pub minor: u32,
    /// What the resource manager calls it.
    pub id: u32,
    /// Who made it and what it is, in PCI's numbers.
    pub vendor: u16,
    /// What it is, in its vendor's numbers.
    pub device: u16,
    /// What `NV01_DEVICE_0` calls it, while it is attached.
    pub instance: Option<u32>,
    /// Its UUID, where the driver tells it.
    pub uuid: Option<String>,
}

/// An open file. Others mean it by its place in [`Snapshot::files`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedFile {
    /// The device file.
    pub node: Node,
    /// The control file that it is registered with.
    pub control: Option<u32>,
    /// The identities of the GPUs attached to it.
    pub attached: Vec<u32>,
    /// The events that were made on it.
    pub events: Vec<SavedEvent>,
    /// What it is prepared to be mapped as, unless the object that did that does it again.
    pub mapping: Option<SavedMapping>,
}

/// An event of a file (`NV_ESC_ALLOC_OS_EVENT`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedEvent {
    /// The parameters, as the guest sent them.
    pub argument: Vec<u8>,
    /// The descriptor that it is known by, and the file that this was.
    pub descriptor: (i32, u32),
}

/// A preparation to be mapped (`NV_ESC_RM_MAP_MEMORY`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedMapping {
    /// The file that the call was made on.
    pub file: u32,
    /// The guest's descriptor of the file that was prepared.
    pub descriptor: i32,
    /// The parameters, as the guest sent them.
    pub argument: Vec<u8>,
    /// What the guest and the driver call the mapping by; `None` when the guest took it away.
    pub address: Option<u64>,
}

/// A client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedClient {
    /// Its handle.
    pub handle: u32,
    /// How it was made.
    pub call: SavedCall,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedObject {
    /// The client that it is of.
    pub client: u32,
    /// Its handle.
    pub handle: u32,
    /// Its parent: the client's handle, or another object's.
    pub parent: u32,
    /// Its class.
    pub class: u32,
    /// What it depends on besides, in the same client.
    pub dependencies: Vec<u32>,
    /// What it is a duplicate of: a client's handle and an object's.
    pub source: Option<(u32, u32)>,
    /// How it was made.
    pub call: SavedCall,
}

/// A call that made something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedCall {
    /// The file it was made on.
    pub file: u32,
    /// The ioctl's number.
    pub escape: u32,
    /// Its parameters as the guest sent them, without addresses.
    pub argument: Vec<u8>,
    /// What they lead to: the parameters of the class. None where it is empty.
    pub params: Vec<u8>,
    /// The rights asked for. None where it is empty.
    pub rights: Vec<u8>,
    /// The guest's descriptors in these, and the files that they were.
    pub descriptors: Vec<(i32, u32)>,
}

impl<D: HostDriver> Proxy<D> {
    /// The GPUs of this host, for choosing those that a saved sandbox is to have.
    ///
    /// # Errors
    /// The driver's, for opening `/dev/nvidiactl` and asking.
    pub fn host_gpus(&self) -> Result<Vec<HostGpu>, Errno> {
        let file = self.driver.open(Node::Control)?;
        let cards = self.ask_cards(&file)?;
        let client = self.ask_client(&file)?;
        let gpus = cards.into_iter().map(|card| self.identify(&file, client, card)).collect();
        self.ask_free(&file, client, client);
        Ok(gpus)
    }

    fn identify(&self, file: &D::File, client: NvHandle, Card { gpu, pci }: Card) -> HostGpu {
        HostGpu {
            minor: gpu.minor,
            id: gpu.id,
            vendor: pci.0,
            device: pci.1,
            instance: self.ask_instance(file, client, gpu.id),
            uuid: self.ask_uuid(file, client, gpu.id),
        }
    }
}
