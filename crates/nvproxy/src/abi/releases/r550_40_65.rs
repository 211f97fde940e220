//! What 550.40.65 changes against 550.40.63.

use crate::abi::structs::*;
use crate::abi::table::release;
use crate::abi::types::NvU32;

release! {
    Control {
        // The driver copies what is behind the second pointer at last: see r550_40_07.rs.
        set NV0000_CTRL_CMD_SYSTEM_GET_P2P_CAPS: with(NV0000_CTRL_SYSTEM_GET_P2P_CAPS_PARAMS_V550_40_07:
            gpus(in gpuIds),
            writes(busPeerIds, gpuCount * gpuCount * NvU32),
            writes(busEgmPeerIds, gpuCount * gpuCount * NvU32));
        // Not in 555.42.02 to 555.58.02, which branched off before it: gVisor has it there, the headers do not.
        add NV_CONF_COMPUTE_CTRL_CMD_GPU_GET_KEY_ROTATION_STATE = 0xcb33010c: simple(NV_CONF_COMPUTE_CTRL_CMD_GPU_GET_KEY_ROTATION_STATE_PARAMS), COMPUTE | UTILITY;
    }
}
