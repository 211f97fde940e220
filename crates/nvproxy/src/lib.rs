//! The NVIDIA driver proxy.
//!
//! Applications talk to NVIDIA's kernel driver through ioctls on `/dev/nvidiactl`, `/dev/nvidia#` and
//! `/dev/nvidia-uvm`, an interface that changes between driver releases without notice. This crate knows what that
//! interface is at every release ([`abi`]), and stands between a guest and the driver ([`Proxy`]): it lets through what
//! the release has and the sandbox may use, translates descriptors and pointers, and forwards that and nothing else.
//!
//! | item | subject |
//! |---|---|
//! | [`abi`] | which ioctls, control commands and classes exist at a release, what they carry, who may use them |
//! | [`pack`] | release packs: a driver release that this build does not know, learnt from its headers |
//! | [`Proxy`] | a guest's call, done or refused |
//! | [`Sandbox`], [`Options`], [`abi::Capabilities`] | what a guest may use |
//! | [`File`], [`Mapping`] | an open device file of a guest, and what may be mapped of it |
//! | [`GuestMemory`], [`GuestFiles`] | what a runtime provides: the guest's memory and descriptors |
//! | [`HostDriver`], [`Linux`] | the driver behind: the kernel's, or a simulated one |
//! | [`driver_version`], [`procfs`] | what the host says of its driver and GPUs, and what a guest is shown of that |
//! | [`Proxy::save`], [`Proxy::restore`], [`save`] | a sandbox as data, and made again of it, also on another host |
//! | [`devices`] | the device files that a sandbox has |
//! | [`seccomp`] | what the process that issues calls to the driver needs to be allowed |
//! | [`printable`] | text of packs, sources and file names in messages |
//! | [`Counters`], [`Refusal`], [`Observer`] | what became of calls, for people, for metrics and for tracers |
//!
//! # Embedding
//!
//! A runtime implements two traits for its guests, and hands every ioctl on a device file to the proxy:
//!
//! ```
//! use nvproxy::abi::Abi;
//! use nvproxy::abi::numbers::NV_ESC_RM_ALLOC;
//! use nvproxy::{
//!     Call, Errno, Fault, Guest, GuestFile, GuestFiles, GuestMemory, HostDriver, Node, Options, Outcome, Proxy,
//! };
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//! use version_tree::{Tree, version};
//!
//! // The guest's memory: here, a few bytes at address 0x1000.
//! struct Memory(Mutex<Vec<u8>>);
//! impl GuestMemory for Memory {
//!     fn read(&self, address: u64, into: &mut [u8]) -> Result<(), Fault> {
//!         let start = address.checked_sub(0x1000).ok_or(Fault)? as usize;
//!         let end = start.checked_add(into.len()).ok_or(Fault)?;
//!         into.copy_from_slice(self.0.lock().unwrap().get(start..end).ok_or(Fault)?);
//!         Ok(())
//!     }
//!     fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
//!         let start = address.checked_sub(0x1000).ok_or(Fault)? as usize;
//!         let end = start.checked_add(bytes.len()).ok_or(Fault)?;
//!         self.0.lock().unwrap().get_mut(start..end).ok_or(Fault)?.copy_from_slice(bytes);
//!         Ok(())
//!     }
//! }
//!
//! // The guest's descriptors.
//! struct Files(Mutex<HashMap<i32, GuestFile<u32>>>);
//! impl GuestFiles<u32> for Files {
//!     fn get(&self, descriptor: i32) -> Option<GuestFile<u32>> {
//!         let files = self.0.lock().unwrap();
//!         files.get(&descriptor).map(|file| GuestFile { file: file.file.clone(), host: file.host })
//!     }
//!     fn hold(&self, id: u64) -> Option<GuestFile<u32>> {
//!         let files = self.0.lock().unwrap();
//!         let file = files.values().find(|file| file.file.id() == id)?;
//!         Some(GuestFile { file: file.file.clone(), host: file.host })
//!     }
//!     fn install(&self, file: GuestFile<u32>) -> Result<i32, Errno> {
//!         self.0.lock().unwrap().insert(9, file);
//!         Ok(9)
//!     }
//!     fn remove(&self, descriptor: i32) {
//!         self.0.lock().unwrap().remove(&descriptor);
//!     }
//! }
//!
//! // The driver. On a machine with a GPU it is `nvproxy::Linux`, whose files are `OwnedFd`s.
//! struct Driver;
//! impl HostDriver for Driver {
//!     type File = u32;
//!     fn open(&self, _: Node) -> Result<u32, Errno> {
//!         Ok(42)
//!     }
//!     fn ioctl(&self, _: &u32, call: &mut Call<'_, u32>) -> Result<i32, Errno> {
//!         let argument = call.argument().unwrap_or_default();
//!         if call.request() & 0xff == NV_ESC_RM_ALLOC {
//!             // It chooses the handle of the client.
//!             call.bytes()[argument][8..12].copy_from_slice(&0xc1d00001u32.to_le_bytes());
//!         }
//!         Ok(0)
//!     }
//! }
//!
//! let abi = Abi::compose(Tree::embedded(), version!("580.95.05"))?;
//! let proxy = Proxy::new(Driver, abi);
//! let sandbox = proxy.sandbox(Options::default());
//!
//! // The guest opens /dev/nvidiactl and /dev/nvidia0.
//! let files = Files(Mutex::default());
//! let control = proxy.open(&sandbox, Node::Control)?;
//! files.0.lock().unwrap().insert(4, proxy.open(&sandbox, Node::Device(0))?);
//! let memory = Memory(Mutex::new(vec![0; 4096]));
//! let guest = Guest { memory: &memory, files: &files };
//!
//! // It makes a client: NV_ESC_RM_ALLOC of NV01_ROOT, 32 bytes.
//! assert_eq!(proxy.ioctl(&control, 0xc020462b, 0x1000, &guest), Ok(Outcome::Done(0)));
//! let client = memory.0.lock().unwrap()[8..12].to_vec();
//!
//! // It asks to map 8192 bytes of some memory through its descriptor 4: NV_ESC_RM_MAP_MEMORY, 56 bytes.
//! let mut request = [0; 56];
//! request[..4].copy_from_slice(&client);
//! request[24..32].copy_from_slice(&8192u64.to_le_bytes());
//! request[48..52].copy_from_slice(&4i32.to_le_bytes());
//! memory.write(0x1000, &request).unwrap();
//! assert_eq!(proxy.ioctl(&control, 0xc038464e, 0x1000, &guest), Ok(Outcome::Done(0)));
//!
//! // When the guest maps that descriptor, this is what the runtime maps of the host's file.
//! let device = files.get(4).unwrap();
//! assert_eq!(device.file.mapping().map(|mapping| mapping.length), Some(8192));
//!
//! // What the release does not have does not reach the driver.
//! assert_eq!(proxy.ioctl(&control, 0xc02046ff, 0x1000, &guest), Err(Errno::EINVAL));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod abi;
pub mod devices;
pub mod pack;
pub mod printable;
pub mod procfs;
pub mod seccomp;

mod guest;
mod host;
mod proxy;

pub use nix::errno::Errno;

pub use guest::{Fault, GuestFile, GuestFiles, GuestMemory, Lending, Mapped};
pub use host::{
    Call, DriverVersionError, HostDriver, Kept, Lent, Linux, Node, Value, driver_version, version_of_module,
    version_of_proc,
};
pub use proxy::{
    Asked, Counter, Counters, EventKeys, File, Gpu, Guest, Mapping, MemoryType, Observer, Options, Outcome, Proxy,
    Refusal, Refused, Sandbox, UvmMode, save,
};
