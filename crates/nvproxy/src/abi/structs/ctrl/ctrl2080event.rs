//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080event.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_EVENT_SET_NOTIFICATION_PARAMS: 20 {
        event: NvU32,
        action: NvU32,
        bNotifyState: NvBool,
        _pad0: [NvU8; 3],
        info32: NvU32,
        info16: NvU16,
        _pad1: [NvU8; 2],
    }
}
