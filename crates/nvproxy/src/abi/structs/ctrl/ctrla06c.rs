//! Parameters of control commands: `ctrl/ctrla06c.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NVA06C_CTRL_TIMESLICE_PARAMS: 8 {
        timesliceUs: NvU64,
    }

    struct NVA06C_CTRL_PREEMPT_PARAMS: 8 {
        bWait: NvBool,
        bManualTimeout: NvBool,
        _pad0: [NvU8; 2],
        timeoutUs: NvU32,
    }
}
