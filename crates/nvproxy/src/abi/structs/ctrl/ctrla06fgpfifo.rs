//! Parameters of control commands: `ctrl/ctrla06f/ctrla06fgpfifo.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS: 2 {
        bEnable: NvBool,
        bSkipSubmit: NvBool,
    }

    struct NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS_V575_51_02 = "NVA06F_CTRL_GPFIFO_SCHEDULE_PARAMS": 3 {
        bEnable: NvBool,
        bSkipSubmit: NvBool,
        bSkipEnable: NvBool,
    }

    struct NVA06F_CTRL_BIND_PARAMS: 4 {
        engineType: NvU32,
    }
}
