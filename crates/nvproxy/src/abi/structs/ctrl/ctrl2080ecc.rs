//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080ecc.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_ECC_GET_REPAIR_STATUS_PARAMS: 2 {
        bTpcRepairPending: NvBool,
        bChannelRepairPending: NvBool,
    }
}
