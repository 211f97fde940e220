//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080bios.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_BIOS_GET_INFO_PARAMS: 16 {
        biosInfoListSize: NvU32,
        _pad0: [NvU8; 4],
        biosInfoList: NvP64,
    }

    struct NV2080_CTRL_BIOS_INFO: 8 {
        index: NvU32,
        data: NvU32,
    }

    struct NV2080_CTRL_BIOS_GET_INFO_V2_PARAMS: 124 {
        biosInfoListSize: NvU32,
        biosInfoList: [NV2080_CTRL_BIOS_INFO; 15],
    }

    struct NV2080_CTRL_BIOS_GET_INFO_V2_PARAMS_V530_30_02 = "NV2080_CTRL_BIOS_GET_INFO_V2_PARAMS": 124 {
        biosInfoListSize: NvU32,
        biosInfoList: [NVXXXX_CTRL_XXX_INFO; 15],
    }
}
