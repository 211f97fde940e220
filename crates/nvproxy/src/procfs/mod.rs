//! What the driver and the kernel tell of themselves in `/proc` and `/sys`, and what of it a guest is shown.
//!
//! [`Host::read`] takes all of it in once. Which device files a sandbox has follows from it
//! ([`device_files`](crate::devices::device_files)), and from these which files of `/proc` and `/sys` its guests see
//! ([`shown`]).
//!
//! Everything that is read is bounded: files in bytes, directories in entries.

mod capability;
mod gpu;
mod majors;
mod params;
mod shown;
mod text;

pub use capability::CapabilityFile;
pub use gpu::{GpuFacts, NotAnAddress, PciAddress};
pub use majors::Majors;
pub use params::Params;
pub use shown::{ShownFile, shown};
pub use text::ProcfsError;

use crate::host::version_of_proc;
use std::path::Path;
use text::{Reader, required};
use version_tree::DriverVersion;

/// What a host's driver tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The text of `/proc/driver/nvidia/version`.
    pub version_text: String,
    /// The release that this text names.
    pub version: DriverVersion,
    /// The driver's settings: `/proc/driver/nvidia/params`.
    pub params: Params,
    /// Its device numbers: `/proc/devices`.
    pub majors: Majors,
    /// Its GPUs, in the order of their addresses: `/proc/driver/nvidia/gpus`.
    pub gpus: Vec<GpuFacts>,
    /// What may be had by opening a file: `/proc/driver/nvidia/capabilities`, in the order of their paths.
    pub capabilities: Vec<CapabilityFile>,
    /// How large a block of memory is that may be plugged, in bytes: `/sys/devices/system/memory/block_size_bytes`.
    /// Kernels without memory hotplug do not tell. It is what
    /// [`with_memory_block_size`](crate::Proxy::with_memory_block_size) wants.
    pub memory_block_size: Option<u64>,
}

impl Host {
    /// Reads what is under `root`: `/`, or wherever the host's `/proc` and `/sys` are mounted.
    ///
    /// # Errors
    /// The driver is not loaded, or a file does not read as it should: the error names it.
    pub fn read(root: &Path) -> Result<Self, ProcfsError> {
        let reader = Reader::new(root);
        let version_text = required(&reader, "proc/driver/nvidia/version")?;
        let version = version_of_proc(&version_text)
            .map_err(|error| reader.wrong("proc/driver/nvidia/version", 1, error.to_string()))?;
        Ok(Self {
            version_text,
            version,
            params: params::read(&reader)?,
            majors: majors::read(&reader)?,
            gpus: gpu::read(&reader)?,
            capabilities: capability::read(&reader)?,
            memory_block_size: memory_block_size(&reader)?,
        })
    }
}

/// Compare drivers/base/memory.c:block_size_bytes_show() of the kernel, which prints hexadecimal digits alone.
fn memory_block_size(reader: &Reader) -> Result<Option<u64>, ProcfsError> {
    const PATH: &str = "sys/devices/system/memory/block_size_bytes";
    let Some(text) = reader.file(PATH)? else { return Ok(None) };
    match u64::from_str_radix(text.trim(), 16) {
        Ok(bytes) if bytes != 0 => Ok(Some(bytes)),
        _ => Err(reader.wrong(PATH, 1, format!("{:?} is no size in hexadecimal digits", text.trim()))),
    }
}
