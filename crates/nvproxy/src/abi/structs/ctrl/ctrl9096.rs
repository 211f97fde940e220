//! Parameters of control commands: `ctrl/ctrl9096.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV9096_CTRL_GET_ZBC_CLEAR_TABLE_SIZE_PARAMS: 12 {
        indexStart: NvU32,
        indexEnd: NvU32,
        tableType: NvU32,
    }

    struct NV9096_CTRL_GET_ZBC_CLEAR_TABLE_ENTRY_PARAMS__value_t = "NV9096_CTRL_GET_ZBC_CLEAR_TABLE_ENTRY_PARAMS::value_t": 40 {
        colorFB: [NvU32; 4],
        colorDS: [NvU32; 4],
        depth: NvU32,
        stencil: NvU32,
    }

    struct NV9096_CTRL_GET_ZBC_CLEAR_TABLE_ENTRY_PARAMS: 56 {
        value: NV9096_CTRL_GET_ZBC_CLEAR_TABLE_ENTRY_PARAMS__value_t,
        format: NvU32,
        index: NvU32,
        bIndexValid: NvBool,
        _pad0: [NvU8; 3],
        tableType: NvU32,
    }

    struct NV9096_CTRL_SET_ZBC_COLOR_CLEAR_PARAMS: 40 {
        colorFB: [NvU32; 4],
        colorDS: [NvU32; 4],
        format: NvU32,
        bSkipL2Table: NvBool,
        _pad0: [NvU8; 3],
    }
}
