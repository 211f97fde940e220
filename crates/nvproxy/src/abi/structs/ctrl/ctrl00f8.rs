//! Parameters of control commands: `ctrl/ctrl00f8.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV00F8_CTRL_DESCRIBE_PARAMS: 2072 {
        offset: NvU64,
        totalPfns: NvU64,
        pfnArray: [NvU32; 512],
        numPfns: NvU32,
        _pad0: [NvU8; 4],
    }

    struct NV00F8_CTRL_DESCRIBE_PARAMS_V545_23_06 = "NV00F8_CTRL_DESCRIBE_PARAMS": 2120 {
        offset: NvU64,
        totalPfns: NvU64,
        pfnArray: [NvU32; 512],
        numPfns: NvU32,
        _pad0: [NvU8; 4],
        attrs: NV_FABRIC_MEMORY_ATTRS,
        physAttrs: NV_PHYSICAL_MEMORY_ATTRS,
        memFlags: NvU32,
        _pad1: [NvU8; 4],
    }

    struct NV00F8_CTRL_DESCRIBE_PARAMS_V580_65_06 = "NV00F8_CTRL_DESCRIBE_PARAMS": 2136 {
        offset: NvU64,
        totalPfns: NvU64,
        pfnArray: [NvU32; 512],
        numPfns: NvU32,
        _pad0: [NvU8; 4],
        attrs: NV_FABRIC_MEMORY_ATTRS_V580_65_06,
        physAttrs: NV_PHYSICAL_MEMORY_ATTRS,
        memFlags: NvU32,
        _pad1: [NvU8; 4],
    }

    struct NV00F8_CTRL_DESCRIBE_PARAMS_V595_44_02 = "NV00F8_CTRL_DESCRIBE_PARAMS": 2136 {
        offset: NvU64,
        totalPfns: NvU64,
        pfnArray: [NvU32; 512],
        numPfns: NvU32,
        _pad0: [NvU8; 4],
        attrs: NV_FABRIC_MEMORY_ATTRS_V595_44_02,
        physAttrs: NV_PHYSICAL_MEMORY_ATTRS,
        memFlags: NvU32,
        _pad1: [NvU8; 4],
    }

    struct NV00F8_CTRL_ATTACH_MEM_INFO: 32 {
        hMemory: NvHandle,
        _pad0: [NvU8; 4],
        offset: NvU64,
        mapOffset: NvU64,
        mapLength: NvU64,
    }

    struct NV00F8_CTRL_ATTACH_MEM_PARAMS: 2064 {
        memInfos: [NV00F8_CTRL_ATTACH_MEM_INFO; 64],
        numMemInfos: NvU16,
        _pad0: [NvU8; 2],
        flags: NvU32,
        numAttached: NvU16,
        _pad1: [NvU8; 6],
    }

    struct NV_FABRIC_MEMORY_ATTRS: 32 {
        kind: NvU32,
        _pad0: [NvU8; 4],
        pageSize: NvU64,
        size: NvU64,
        cliqueId: NvU32,
        _pad1: [NvU8; 4],
    }

    struct NV_FABRIC_MEMORY_ATTRS_V580_65_06 = "NV_FABRIC_MEMORY_ATTRS": 48 {
        kind: NvU32,
        _pad0: [NvU8; 4],
        pageSize: NvU64,
        size: NvU64,
        cliqueId: NvU32,
        _pad1: [NvU8; 4],
        bwModeEpoch: NvU64,
        bwMode: NvU8,
        _pad2: [NvU8; 7],
    }

    struct NV_FABRIC_MEMORY_ATTRS_V595_44_02 = "NV_FABRIC_MEMORY_ATTRS": 48 {
        kind: NvU32,
        _pad0: [NvU8; 4],
        pageSize: NvU64,
        size: NvU64,
        cliqueId: NvU32,
        _pad1: [NvU8; 4],
        bwModeEpoch: NvU64,
        bwMode: NvU16,
        _pad2: [NvU8; 6],
    }

    struct NV_PHYSICAL_MEMORY_ATTRS: 8 {
        addressSpace: NvU32,
        compressionCoverage: NvU32,
    }
}
