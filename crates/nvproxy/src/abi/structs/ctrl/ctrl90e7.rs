//! Parameters of control commands: `ctrl/ctrl90e7.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV90E7_CTRL_BBX_GET_LAST_FLUSH_TIME_PARAMS: 16 {
        timestamp: NvU64,
        durationUs: NvU32,
        _pad0: [NvU8; 4],
    }
}
