//! Parameters of control commands: `ctrl/ctrl90e6.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV90E6_CTRL_MASTER_GET_VIRTUAL_FUNCTION_ERROR_CONT_INTR_MASK_PARAMS: 8 {
        eccMask: NvU32,
        nvlinkMask: NvU32,
    }
}
