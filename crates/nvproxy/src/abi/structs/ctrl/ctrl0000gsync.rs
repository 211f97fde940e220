//! Parameters of control commands: `ctrl/ctrl0000/ctrl0000gsync.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0000_CTRL_GSYNC_GET_ATTACHED_IDS_PARAMS: 16 {
        gsyncIds: [NvU32; 4],
    }
}
