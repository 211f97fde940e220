//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080fla.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_FLA_GET_FABRIC_MEM_STATS_PARAMS: 16 {
        totalSize: NvU64,
        freeSize: NvU64,
    }
}
