//! Parameters of control commands: `ctrl/ctrl0073/ctrl0073system.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0073_CTRL_SYSTEM_GET_CAPS_V2_PARAMS: 2 {
        capsTbl: [NvU8; 2],
    }

    struct NV0073_CTRL_SYSTEM_GET_NUM_HEADS_PARAMS: 12 {
        subDeviceInstance: NvU32,
        flags: NvU32,
        numHeads: NvU32,
    }

    struct NV0073_CTRL_SYSTEM_GET_SUPPORTED_PARAMS: 12 {
        subDeviceInstance: NvU32,
        displayMask: NvU32,
        displayMaskDDC: NvU32,
    }

    struct NV0073_CTRL_SYSTEM_GET_CONNECT_STATE_PARAMS: 16 {
        subDeviceInstance: NvU32,
        flags: NvU32,
        displayMask: NvU32,
        retryTimeMs: NvU32,
    }

    struct NV0073_CTRL_SYSTEM_GET_ACTIVE_PARAMS: 16 {
        subDeviceInstance: NvU32,
        head: NvU32,
        flags: NvU32,
        displayId: NvU32,
    }
}
