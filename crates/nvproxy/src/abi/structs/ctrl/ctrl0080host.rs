//! Parameters of control commands: `ctrl/ctrl0080/ctrl0080host.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0080_CTRL_HOST_GET_CAPS_V2_PARAMS: 3 {
        capsTbl: [NvU8; 3],
    }
}
