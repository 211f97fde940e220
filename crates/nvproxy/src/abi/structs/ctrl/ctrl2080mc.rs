//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080mc.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_MC_GET_ARCH_INFO_PARAMS: 16 {
        architecture: NvU32,
        implementation: NvU32,
        revision: NvU32,
        subRevision: NvU8,
        _pad0: [NvU8; 3],
    }

    struct NV2080_CTRL_MC_SERVICE_INTERRUPTS_PARAMS: 4 {
        engines: NvU32,
    }
}
