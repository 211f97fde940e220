//! What may be had by opening a file of `/dev/nvidia-caps`: `/proc/driver/nvidia/capabilities`.

use super::text::{ProcfsError, Reader, pairs};

const DIRECTORY: &str = "proc/driver/nvidia/capabilities";

/// How deep the directory is: `gpu0/mig/gi1/ci2/access`.
const DEPTH_MAX: usize = 5;
/// How many there may be (`NV_CAP_DRV_MINOR_COUNT`).
const FILES_MAX: usize = 8192;

/// A file that stands for a device file of `/dev/nvidia-caps`. The driver lets a process do what it stands for if the
/// process can open that device file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityFile {
    /// Where it is below `/proc/driver/nvidia/capabilities`: `mig/config`, `gpu0/mig/gi1/access`, `fabric-imex-mgmt`.
    pub path: String,
    /// The number in `/dev/nvidia-caps/nvidia-cap#`.
    pub minor: u32,
    /// Who may open that, the permission bits of `stat(2)`. The file holds it in decimal digits.
    pub mode: u32,
}

impl CapabilityFile {
    /// Reads the text of a file (compare kernel-open/nvidia/nv-caps.c:nv_cap_procfs_read()); `path` is below
    /// `/proc/driver/nvidia/capabilities`.
    ///
    /// # Errors
    /// What is missing, or is no number.
    pub fn parse(path: &str, text: &str) -> Result<Self, &'static str> {
        let number = |name| {
            let value = pairs(text).find(|(_, known, _)| *known == name).and_then(|(.., value)| value);
            value.and_then(|value| value.parse::<u32>().ok()).ok_or(name)
        };
        let (minor, mode) = (number("DeviceFileMinor")?, number("DeviceFileMode")?);
        Ok(Self { path: path.to_owned(), minor, mode: mode & 0o777 })
    }

    /// The minor number of the GPU that it is of (compare
    /// src/nvidia/arch/nvalloc/unix/src/os.c:osRmCapRegisterGpu()); `None` if it is of none.
    pub fn gpu(&self) -> Option<u32> {
        self.path.strip_prefix("gpu")?.split_once('/')?.0.parse().ok()
    }

    /// As the driver writes it, but for guests: their libraries are not to make the device file.
    pub(super) fn for_guests(&self) -> String {
        format!("DeviceFileMinor: {}\nDeviceFileMode: {}\nDeviceFileModify: 0\n", self.minor, self.mode)
    }
}

pub(super) fn read(reader: &Reader<'_>) -> Result<Vec<CapabilityFile>, ProcfsError> {
    let mut found = Vec::new();
    let mut directories = vec![(String::new(), 0)];
    while let Some((directory, depth)) = directories.pop() {
        for (name, is_directory) in reader.entries(&format!("{DIRECTORY}/{directory}"))? {
            let path = if directory.is_empty() { name } else { format!("{directory}/{name}") };
            if is_directory {
                if depth + 1 < DEPTH_MAX {
                    directories.push((path, depth + 1));
                }
                continue;
            }
            let full = format!("{DIRECTORY}/{path}");
            // An instance of a GPU that was destroyed since has none.
            let Some(text) = reader.file(&full)? else { continue };
            if found.len() == FILES_MAX {
                return Err(reader.too_long(DIRECTORY, format!("{FILES_MAX} files")));
            }
            let capability = CapabilityFile::parse(&path, &text)
                .map_err(|name| reader.odd(&full, format!("no line `{name}` with a number")))?;
            found.push(capability);
        }
    }
    found.sort_by(|a: &CapabilityFile, b| a.path.cmp(&b.path));
    Ok(found)
}
