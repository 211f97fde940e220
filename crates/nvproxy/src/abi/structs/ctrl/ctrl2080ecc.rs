//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080ecc.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_ECC_GET_VOLATILE_COUNTS_PARAMS: 40 {
        sramCorUni: NvU64,
        sramUncParityUni: NvU64,
        sramUncSecDedUni: NvU64,
        dramCorTot: NvU64,
        dramUncTot: NvU64,
    }

    struct NV2080_CTRL_ECC_GET_REPAIR_STATUS_PARAMS: 2 {
        bTpcRepairPending: NvBool,
        bChannelRepairPending: NvBool,
    }
}
