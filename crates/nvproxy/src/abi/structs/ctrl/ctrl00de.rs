//! Parameters of control commands: `ctrl/ctrl00de.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV00DE_CTRL_REQUEST_DATA_POLL_PARAMS: 8 {
        polledDataMask: NvU64,
    }
}
