//! Parameters of control commands: `ctrl/ctrl0080/ctrl0080nvjpg.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0080_CTRL_NVJPG_GET_CAPS_V2_PARAMS: 16 {
        capsTbl: [NvU8; 9],
        _pad0: [NvU8; 3],
        instanceId: NvU32,
    }
}
