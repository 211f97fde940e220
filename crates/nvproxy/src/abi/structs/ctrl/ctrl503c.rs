//! Parameters of control commands: `ctrl/ctrl503c.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV503C_CTRL_REGISTER_VIDMEM_PARAMS: 32 {
        hMemory: NvHandle,
        _pad0: [NvU8; 4],
        address: NvU64,
        size: NvU64,
        offset: NvU64,
    }

    struct NV503C_CTRL_UNREGISTER_VIDMEM_PARAMS: 4 {
        hMemory: NvHandle,
    }

    struct NV503C_CTRL_REGISTER_VA_SPACE_PARAMS: 16 {
        hVASpace: NvHandle,
        _pad0: [NvU8; 4],
        vaSpaceToken: NvU64,
    }
}
