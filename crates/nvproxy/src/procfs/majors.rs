//! The driver's device numbers: `/proc/devices`.

use super::text::{ProcfsError, Reader, required};
use std::fmt;

const PATH: &str = "proc/devices";

/// The names under which the driver has numbers that a sandbox may use. The resource manager's is `nvidia-frontend`
/// before 545.23.06 (compare kernel-open/nvidia/nv-frontend.c:nvidia_frontend_init_module()), and `nvidia` and
/// `nvidiactl` since (compare kernel-open/nvidia/nv.c:nv_register_chrdev()).
const NAMES: [&str; 6] =
    ["nvidia-frontend", "nvidia", "nvidiactl", "nvidia-uvm", "nvidia-caps", "nvidia-caps-imex-channels"];

/// The major numbers of the driver's character devices, by the names in `/proc/devices`.
/// [`Display`](fmt::Display) writes the lines of that file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Majors(Vec<(u32, String)>);

impl Majors {
    /// Reads the text of the file. What is not the driver's is left out.
    ///
    /// # Errors
    /// The number of a line, from 1, that names a device of the driver without a number.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let mut majors = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.starts_with("Block devices:") {
                break;
            }
            let mut words = line.split_ascii_whitespace();
            if let (Some(major), Some(name)) = (words.next(), words.next())
                && NAMES.contains(&name)
            {
                majors.push((major.parse().map_err(|_| index + 1)?, name.to_owned()));
            }
        }
        Ok(Self(majors))
    }

    /// That of `/dev/nvidiactl` and `/dev/nvidia#`.
    pub fn frontend(&self) -> Option<u32> {
        NAMES[..3].iter().find_map(|name| self.get(name))
    }

    /// That of `/dev/nvidia-uvm`, once its module is loaded.
    pub fn uvm(&self) -> Option<u32> {
        self.get("nvidia-uvm")
    }

    /// That of `/dev/nvidia-caps`.
    pub fn capabilities(&self) -> Option<u32> {
        self.get("nvidia-caps")
    }

    /// That of `/dev/nvidia-caps-imex-channels`.
    pub fn imex_channels(&self) -> Option<u32> {
        self.get("nvidia-caps-imex-channels")
    }

    /// That of a name.
    pub fn get(&self, name: &str) -> Option<u32> {
        self.0.iter().find(|(_, known)| known == name).map(|(major, _)| *major)
    }

    /// Only those that `keep` says.
    #[must_use]
    pub fn only(&self, keep: impl Fn(u32) -> bool) -> Self {
        Self(self.0.iter().filter(|(major, _)| keep(*major)).cloned().collect())
    }
}

impl fmt::Display for Majors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As the kernel aligns them: fs/char_dev.c:chrdev_show().
        self.0.iter().try_for_each(|(major, name)| writeln!(f, "{major:3} {name}"))
    }
}

pub(super) fn read(reader: &Reader<'_>) -> Result<Majors, ProcfsError> {
    let text = required(reader, PATH)?;
    Majors::parse(&text).map_err(|line| reader.wrong(PATH, line, "a device of the driver without a number".into()))
}
