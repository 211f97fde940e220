//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080rc.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_RC_GET_WATCHDOG_INFO_PARAMS: 4 {
        watchdogStatusFlags: NvU32,
    }
}
