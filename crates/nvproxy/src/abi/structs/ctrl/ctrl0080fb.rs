//! Parameters of control commands: `ctrl/ctrl0080/ctrl0080fb.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0080_CTRL_FB_GET_CAPS_V2_PARAMS: 3 {
        capsTbl: [NvU8; 3],
    }

    struct NV0080_CTRL_FB_GET_CAPS_PARAMS: 16 {
        capsTblSize: NvU32,
        _pad0: [NvU8; 4],
        capsTbl: NvP64,
    }
}
