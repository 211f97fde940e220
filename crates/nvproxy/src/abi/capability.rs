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
