//! Structs of releases whose headers are not at hand: layouts as published lists have them, unproved.
//!
//! A struct moves to the file of its header once that is published and the parity test has compared it.

use crate::abi::reflect::abi;
use crate::abi::structs::NV_MEMORY_DESC_PARAMS;
use crate::abi::types::*;

abi! {
    struct NV_NVDEC_ALLOCATION_PARAMETERS: 12 {
        size: NvU32,
        prohibitMultipleInstances: NvU32,
        engineInstance: NvU32,
    }

    struct NV_NVENC_ALLOCATION_PARAMETERS: 12 {
        size: NvU32,
        prohibitMultipleInstances: NvU32,
        engineInstance: NvU32,
    }

    /// The size and the first field are known, from releases that were measured; the others are not.
    struct NV0000_CTRL_OS_UNIX_MEMACCT_GET_LIMITS_PARAMS: 1032 {
        cgroupFd: NvS32,
        _pad0: [NvU32; 257],
    }

    /// The size is measured, the fields are not known.
    struct NV0000_CTRL_OS_UNIX_MEMACCT_GET_IMPL_PARAMS: 4 {
        _pad0: NvU32,
    }

    /// The size is measured, the fields are not known.
    struct NV0073_CTRL_SYSTEM_GET_ACTIVE_PARAMS_V615_15_00 = "NV0073_CTRL_SYSTEM_GET_ACTIVE_PARAMS": 20 {
        _pad0: [NvU32; 5],
    }

    /// The size is measured, the fields are not known.
    struct NV2080_CTRL_FLA_GET_FABRIC_MEM_STATS_PARAMS_V615_15_00 = "NV2080_CTRL_FLA_GET_FABRIC_MEM_STATS_PARAMS": 32 {
        _pad0: [NvU64; 4],
    }

    struct NV0080_CTRL_NVDEC_GET_CAPS_PARAMS_V2: 12 {
        capsTbl: [NvU8; 8],
        instanceId: NvU32,
    }

    struct NV0080_CTRL_NVENC_GET_CAPS_PARAMS: 16 {
        capsTblSize: NvU32,
        _pad0: [NvU8; 4],
        capsTbl: NvP64,
    }

    struct NV_CHANNEL_ALLOC_PARAMS_V610_43_02 = "NV_CHANNEL_ALLOC_PARAMS": 376 {
        hObjectError: NvHandle,
        hObjectBuffer: NvHandle,
        gpFifoOffset: NvU64,
        gpFifoEntries: NvU32,
        flags: NvU32,
        hContextShare: NvHandle,
        hVASpace: NvHandle,
        hHandleVASpace: NvHandle,
        hUserdMemory: [NvHandle; 8],
        _pad0: [NvU8; 4],
        userdOffset: [NvU64; 8],
        engineType: NvU32,
        cid: NvU32,
        subDeviceId: NvU32,
        hObjectEccError: NvHandle,
        instanceMem: NV_MEMORY_DESC_PARAMS,
        userdMem: NV_MEMORY_DESC_PARAMS,
        ramfcMem: NV_MEMORY_DESC_PARAMS,
        mthdbufMem: NV_MEMORY_DESC_PARAMS,
        hPhysChannelGroup: NvHandle,
        internalFlags: NvU32,
        errorNotifierMem: NV_MEMORY_DESC_PARAMS,
        eccErrorNotifierMem: NV_MEMORY_DESC_PARAMS,
        ProcessID: NvU32,
        SubProcessID: NvU32,
        encryptIv: [NvU32; 3],
        decryptIv: [NvU32; 3],
        hmacNonce: [NvU32; 8],
        tpcConfigID: NvU32,
        _pad1: [NvU8; 4],
    }
}
