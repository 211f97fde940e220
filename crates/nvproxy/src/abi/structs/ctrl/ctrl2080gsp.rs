//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080gsp.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_GSP_GET_FEATURES_PARAMS: 72 {
        gspFeatures: NvU32,
        bValid: NvBool,
        bDefaultGspRmGpu: NvBool,
        firmwareVersion: [NvU8; 64],
        _pad0: [NvU8; 2],
    }
}
