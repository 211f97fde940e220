//! Where the tables say otherwise than the record of [`mod@crate::reference`], and why they are right.

use nvproxy::abi::Capabilities;
use version_tree::DriverVersion;

/// A difference that was looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deviation {
    /// NVIDIA's name of the entry.
    pub name: &'static str,
    /// What differs.
    pub differs: Differs,
    /// The releases of the record at which it does; empty for all.
    pub at: &'static [&'static str],
    /// How it is known that the record is wrong, or that both are right.
    pub why: &'static str,
}

impl Deviation {
    /// Whether it is about this release.
    pub fn concerns(&self, version: DriverVersion) -> bool {
        self.at.is_empty() || self.at.contains(&version.to_string().as_str())
    }
}

/// What of an entry differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// The record has it and the tables do not.
    Missing,
    /// The tables have it and the record does not, then or later.
    Extra,
    /// Its number.
    Number,
    /// Who may use it; the tables say these.
    Capabilities(Capabilities),
    /// The structs it passes.
    Structs,
    /// The tables pass as it is what the record translates.
    Handling,
}

const FIRMWARE: &str = "The record's proxy passes every number with the bit 0x8000 on to the firmware, as bytes. Here a \
     row says what is known of it, and the same clients may use it.";

const INTERNAL: &str = "The record's proxy passes it on, as every number with the bit 0x8000. It is the resource \
     manager's own (RMCTRL_FLAGS_INTERNAL), and refused here.";

const POINTER: &str = "The record's proxy passes it on, as every number with the bit 0x8000. Its parameters hold a pointer \
     (NV2080_CTRL_GPUMON_SAMPLES), and it is refused here.";

/// All of them. One that no release needs fails the test.
pub const DEVIATIONS: &[Deviation] = &[
    Deviation {
        name: "GF100_SUBDEVICE_INFOROM",
        differs: Differs::Missing,
        at: &["535.104.05", "535.113.01"],
        why: "No header of these two defines it (class/cl90e7.h comes with 535.129.03 and 545.23.06).",
    },
    Deviation {
        name: "NV_CONF_COMPUTE_CTRL_CMD_GPU_GET_KEY_ROTATION_STATE",
        differs: Differs::Missing,
        at: &["555.42.02"],
        why: "555.42.02 descends from 550.78, not from 550.90.07, which brought it; its headers do not define it.",
    },
    Deviation {
        name: "NV04_DISPLAY_COMMON",
        differs: Differs::Capabilities(Capabilities::GRAPHICS.union(Capabilities::DISPLAY)),
        at: &[],
        why: "Its commands are for those who have displays as well, and display is the capability for that.",
    },
    Deviation {
        name: "NV0000_CTRL_CMD_SYSTEM_GET_BUILD_VERSION_V2",
        differs: Differs::Extra,
        at: &[],
        why: "Newer libraries ask it where older ones ask SYSTEM_GET_BUILD_VERSION.",
    },
    Deviation {
        name: "NV0000_CTRL_OS_UNIX_CMD_MEMACCT_GET_LIMITS",
        differs: Differs::Extra,
        at: &[],
        why: "Asked for at gVisor after the record.",
    },
    Deviation {
        name: "NV0000_CTRL_OS_UNIX_CMD_MEMACCT_GET_IMPL",
        differs: Differs::Extra,
        at: &[],
        why: "Asked for at gVisor after the record.",
    },
    Deviation {
        name: "NV0073_CTRL_CMD_SYSTEM_GET_CAPS_V2",
        differs: Differs::Extra,
        at: &[],
        why: "Vulkan, GL and desktop programs ask it on real hardware; it reads a fact about the displays.",
    },
    Deviation {
        name: "NV0073_CTRL_CMD_SYSTEM_GET_NUM_HEADS",
        differs: Differs::Extra,
        at: &[],
        why: "Vulkan, GL and desktop programs ask it on real hardware; it reads a fact about the displays.",
    },
    Deviation {
        name: "NV0073_CTRL_CMD_SYSTEM_GET_SUPPORTED",
        differs: Differs::Extra,
        at: &[],
        why: "Vulkan, GL and desktop programs ask it on real hardware; it reads a fact about the displays.",
    },
    Deviation {
        name: "NV0073_CTRL_CMD_SYSTEM_GET_CONNECT_STATE",
        differs: Differs::Extra,
        at: &[],
        why: "Vulkan, GL and desktop programs ask it on real hardware; it reads a fact about the displays.",
    },
    Deviation {
        name: "NV0073_CTRL_CMD_SYSTEM_GET_ACTIVE",
        differs: Differs::Extra,
        at: &[],
        why: "Vulkan, GL and desktop programs ask it on real hardware; it reads a fact about the displays.",
    },
    Deviation {
        name: "NV0080_CTRL_CMD_GPU_GET_VGX_CAPS",
        differs: Differs::Extra,
        at: &[],
        why: "Vulkan and GL ask it on real hardware; it reads one truth value about the GPU.",
    },
    Deviation {
        name: "NV0080_CTRL_CMD_GPU_GET_BRAND_CAPS",
        differs: Differs::Extra,
        at: &[],
        why: "Vulkan and GL ask it on real hardware; it reads the brand of the GPU.",
    },
    Deviation {
        name: "NV0080_CTRL_CMD_MSENC_GET_CAPS_V2",
        differs: Differs::Extra,
        at: &[],
        why: "Newer libraries ask it where older ones ask MSENC_GET_CAPS.",
    },
    Deviation {
        name: "NV0090_CTRL_CMD_SET_LG_SECTOR_PROMOTION",
        differs: Differs::Extra,
        at: &[],
        why: "CUDA asks it on real hardware; it changes the caller's own graphics context.",
    },
    Deviation {
        name: "NV2080_CTRL_CMD_BIOS_GET_INFO_V2",
        differs: Differs::Extra,
        at: &[],
        why: "Newer libraries ask it where older ones ask BIOS_GET_INFO.",
    },
    Deviation {
        name: "NV2080_CTRL_CMD_PERF_RATED_TDP_GET_CONTROL",
        differs: Differs::Extra,
        at: &[],
        why: "Nsight Compute asks it; it reads what was asked of the clocks.",
    },
    Deviation {
        name: "NV2080_CTRL_CMD_ECC_GET_VOLATILE_COUNTS",
        differs: Differs::Extra,
        at: &[],
        why: "nvidia-smi and DCGM ask it on real hardware; it reads counters of errors.",
    },
    Deviation {
        name: "NV2080_CTRL_CMD_FLA_GET_FABRIC_MEM_STATS",
        differs: Differs::Extra,
        at: &[],
        why: "CUDA asks it where GPUs have an NVSwitch; asked for at gVisor after the record.",
    },
    Deviation {
        name: "NVB0CC_CTRL_CMD_GET_HS_CREDITS_MAPPING",
        differs: Differs::Extra,
        at: &[],
        why: "Asked for at gVisor after the record.",
    },
    Deviation { name: "AMPERE_B", differs: Differs::Extra, at: &[], why: "Asked for at gVisor after the record." },
    Deviation {
        name: "MAXWELL_PROFILER_CONTEXT",
        differs: Differs::Extra,
        at: &[],
        why: "gVisor has it since; the record is older.",
    },
    Deviation {
        name: "NVCED0_VIDEO_NVJPG",
        differs: Differs::Extra,
        at: &[],
        why: "Asked for at gVisor after the record; it is like the other NVJPG classes.",
    },
    Deviation { name: "UNKNOWN_CONTROL_COMMAND_2080A083", differs: Differs::Extra, at: &[], why: POINTER },
    Deviation {
        name: "NV2080_CTRL_CMD_INTERNAL_GC6_ENTRY_PREREQUISITE",
        differs: Differs::Extra,
        at: &[],
        why: INTERNAL,
    },
    Deviation {
        name: "NV2080_CTRL_CMD_INTERNAL_GCX_ENTRY_PREREQUISITE",
        differs: Differs::Extra,
        at: &[],
        why: INTERNAL,
    },
    Deviation { name: "NV2080_CTRL_CMD_RUSD_GET_SUPPORTED_FEATURES", differs: Differs::Extra, at: &[], why: FIRMWARE },
    Deviation {
        name: "NV2080_CTRL_CMD_THERMAL_SYSTEM_EXECUTE_V2_PHYSICAL",
        differs: Differs::Extra,
        at: &[],
        why: FIRMWARE,
    },
    Deviation { name: "NV2080_CTRL_CMD_GPU_IS_RESET_COUPLED", differs: Differs::Extra, at: &[], why: FIRMWARE },
    Deviation { name: "NV2080_CTRL_CMD_GPU_GET_DIELET_INFO", differs: Differs::Extra, at: &[], why: FIRMWARE },
    Deviation {
        name: "NV2080_CTRL_CMD_GPU_GET_UNIT_FS_INFO_FROM_DIELET",
        differs: Differs::Extra,
        at: &[],
        why: FIRMWARE,
    },
];
