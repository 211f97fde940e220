//! Parameters of control commands: `ctrl/ctrl00fd.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV00FD_CTRL_GET_INFO_PARAMS: 32 {
        alignment: NvU64,
        allocSize: NvU64,
        pageSize: NvU32,
        numMaxGpus: NvU32,
        numAttachedGpus: NvU32,
        _pad0: [NvU8; 4],
    }

    struct NV00FD_CTRL_ATTACH_MEM_PARAMS: 48 {
        hSubdevice: NvHandle,
        hMemory: NvHandle,
        offset: NvU64,
        mapOffset: NvU64,
        mapLength: NvU64,
        flags: NvU32,
        _pad0: [NvU8; 4],
        devDescriptor: NvU64,
    }

    struct NV00FD_CTRL_ATTACH_MEM_PARAMS_V530_30_02 = "NV00FD_CTRL_ATTACH_MEM_PARAMS": 40 {
        hSubdevice: NvHandle,
        hMemory: NvHandle,
        offset: NvU64,
        mapOffset: NvU64,
        mapLength: NvU64,
        flags: NvU32,
        _pad0: [NvU8; 4],
    }

    struct NV00FD_CTRL_ATTACH_MEM_PARAMS_V580_65_06 = "NV00FD_CTRL_ATTACH_MEM_PARAMS": 40 {
        hSubdevice: NvHandle,
        hMemory: NvHandle,
        offset: NvU64,
        mapOffset: NvU64,
        mapLength: NvU64,
        flags: NvU32,
        subPageOffset: NvU32,
    }

    struct NV00FD_CTRL_DETACH_MEM_PARAMS: 24 {
        hSubdevice: NvHandle,
        _pad0: [NvU8; 4],
        offset: NvU64,
        flags: NvU32,
        _pad1: [NvU8; 4],
    }

    struct NV00FD_CTRL_ATTACH_GPU_PARAMS: 16 {
        hSubdevice: NvHandle,
        flags: NvU32,
        devDescriptor: NvU64,
    }

    struct NV00FD_CTRL_ATTACH_REMOTE_GPU_PARAMS: 24 {
        gpuFabricProbeHandle: NvU64,
        key: NvU64,
        cliqueId: NvU32,
        nodeId: NvU16,
        _pad0: [NvU8; 2],
    }

    struct NV00FD_CTRL_ATTACH_REMOTE_GPU_PARAMS_V580_65_06 = "NV00FD_CTRL_ATTACH_REMOTE_GPU_PARAMS": 32 {
        gpuFabricProbeHandle: NvU64,
        key: NvU64,
        bwModeEpoch: NvU64,
        cliqueId: NvU32,
        nodeId: NvU16,
        bwMode: NvU8,
        _pad0: [NvU8; 1],
    }

    struct NV00FD_CTRL_ATTACH_REMOTE_GPU_PARAMS_V590_44_01 = "NV00FD_CTRL_ATTACH_REMOTE_GPU_PARAMS": 40 {
        gpuFabricProbeHandle: NvU64,
        key: NvU64,
        bwModeEpoch: NvU64,
        pageSize: NvU64,
        cliqueId: NvU32,
        nodeId: NvU16,
        bwMode: NvU8,
        _pad0: [NvU8; 1],
    }

    struct NV00FD_CTRL_ATTACH_REMOTE_GPU_PARAMS_V595_44_02 = "NV00FD_CTRL_ATTACH_REMOTE_GPU_PARAMS": 40 {
        gpuFabricProbeHandle: NvU64,
        key: NvU64,
        bwModeEpoch: NvU64,
        pageSize: NvU64,
        cliqueId: NvU32,
        nodeId: NvU16,
        bwMode: NvU16,
    }

    struct NV00FD_CTRL_SET_FAILURE_PARAMS: 4 {
        status: NV_STATUS,
    }
}
