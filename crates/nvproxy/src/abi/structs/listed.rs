//! Structs of releases whose headers are not published: layouts as published lists have them, or
//! sizes that were measured; unproved.
//!
//! A struct moves to the file of its header once that is published and the parity test has compared it.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
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

    /// The size is measured, the fields are not known: releases before put theirs between those they found.
    struct NV00FD_CTRL_ATTACH_REMOTE_GPU_PARAMS_V615_15_00 = "NV00FD_CTRL_ATTACH_REMOTE_GPU_PARAMS": 48 {
        _pad0: [NvU64; 6],
    }

    /// The size is measured, the fields are inferred: it is that of the same list with two elements more.
    struct NV2080_CTRL_GPU_GET_INFO_V2_PARAMS_V610_43_02 = "NV2080_CTRL_GPU_GET_INFO_V2_PARAMS": 580 {
        gpuInfoListSize: NvU32,
        gpuInfoList: [NVXXXX_CTRL_XXX_INFO; 72],
    }

    /// The size is measured, the fields are inferred: each release before kept those it found and put its own behind
    /// them, so these are taken to be where they were, and the rest is bytes.
    struct NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS_V615_15_00 = "NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS": 320 {
        state: NvU8,
        _pad0: [NvU8; 3],
        status: NV_STATUS,
        clusterUuid: [NvU8; 16],
        fabricPartitionId: NvU16,
        _pad1: [NvU8; 6],
        fabricCaps: NvU64,
        fabricCliqueId: NvU32,
        fabricHealthMask: NvU32,
        fabricHealthSummary: NvU8,
        _pad2: [NvU8; 271],
    }

    /// The size is measured, the fields are not known: what grew is the table in front of the last field, and whether
    /// its elements or their number did, the size does not tell.
    struct NV2080_CTRL_GPU_GET_SKYLINE_INFO_PARAMS_V610_43_02 = "NV2080_CTRL_GPU_GET_SKYLINE_INFO_PARAMS": 688 {
        _pad0: [NvU32; 172],
    }

    /// The size is inferred from that of the parameters, which holds 512 of them; the fields are, too. Each release
    /// before put its own behind those it found.
    struct NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS__globalSmId_t_V615_15_00 = "NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS::globalSmId_t": 20 {
        gpcId: NvU16,
        localTpcId: NvU16,
        localSmId: NvU16,
        globalTpcId: NvU16,
        virtualGpcId: NvU16,
        migratableTpcId: NvU16,
        ugpuId: NvU16,
        physicalCpcId: NvU16,
        virtualTpcId: NvU16,
        _pad0: [NvU8; 2],
    }

    /// The size is measured, the fields are inferred: it is that of the same list with elements two bytes longer.
    struct NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS_V615_15_00 = "NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS": 10264 {
        globalSmId: [NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS__globalSmId_t_V615_15_00; 512],
        numSm: NvU16,
        numTpc: NvU16,
        _pad0: [NvU8; 4],
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    /// The size is measured, the fields are inferred: it is that of the same list with 512 elements.
    struct NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS_V610_43_02 = "NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS": 4120 {
        smId: [NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS__smId_t; 512],
        smCount: NvU32,
        _pad0: [NvU8; 4],
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }
}
