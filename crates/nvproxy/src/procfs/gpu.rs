//! The host's GPUs: `/proc/driver/nvidia/gpus`.

use super::text::{ProcfsError, Reader, pairs};
use std::fmt;
use std::str::FromStr;

const DIRECTORY: &str = "proc/driver/nvidia/gpus";

/// Where a GPU is on the PCI bus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PciAddress {
    /// 16 bits mostly; some hosts have more.
    pub domain: u32,
    /// The bus.
    pub bus: u8,
    /// The device, below 32.
    pub device: u8,
    /// The function, below 8.
    pub function: u8,
}

/// A text is no address such as `0000:c1:00.0`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no PCI address such as 0000:c1:00.0")]
pub struct NotAnAddress(pub String);

impl FromStr for PciAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let parse = || {
            let (domain, rest) = text.split_once(':')?;
            let (bus, rest) = rest.split_once(':')?;
            let (device, function) = rest.split_once('.')?;
            let digits = |part: &str, least, most| {
                let hex = part.bytes().all(|byte| byte.is_ascii_hexdigit());
                (hex && (least..=most).contains(&part.len())).then(|| u32::from_str_radix(part, 16).ok())?
            };
            Some(Self {
                domain: digits(domain, 4, 8)?,
                bus: digits(bus, 2, 2)? as u8,
                device: digits(device, 2, 2).filter(|device| *device < 32)? as u8,
                function: digits(function, 1, 1).filter(|function| *function < 8)? as u8,
            })
        };
        parse().ok_or_else(|| NotAnAddress(text.chars().take(40).collect()))
    }
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:02x}:{:02x}.{:x}", self.domain, self.bus, self.device, self.function)
    }
}

/// What the driver tells of a GPU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpuFacts {
    /// Where it is.
    pub address: PciAddress,
    /// The number in `/dev/nvidia#`. There is none if the driver cannot reach the GPU, which it then says nothing of.
    pub minor: Option<u32>,
    /// `GPU-` and its identity. There is none before the GPU is first used.
    pub uuid: Option<String>,
    /// What NVIDIA sells it as.
    pub model: Option<String>,
    /// The number of the host's memory node that is nearest, from `/sys/bus/pci/devices/#/numa_node`; -1 for none.
    pub numa_node: Option<i32>,
    /// The text of `information`.
    pub information: String,
}

impl GpuFacts {
    /// Reads the text of a GPU's `information` (compare kernel-open/nvidia/nv-procfs.c:nv_procfs_read_gpu_info()).
    ///
    /// # Errors
    /// The number of a line, from 1, that says something impossible.
    pub fn parse(address: PciAddress, text: &str) -> Result<Self, usize> {
        let mut gpu =
            Self { address, minor: None, uuid: None, model: None, numa_node: None, information: text.to_owned() };
        for (line, name, value) in pairs(text) {
            let value = value.ok_or(line)?;
            match name {
                "Model" => gpu.model = Some(value.to_owned()),
                // Not known yet: the driver prints question marks.
                "GPU UUID" => gpu.uuid = (!value.contains('?')).then(|| value.to_owned()),
                "Device Minor" => gpu.minor = Some(value.parse().map_err(|_| line)?),
                _ => {}
            }
        }
        Ok(gpu)
    }
}

pub(super) fn read(reader: &Reader<'_>) -> Result<Vec<GpuFacts>, ProcfsError> {
    let mut gpus = Vec::new();
    for (name, _) in reader.entries(DIRECTORY)? {
        let directory = format!("{DIRECTORY}/{name}");
        let address = name.parse().map_err(|error: NotAnAddress| reader.odd(&directory, error.to_string()))?;
        let path = format!("{directory}/information");
        // A GPU that was unplugged since is none.
        let Some(text) = reader.file(&path)? else { continue };
        let mut gpu = GpuFacts::parse(address, &text)
            .map_err(|line| reader.wrong(&path, line, "not what the driver tells of a GPU".into()))?;
        let node = reader.file(&format!("sys/bus/pci/devices/{name}/numa_node"))?;
        gpu.numa_node = node.and_then(|text| text.trim().parse().ok());
        gpus.push(gpu);
    }
    gpus.sort_by_key(|gpu| gpu.address);
    Ok(gpus)
}
