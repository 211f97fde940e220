//! Parameters of control commands: `ctrl/ctrl00da.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV_SEMAPHORE_SURFACE_CTRL_BIND_CHANNEL_PARAMS: 24 {
        hClient: NvHandle,
        hDevice: NvHandle,
        hChannel: NvHandle,
        _pad0: [NvU8; 4],
        engineMask: NvU64,
    }

    struct NV_SEMAPHORE_SURFACE_CTRL_BIND_CHANNEL_PARAMS_V560_28_03 = "NV_SEMAPHORE_SURFACE_CTRL_BIND_CHANNEL_PARAMS": 40 {
        hChannel: NvHandle,
        numNotifyIndices: NvU32,
        notifyIndices: [NvU32; 8],
    }

    struct NV_SEMAPHORE_SURFACE_CTRL_UNBIND_CHANNEL_PARAMS: 40 {
        hChannel: NvHandle,
        numNotifyIndices: NvU32,
        notifyIndices: [NvU32; 8],
    }
}
