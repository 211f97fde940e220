//! Parameters of control commands: `ctrl/ctrl0000/ctrl0000gpuacct.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0000_CTRL_GPUACCT_GET_ACCOUNTING_STATE_PARAMS: 12 {
        gpuId: NvU32,
        pid: NvU32,
        state: NvU32,
    }
}
