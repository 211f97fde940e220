//! What 555.52.04 changes against 555.42.02.

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
    }
}
