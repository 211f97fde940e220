//! Parameters of control commands: `ctrl/ctrlcb33.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV_CONF_COMPUTE_CTRL_CMD_SYSTEM_GET_CAPABILITIES_PARAMS: 5 {
        cpuCapability: NvU8,
        gpusCapability: NvU8,
        environment: NvU8,
        ccFeature: NvU8,
        devToolsMode: NvU8,
    }

    struct NV_CONF_COMPUTE_CTRL_CMD_SYSTEM_GET_CAPABILITIES_PARAMS_V550_40_07 = "NV_CONF_COMPUTE_CTRL_CMD_SYSTEM_GET_CAPABILITIES_PARAMS": 6 {
        cpuCapability: NvU8,
        gpusCapability: NvU8,
        environment: NvU8,
        ccFeature: NvU8,
        devToolsMode: NvU8,
        multiGpuMode: NvU8,
    }

    struct NV_CONF_COMPUTE_CTRL_CMD_SYSTEM_GET_GPUS_STATE_PARAMS: 1 {
        bAcceptClientRequest: NvBool,
    }

    struct NV_CONF_COMPUTE_CTRL_CMD_GPU_GET_NUM_SECURE_CHANNELS_PARAMS: 12 {
        hSubDevice: NvHandle,
        maxSec2Channels: NvU32,
        maxCeChannels: NvU32,
    }

    struct NV_CONF_COMPUTE_CTRL_CMD_GPU_GET_KEY_ROTATION_STATE_PARAMS: 8 {
        hSubDevice: NvHandle,
        keyRotationState: NvU32,
    }
}
