//! Parameters of control commands: `ctrl/ctrl0080/ctrl0080gr.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0080_CTRL_GR_ROUTE_INFO: 16 {
        flags: NvU32,
        _pad0: [NvU8; 4],
        route: NvU64,
    }

    struct NV0080_CTRL_GR_GET_CAPS_V2_PARAMS: 48 {
        capsTbl: [NvU8; 23],
        _pad0: [NvU8; 1],
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
        bCapsPopulated: NvBool,
        _pad1: [NvU8; 7],
    }

    struct NV0080_CTRL_GR_GET_CAPS_PARAMS: 16 {
        capsTblSize: NvU32,
        _pad0: [NvU8; 4],
        capsTbl: NvP64,
    }

    struct NV0080_CTRL_GR_TPC_PARTITION_MODE_PARAMS: 32 {
        hChannelGroup: NvHandle,
        mode: NvU32,
        bEnableAllTpcs: NvBool,
        _pad0: [NvU8; 7],
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV0080_CTRL_GR_GET_INFO_PARAMS: 16 {
        grInfoListSize: NvU32,
        _pad0: [NvU8; 4],
        grInfoList: NvP64,
    }
}
