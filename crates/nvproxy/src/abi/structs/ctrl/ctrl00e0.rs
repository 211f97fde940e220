//! Parameters of control commands: `ctrl/ctrl00e0.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV_IMPORT_MEM_INFO: 8 {
        hParent: NvHandle,
        addrSpace: NvU8,
        _pad0: [NvU8; 3],
    }

    struct NV00E0_CTRL_IMPORT_MEM_PARAMS: 1540 {
        index: NvU16,
        numHandles: NvU16,
        handles: [NvHandle; 128],
        memInfos: [NV_IMPORT_MEM_INFO; 128],
    }
}
