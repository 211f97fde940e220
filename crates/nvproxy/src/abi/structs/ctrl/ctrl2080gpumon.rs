//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080gpumon.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_GPUMON_SAMPLE: 8 {
        timeStamp: NvU64,
    }
}
