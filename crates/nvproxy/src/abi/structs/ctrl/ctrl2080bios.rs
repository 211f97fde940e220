//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080bios.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_BIOS_GET_INFO_PARAMS: 16 {
        biosInfoListSize: NvU32,
        _pad0: [NvU8; 4],
        biosInfoList: NvP64,
    }
}
