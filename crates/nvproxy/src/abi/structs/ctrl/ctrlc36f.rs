//! Parameters of control commands: `ctrl/ctrlc36f.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NVC36F_CTRL_CMD_GPFIFO_GET_WORK_SUBMIT_TOKEN_PARAMS: 4 {
        workSubmitToken: NvU32,
    }

    struct NVC36F_CTRL_GPFIFO_SET_WORK_SUBMIT_TOKEN_NOTIF_INDEX_PARAMS: 4 {
        index: NvU32,
    }
}
