//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080unix.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_OS_UNIX_VIDMEM_PERSISTENCE_STATUS_PARAMS: 1 {
        bVidmemPersistent: NvBool,
    }
}
