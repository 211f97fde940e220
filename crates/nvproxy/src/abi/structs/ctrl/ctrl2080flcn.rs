//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080flcn.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_FLCN_GET_CTX_BUFFER_SIZE_PARAMS: 16 {
        hChannel: NvHandle,
        _pad0: [NvU8; 4],
        totalBufferSize: NvU64,
    }
}
