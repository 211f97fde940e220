//! What a simulated GPU is, as data: see the files in `profiles`.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The profiles of this crate.
const EMBEDDED: &[(&str, &str)] =
    &[("h100", include_str!("../../profiles/h100.toml")), ("l4", include_str!("../../profiles/l4.toml"))];

/// A GPU, as data.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What NVIDIA sells it as.
    pub name: String,
    /// The name of the chip.
    pub short_name: String,
    /// `NV2080_CTRL_MC_ARCH_INFO_ARCHITECTURE_*`.
    pub architecture: u32,
    /// `NV2080_CTRL_MC_ARCH_INFO_IMPLEMENTATION_*`.
    pub implementation: u32,
    /// The chip's revision.
    pub revision: u32,
    /// `NV2080_CTRL_GR_INFO_SM_VERSION_*`.
    pub sm_version: u32,
    /// What CUDA calls it: major and minor.
    pub compute_capability: [u32; 2],
    /// Streaming multiprocessors.
    pub sms: u32,
    /// Texture processing clusters.
    pub tpcs: u32,
    /// Graphics processing clusters.
    pub gpcs: u32,
    /// Copy engines.
    pub copy_engines: u32,
    /// What it is on the bus.
    pub pci: Pci,
    /// Its memory.
    pub memory: MemoryFacts,
    /// Its greatest clock rates.
    pub clocks: Clocks,
    /// `NV2080_CTRL_CMD_GR_GET_INFO`, index by index.
    pub gr_info: BTreeMap<String, u32>,
    /// `NV2080_CTRL_CMD_GPU_GET_INFO_V2`.
    pub gpu_info: BTreeMap<String, u32>,
    /// `NV2080_CTRL_CMD_FB_GET_INFO_V2`.
    pub fb_info: BTreeMap<String, u32>,
    /// `NV2080_CTRL_CMD_BUS_GET_INFO_V2`.
    pub bus_info: BTreeMap<String, u32>,
    /// The classes of objects that it has, by NVIDIA's names.
    pub classes: BTreeMap<String, u32>,
}

/// What a GPU is on the bus.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pci {
    /// NVIDIA's number.
    pub vendor: u16,
    /// The device's.
    pub device: u16,
    /// The board maker's.
    pub subsystem_vendor: u16,
    /// The board's.
    pub subsystem: u16,
    /// The revision in its configuration space.
    pub revision: u8,
}

/// A GPU's memory.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryFacts {
    /// All of it, as `nvidia-smi` shows it.
    pub total_mib: u64,
    /// What the driver keeps for itself.
    pub reserved_mib: u64,
    /// How wide its bus is.
    pub bus_width_bits: u32,
    /// The second-level cache.
    pub l2_kib: u32,
    /// The window through which the host reaches it.
    pub bar1_mib: u64,
}

/// A GPU's greatest clock rates.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    /// Of the multiprocessors.
    pub sm_mhz: u32,
    /// Of the memory.
    pub memory_mhz: u32,
    /// Of the video engines.
    pub video_mhz: u32,
}

/// Why there is no such profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No profile has this name.
    #[error("there is no GPU profile {0:?}; there are {names}", names = .1.join(", "))]
    Unknown(String, Vec<&'static str>),
    /// The text is not a profile.
    #[error("not a GPU profile: {0}")]
    Malformed(#[from] toml::de::Error),
    /// A list of answers has something else than a number for an index.
    #[error("not a GPU profile: {0:?} in [{1}] is not an index of the query's")]
    Index(String, &'static str),
    /// What it has cannot be.
    #[error("not a GPU profile: {0}")]
    Impossible(&'static str),
}

impl Profile {
    /// A profile of this crate.
    ///
    /// ```
    /// use rm_sim::Profile;
    ///
    /// assert_eq!(Profile::named("h100")?.name, "NVIDIA H100 80GB HBM3");
    /// assert!(Profile::named("h1000").is_err());
    /// # Ok::<(), rm_sim::ProfileError>(())
    /// ```
    ///
    /// # Errors
    /// There is none of that name.
    pub fn named(name: &str) -> Result<Self, ProfileError> {
        match EMBEDDED.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::parse(text),
            None => Err(ProfileError::Unknown(name.chars().take(40).collect(), Self::names().collect())),
        }
    }

    /// The profiles of this crate.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// A profile from TOML, like the crate's own.
    ///
    /// # Errors
    /// The text is not TOML, or has not what a profile has.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let profile: Self = toml::from_str(text)?;
        let lists = [
            ("gr_info", &profile.gr_info),
            ("gpu_info", &profile.gpu_info),
            ("fb_info", &profile.fb_info),
            ("bus_info", &profile.bus_info),
        ];
        for (list, entries) in lists {
            if let Some(wrong) = entries.keys().find(|index| index.parse::<u32>().is_err()) {
                return Err(ProfileError::Index(wrong.clone(), list));
            }
        }
        // What the driver counts in KiB has 32 bits.
        if !(1..1 << 22).contains(&profile.memory.total_mib) || profile.memory.reserved_mib >= profile.memory.total_mib
        {
            return Err(ProfileError::Impossible("memory is 1 MiB to 4 TiB, of which less is reserved"));
        }
        if profile.gpcs == 0 || profile.tpcs == 0 || profile.sms < profile.tpcs || profile.sms > 512 {
            return Err(ProfileError::Impossible(
                "there are at least as many sms as tpcs, at least one of each, and at most 512",
            ));
        }
        if profile.copy_engines > 20 {
            return Err(ProfileError::Impossible("there are at most 20 copy_engines"));
        }
        Ok(profile)
    }

    /// Whether it has objects of a class.
    pub(crate) fn has_class(&self, class: u32) -> bool {
        self.classes.values().any(|known| *known == class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_of_the_crate_is_one() {
        let names: Vec<_> = Profile::names().collect();
        assert!(names.len() >= 2);
        for name in names {
            let profile = Profile::named(name).unwrap();
            assert_eq!(profile.gr_info["20"], profile.gpcs, "{name}");
            assert_eq!(profile.gr_info["12"], profile.sm_version, "{name}");
        }
    }

    #[test]
    fn what_is_no_profile_is_refused_with_a_reason() {
        let text = EMBEDDED[0].1;
        for (from, to, reason) in [
            ("sms = 132", "sms = 0", "at least as many"),
            ("total_mib = 81559", "total_mib = 5", "less is reserved"),
            ("copy_engines = 8", "copy_engines = 80", "at most 20"),
            ("3 = 256 ", "three = 256", "\"three\" in [gr_info]"),
            ("[clocks]", "[clock]", "clock"),
        ] {
            let error = Profile::parse(&text.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
