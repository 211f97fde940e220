//! What 615.15.00 changes against 610.57.04: sizes that were measured at 615.71.09 and differ from 610.57.04's. This is
//! the first release they can be of.

use crate::abi::structs::*;
use crate::abi::table::release;

release! {
    Control {
        set NV00FD_CTRL_CMD_ATTACH_REMOTE_GPU: simple(NV00FD_CTRL_ATTACH_REMOTE_GPU_PARAMS_V615_15_00);
        set NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO: simple(NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS_V615_15_00);
        set NV2080_CTRL_CMD_GR_GET_GLOBAL_SM_ORDER: simple(NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS_V615_15_00);
    }
}
