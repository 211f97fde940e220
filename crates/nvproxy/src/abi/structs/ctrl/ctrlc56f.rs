//! Parameters of control commands: `ctrl/ctrlc56f.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NVC56F_CTRL_CMD_GET_KMB_PARAMS: 124 {
        kmb: CC_KMB,
    }

    struct NVC56F_CTRL_CMD_GET_KMB_PARAMS_V550_40_07 = "NVC56F_CTRL_CMD_GET_KMB_PARAMS": 128 {
        kmb: CC_KMB,
        hMemory: NvHandle,
    }

    struct NVC56F_CTRL_CMD_GET_KMB_PARAMS_V575_51_02 = "NVC56F_CTRL_CMD_GET_KMB_PARAMS": 144 {
        kmb: CC_KMB,
        hMemory: NvHandle,
        keyRotationLowerThreshold: NvU64,
        keyRotationUpperThreshold: NvU64,
    }
}
