//! Parameters of control commands: `ctrl/ctrl0041.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0041_CTRL_GET_SURFACE_INFO_PARAMS: 16 {
        surfaceInfoListSize: NvU32,
        _pad0: [NvU8; 4],
        surfaceInfoList: NvP64,
    }
}
