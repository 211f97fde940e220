//! Parameters of control commands: `ctrl/ctrlb0cc/ctrlb0ccpower.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NVB0CC_CTRL_POWER_REQUEST_FEATURES_PARAMS: 12 {
        globalStatus: NvU32,
        controlMask: NvU32,
        statusMask: NvU32,
    }

    struct NVB0CC_CTRL_POWER_RELEASE_FEATURES_PARAMS: 4 {
        controlMask: NvU32,
    }
}
