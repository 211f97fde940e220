//! Parameters of control commands: `ctrl/ctrl906f.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV906F_CTRL_GET_CLASS_ENGINEID_PARAMS: 16 {
        hObject: NvHandle,
        classEngineID: NvU32,
        classID: NvU32,
        engineID: NvU32,
    }

    struct NV906F_CTRL_CMD_RESET_CHANNEL_PARAMS: 12 {
        engineID: NvU32,
        subdeviceInstance: NvU32,
        resetReason: NvU32,
    }

    struct NV906F_CTRL_CMD_RESET_CHANNEL_PARAMS_V550_40_07 = "NV906F_CTRL_CMD_RESET_CHANNEL_PARAMS": 16 {
        engineID: NvU32,
        subdeviceInstance: NvU32,
        resetReason: NvU32,
        bIsRcPending: NvBool,
        _pad0: [NvU8; 3],
    }
}
