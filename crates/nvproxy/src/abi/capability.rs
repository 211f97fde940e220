//! What a sandbox may do, in the terms of nvidia-container-toolkit.

bitflags::bitflags! {
    /// Kinds of use of a GPU. Every row of the tables names those that may use it; one of them is enough.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
    pub struct Capabilities: u16 {
        /// CUDA and OpenCL.
        const COMPUTE = 1 << 0;
        /// 32-bit applications.
        const COMPAT32 = 1 << 1;
        /// OpenGL and Vulkan.
        const GRAPHICS = 1 << 2;
        /// nvidia-smi and NVML.
        const UTILITY = 1 << 3;
        /// The Video Codec SDK.
        const VIDEO = 1 << 4;
        /// X11.
        const DISPLAY = 1 << 5;
        /// DLSS and its like.
        const NGX = 1 << 6;
        /// Managing fabric memory for the IMEX daemon. Privileged.
        const FABRIC_IMEX_MGMT = 1 << 7;
        /// Performance counters. Privileged: they tell of other users of the GPU.
        const PROFILING = 1 << 8;
        /// Exporting GPU memory to other devices. Privileged.
        const RDMA = 1 << 9;
    }
}

impl Capabilities {
    /// Those that are only had by naming them.
    pub const PRIVILEGED: Self = Self::FABRIC_IMEX_MGMT.union(Self::PROFILING).union(Self::RDMA);

    /// Those of a sandbox that names none, as in nvidia-container-toolkit.
    pub const DEFAULT: Self = Self::COMPUTE.union(Self::UTILITY);

    /// The names, as nvidia-container-toolkit writes them, in the order of their bits.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.iter().filter_map(|one| NAMES.iter().find(|(flag, _)| *flag == one).map(|(_, name)| *name))
    }
}

const NAMES: [(Capabilities, &str); 10] = [
    (Capabilities::COMPUTE, "compute"),
    (Capabilities::COMPAT32, "compat32"),
    (Capabilities::GRAPHICS, "graphics"),
    (Capabilities::UTILITY, "utility"),
    (Capabilities::VIDEO, "video"),
    (Capabilities::DISPLAY, "display"),
    (Capabilities::NGX, "ngx"),
    (Capabilities::FABRIC_IMEX_MGMT, "fabric-imex-mgmt"),
    (Capabilities::PROFILING, "profiling"),
    (Capabilities::RDMA, "rdma"),
];

/// A name that stands for no capability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no driver capability; there are {names}, and all", names = Capabilities::all().names().collect::<Vec<_>>().join(", "))]
pub struct UnknownCapability(pub String);

/// Reads the value of `NVIDIA_DRIVER_CAPABILITIES`: names separated by commas. `all` stands for those that are not
/// [privileged](Capabilities::PRIVILEGED); an empty value for the [default](Capabilities::DEFAULT).
impl std::str::FromStr for Capabilities {
    type Err = UnknownCapability;

    fn from_str(text: &str) -> Result<Self, UnknownCapability> {
        let mut found = Self::empty();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            found |= match NAMES.iter().find(|(_, known)| *known == name) {
                Some((one, _)) => *one,
                None if name == "all" => Self::all().difference(Self::PRIVILEGED),
                None => return Err(UnknownCapability(name.to_owned())),
            };
        }
        Ok(if found.is_empty() { Self::DEFAULT } else { found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_nvidia_driver_capabilities_are_read() {
        assert_eq!("".parse(), Ok(Capabilities::COMPUTE | Capabilities::UTILITY));
        assert_eq!("video, rdma".parse(), Ok(Capabilities::VIDEO | Capabilities::RDMA));
        assert_eq!("all".parse::<Capabilities>().map(|all| all & Capabilities::PRIVILEGED), Ok(Capabilities::empty()));
        assert_eq!("all,profiling".parse::<Capabilities>().map(|all| all.contains(Capabilities::PROFILING)), Ok(true));
        assert_eq!("gpu".parse::<Capabilities>(), Err(UnknownCapability("gpu".to_owned())));
    }
}
