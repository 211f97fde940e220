//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080nvlink_common.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_NVLINK_LINK_MASK: 16 {
        lenMasks: NvU8,
        _pad0: [NvU8; 7],
        masks: [NvU64; 1],
    }
}
