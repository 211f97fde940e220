//! What 580.95.05 changes against 580.82.09.

use crate::abi::structs::*;
use crate::abi::table::release;

release! {
    Control {
        set NV0080_CTRL_CMD_MSENC_GET_CAPS_V2: simple(NV0080_CTRL_MSENC_GET_CAPS_V2_PARAMS_V580_95_05);
    }
}
