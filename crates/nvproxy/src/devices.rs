//! The device files that a sandbox has.

use crate::abi::Capabilities;
use crate::procfs::{CapabilityFile, Host};
use crate::{Node, Options};

/// `NV_MINOR_DEVICE_NUMBER_CONTROL_DEVICE`, kernel-open/common/inc/nv-chardev-numbers.h.
const CONTROL_MINOR: u32 = 255;
/// `NVIDIA_UVM_PRIMARY_MINOR_NUMBER`, kernel-open/nvidia-uvm/uvm_common.h. The other one, `/dev/nvidia-uvm-tools`, is
/// for debuggers, and the tables have none of its ioctls: no guest gets it.
const UVM_MINOR: u32 = 0;
/// What a member of an IMEX domain must open to manage it; the capability of the same name gives it.
const FABRIC_IMEX_MGMT: &str = "fabric-imex-mgmt";

/// A device file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFile {
    /// What it is; this is also its path.
    pub node: Node,
    /// Its device number's upper part.
    pub major: u32,
    /// Its device number's lower part.
    pub minor: u32,
    /// Who may open it, the permission bits of `stat(2)`, as the driver wants it.
    pub mode: u32,
}

impl DeviceFile {
    /// Whether it can only be opened, and handed to the driver as a descriptor.
    pub const fn is_open_only(&self) -> bool {
        matches!(self.node, Node::Capability(_) | Node::ImexChannel(_))
    }
}

/// Device files that a sandbox has only if they are named: opening one is a right of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenOnly {
    /// Capabilities by their paths below `/proc/driver/nvidia/capabilities`, such as `gpu0/mig/gi1/access`.
    pub capabilities: Vec<String>,
    /// IMEX channels by their numbers.
    pub imex_channels: Vec<u32>,
}

/// Why a sandbox cannot have its device files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The kernel has no device numbers for them.
    #[error("/proc/devices has no line for {0}: the driver or its module is not loaded, or does not have it")]
    NoMajor(&'static str),
    /// The host has no such GPU.
    #[error("the host has no GPU with the minor number {0}; it has {1:?}")]
    NoGpu(u32, Vec<u32>),
    /// The host has no such capability.
    #[error("there is no capability {0:?} in /proc/driver/nvidia/capabilities")]
    NoCapability(String),
    /// The capability is of a GPU that the sandbox was not given.
    #[error("the capability {0:?} is of a GPU that the sandbox was not given")]
    ForeignGpu(String),
    /// There are not that many IMEX channels.
    #[error("there is no IMEX channel {0}: the driver has {1} (ImexChannelCount)")]
    NoChannel(u32, u32),
}

/// The device files of a sandbox: `/dev/nvidiactl`, its GPUs, `/dev/nvidia-uvm` if that module is loaded, and what is
/// only to be opened.
///
/// With the capability `fabric-imex-mgmt` a sandbox has the device file of that name without naming it.
///
/// # Errors
/// The host does not have what the sandbox is to have.
pub fn device_files(host: &Host, options: &Options, open_only: &OpenOnly) -> Result<Vec<DeviceFile>, DeviceError> {
    let frontend = host.majors.frontend().ok_or(DeviceError::NoMajor("nvidia"))?;
    let mode = host.params.device_file_mode();
    let mut files = vec![DeviceFile { node: Node::Control, major: frontend, minor: CONTROL_MINOR, mode }];
    for minor in gpus(host, options)? {
        files.push(DeviceFile { node: Node::Device(minor), major: frontend, minor, mode });
    }
    if let Some(major) = host.majors.uvm() {
        files.push(DeviceFile { node: Node::Uvm, major, minor: UVM_MINOR, mode });
    }
    for capability in capabilities(host, options, open_only)? {
        let major = host.majors.capabilities().ok_or(DeviceError::NoMajor("nvidia-caps"))?;
        let CapabilityFile { minor, mode, .. } = *capability;
        let file = DeviceFile { node: Node::Capability(minor), major, minor, mode };
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let mut channels = open_only.imex_channels.clone();
    channels.sort_unstable();
    channels.dedup();
    for channel in channels {
        let count = host.params.imex_channels();
        if channel >= count {
            return Err(DeviceError::NoChannel(channel, count));
        }
        let major = host.majors.imex_channels().ok_or(DeviceError::NoMajor("nvidia-caps-imex-channels"))?;
        // A channel's number is its minor number (compare
        // kernel-open/nvidia/nv-caps-imex.c:nv_caps_imex_channel_get()). Whom the sandbox is given it for may use it.
        files.push(DeviceFile { node: Node::ImexChannel(channel), major, minor: channel, mode: 0o666 });
    }
    Ok(files)
}

/// The minor numbers of the sandbox's GPUs.
fn gpus(host: &Host, options: &Options) -> Result<Vec<u32>, DeviceError> {
    let mut there: Vec<u32> = host.gpus.iter().filter_map(|gpu| gpu.minor).collect();
    there.sort_unstable();
    let Some(given) = &options.gpus else { return Ok(there) };
    match given.iter().find(|minor| !there.contains(minor)) {
        Some(missing) => Err(DeviceError::NoGpu(*missing, there)),
        None => Ok(there.into_iter().filter(|minor| given.contains(minor)).collect()),
    }
}

/// The capabilities that the sandbox may open.
fn capabilities<'a>(
    host: &'a Host,
    options: &Options,
    open_only: &OpenOnly,
) -> Result<Vec<&'a CapabilityFile>, DeviceError> {
    let implied = options.capabilities.contains(Capabilities::FABRIC_IMEX_MGMT).then_some(FABRIC_IMEX_MGMT);
    let named = open_only.capabilities.iter().map(String::as_str);
    let mut found = Vec::new();
    for path in implied.into_iter().chain(named) {
        let Some(capability) = host.capabilities.iter().find(|capability| capability.path == path) else {
            // Drivers before it came, and hosts without a fabric, do not have it; nobody named it.
            if open_only.capabilities.iter().any(|named| named == path) {
                return Err(DeviceError::NoCapability(path.to_owned()));
            }
            continue;
        };
        let foreign = |gpu| options.gpus.as_ref().is_some_and(|gpus| !gpus.contains(&gpu));
        if capability.gpu().is_some_and(foreign) {
            return Err(DeviceError::ForeignGpu(path.to_owned()));
        }
        found.push(capability);
    }
    Ok(found)
}
