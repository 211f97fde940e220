//! Parameters of control commands: `ctrl/ctrl0080/ctrl0080bsp.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0080_CTRL_BSP_GET_CAPS_PARAMS_V2: 12 {
        capsTbl: [NvU8; 8],
        instanceId: NvU32,
    }
}
