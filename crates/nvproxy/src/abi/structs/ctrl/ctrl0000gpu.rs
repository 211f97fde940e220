//! Parameters of control commands: `ctrl/ctrl0000/ctrl0000gpu.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0000_CTRL_GPU_GET_ATTACHED_IDS_PARAMS: 128 {
        gpuIds: [NvU32; 32],
    }

    struct NV0000_CTRL_GPU_GET_DEVICE_IDS_PARAMS: 4 {
        deviceIds: NvU32,
    }

    struct NV0000_CTRL_GPU_GET_ID_INFO_V2_PARAMS: 32 {
        gpuId: NvU32,
        gpuFlags: NvU32,
        deviceInstance: NvU32,
        subDeviceInstance: NvU32,
        sliStatus: NvU32,
        boardId: NvU32,
        gpuInstance: NvU32,
        numaId: NvS32,
    }

    struct NV0000_CTRL_GPU_GET_PROBED_IDS_PARAMS: 256 {
        gpuIds: [NvU32; 32],
        excludedGpuIds: [NvU32; 32],
    }

    struct NV0000_CTRL_GPU_GET_PROBED_IDS_PARAMS_V580_65_06 = "NV0000_CTRL_GPU_GET_PROBED_IDS_PARAMS": 384 {
        gpuIds: [NvU32; 32],
        excludedGpuIds: [NvU32; 32],
        gpuFlags: [NvU32; 32],
    }

    struct NV0000_CTRL_GPU_ATTACH_IDS_PARAMS: 132 {
        gpuIds: [NvU32; 32],
        failedId: NvU32,
    }

    struct NV0000_CTRL_GPU_DETACH_IDS_PARAMS: 128 {
        gpuIds: [NvU32; 32],
    }

    struct NV0000_CTRL_GPU_GET_PCI_INFO_PARAMS: 12 {
        gpuId: NvU32,
        domain: NvU32,
        bus: NvU16,
        slot: NvU16,
    }

    struct NV0000_CTRL_GPU_GET_UUID_FROM_GPU_ID_PARAMS: 268 {
        gpuId: NvU32,
        flags: NvU32,
        gpuUuid: [NvU8; 256],
        uuidStrLen: NvU32,
    }

    struct NV0000_CTRL_GPU_QUERY_DRAIN_STATE_PARAMS: 12 {
        gpuId: NvU32,
        drainState: NvU32,
        flags: NvU32,
    }

    struct NV0000_CTRL_GPU_GET_MEMOP_ENABLE_PARAMS: 4 {
        enableMask: NvU32,
    }

    struct NV0000_CTRL_GPU_GET_ID_INFO_PARAMS: 40 {
        gpuId: NvU32,
        gpuFlags: NvU32,
        deviceInstance: NvU32,
        subDeviceInstance: NvU32,
        szName: NvP64,
        sliStatus: NvU32,
        boardId: NvU32,
        gpuInstance: NvU32,
        numaId: NvS32,
    }

    struct NV0000_CTRL_GPU_ACTIVE_DEVICE: 12 {
        gpuId: NvU32,
        gpuInstanceId: NvU32,
        computeInstanceId: NvU32,
    }

    struct NV0000_CTRL_GPU_GET_ACTIVE_DEVICE_IDS_PARAMS: 3076 {
        numDevices: NvU32,
        devices: [NV0000_CTRL_GPU_ACTIVE_DEVICE; 256],
    }

    struct NV0000_CTRL_GPU_ASYNC_ATTACH_ID_PARAMS: 4 {
        gpuId: NvU32,
    }

    struct NV0000_CTRL_GPU_WAIT_ATTACH_ID_PARAMS: 4 {
        gpuId: NvU32,
    }
}
