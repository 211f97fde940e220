//! Parameters of control commands: `ctrl/ctrl00fb.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NV00FB_CTRL_VALIDATE_PARAMS: 2120 {
        attrs: NV_FABRIC_MEMORY_ATTRS,
        physAttrs: NV_PHYSICAL_MEMORY_ATTRS,
        offset: NvU64,
        totalPfns: NvU64,
        pfnArray: [NvU32; 512],
        numPfns: NvU32,
        memFlags: NvU32,
        flags: NvU32,
        bDone: NvBool,
        _pad0: [NvU8; 3],
    }

    struct NV00FB_CTRL_VALIDATE_PARAMS_V580_65_06 = "NV00FB_CTRL_VALIDATE_PARAMS": 2136 {
        attrs: NV_FABRIC_MEMORY_ATTRS_V580_65_06,
        physAttrs: NV_PHYSICAL_MEMORY_ATTRS,
        offset: NvU64,
        totalPfns: NvU64,
        pfnArray: [NvU32; 512],
        numPfns: NvU32,
        memFlags: NvU32,
        flags: NvU32,
        bDone: NvBool,
        _pad0: [NvU8; 3],
    }

    struct NV00FB_CTRL_VALIDATE_PARAMS_V595_44_02 = "NV00FB_CTRL_VALIDATE_PARAMS": 2136 {
        attrs: NV_FABRIC_MEMORY_ATTRS_V595_44_02,
        physAttrs: NV_PHYSICAL_MEMORY_ATTRS,
        offset: NvU64,
        totalPfns: NvU64,
        pfnArray: [NvU32; 512],
        numPfns: NvU32,
        memFlags: NvU32,
        flags: NvU32,
        bDone: NvBool,
        _pad0: [NvU8; 3],
    }
}
