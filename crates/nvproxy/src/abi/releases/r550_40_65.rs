//! What 550.40.65 changes against 550.40.63.

use crate::abi::structs::*;
use crate::abi::table::release;

release! {
    Control {
        // Not in 555.42.02 to 555.58.02, which branched off before it: gVisor has it there, the headers do not.
        add NV_CONF_COMPUTE_CTRL_CMD_GPU_GET_KEY_ROTATION_STATE = 0xcb33010c: simple(NV_CONF_COMPUTE_CTRL_CMD_GPU_GET_KEY_ROTATION_STATE_PARAMS), COMPUTE | UTILITY;
    }
}
