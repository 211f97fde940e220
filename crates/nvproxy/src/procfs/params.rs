//! The driver's settings: `/proc/driver/nvidia/params`.

use super::text::{ProcfsError, Reader, pairs, required};
use std::fmt;

const PATH: &str = "proc/driver/nvidia/params";

/// The driver's settings, in its order: numbers, and strings in quotes (compare
/// kernel-open/nvidia/nv-procfs.c:nv_procfs_read_params()). [`Display`](fmt::Display) writes them as the driver does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads the text of the file. What the lines say is not judged.
    ///
    /// # Errors
    /// The number of a line, from 1, that is no `Name: value`.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let entry = |(line, name, value): (usize, &str, Option<&str>)| match value {
            Some(value) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(line),
        };
        Ok(Self(pairs(text).map(entry).collect::<Result<_, _>>()?))
    }

    /// A setting as it is written.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A setting that is a number.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.parse().ok()
    }

    /// `ModifyDeviceFiles`: whether the driver's libraries are to make and correct the device files. They do unless
    /// told otherwise.
    pub fn modify_device_files(&self) -> bool {
        self.number("ModifyDeviceFiles") != Some(0)
    }

    /// `DeviceFileUID`: whom the device files belong to; root by default.
    pub fn device_file_uid(&self) -> u32 {
        self.number("DeviceFileUID").unwrap_or(0)
    }

    /// `DeviceFileGID`: which group the device files belong to; root's by default.
    pub fn device_file_gid(&self) -> u32 {
        self.number("DeviceFileGID").unwrap_or(0)
    }

    /// `DeviceFileMode`: who may open the device files, the permission bits of `stat(2)`; 0666 by default. The file
    /// holds it in decimal digits.
    pub fn device_file_mode(&self) -> u32 {
        self.number("DeviceFileMode").unwrap_or(0o666) & 0o7777
    }

    /// `ImexChannelCount`: how many IMEX channels there are; before 550 there are none.
    pub fn imex_channels(&self) -> u32 {
        self.number("ImexChannelCount").unwrap_or(0)
    }

    /// As a guest sees them: its libraries are to leave the device files alone (as root they would make them anew and
    /// change whose they are), and what the host's administrator wrote into strings is nobody else's business.
    #[must_use]
    pub fn for_guests(&self) -> Self {
        let one = |(name, value): &(String, String)| {
            let value = match name.as_str() {
                "ModifyDeviceFiles" => "0",
                _ if value.parse::<u32>().is_ok() => value,
                _ => "\"\"",
            };
            (name.clone(), value.to_owned())
        };
        let mut shown = Self(self.0.iter().map(one).collect());
        if shown.get("ModifyDeviceFiles").is_none() {
            shown.0.push(("ModifyDeviceFiles".to_owned(), "0".to_owned()));
        }
        shown
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(name, value)| writeln!(f, "{name}: {value}"))
    }
}

pub(super) fn read(reader: &Reader<'_>) -> Result<Params, ProcfsError> {
    let text = required(reader, PATH)?;
    Params::parse(&text).map_err(|line| reader.wrong(PATH, line, "not a setting, such as `DeviceFileUID: 0`".into()))
}
