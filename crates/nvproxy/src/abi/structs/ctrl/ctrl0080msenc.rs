//! Parameters of control commands: `ctrl/ctrl0080/ctrl0080msenc.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0080_CTRL_MSENC_GET_CAPS_PARAMS: 16 {
        capsTblSize: NvU32,
        _pad0: [NvU8; 4],
        capsTbl: NvP64,
    }

    struct NV0080_CTRL_MSENC_GET_CAPS_V2_PARAMS: 8 {
        capsTbl: [NvU8; 4],
        instanceId: NvU32,
    }

    struct NV0080_CTRL_MSENC_GET_CAPS_V2_PARAMS_V580_95_05 = "NV0080_CTRL_MSENC_GET_CAPS_V2_PARAMS": 12 {
        capsTbl: [NvU8; 5],
        _pad0: [NvU8; 3],
        instanceId: NvU32,
    }

    struct NV0080_CTRL_MSENC_GET_CAPS_V2_PARAMS_V590_44_01 = "NV0080_CTRL_MSENC_GET_CAPS_V2_PARAMS": 12 {
        capsTbl: [NvU8; 6],
        _pad0: [NvU8; 2],
        instanceId: NvU32,
    }
}
