//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080ce.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_CE_GET_CE_PCE_MASK_PARAMS: 8 {
        ceEngineType: NvU32,
        pceMask: NvU32,
    }

    struct NV2080_CTRL_CE_GET_CAPS_V2_PARAMS: 8 {
        ceEngineType: NvU32,
        capsTbl: [NvU8; 2],
        _pad0: [NvU8; 2],
    }

    struct NV2080_CTRL_CE_GET_ALL_CAPS_PARAMS: 40 {
        capsTbl: [[NvU8; 2]; 18],
        present: NvU32,
    }

    struct NV2080_CTRL_CE_GET_ALL_CAPS_PARAMS_V520_61_05 = "NV2080_CTRL_CE_GET_ALL_CAPS_PARAMS": 68 {
        capsTbl: [[NvU8; 2]; 32],
        present: NvU32,
    }

    struct NV2080_CTRL_CE_GET_ALL_CAPS_PARAMS_V545_23_06 = "NV2080_CTRL_CE_GET_ALL_CAPS_PARAMS": 136 {
        capsTbl: [[NvU8; 2]; 64],
        present: NvU64,
    }
}
