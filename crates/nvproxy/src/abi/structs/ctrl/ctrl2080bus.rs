//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080bus.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_BUS_GET_PCI_INFO_PARAMS: 16 {
        pciDeviceId: NvU32,
        pciSubSystemId: NvU32,
        pciRevisionId: NvU32,
        pciExtDeviceId: NvU32,
    }

    struct NV2080_CTRL_BUS_PCI_BAR_INFO: 24 {
        flags: NvU32,
        barSize: NvU32,
        barSizeBytes: NvU64,
        barOffset: NvU64,
    }

    struct NV2080_CTRL_BUS_GET_PCI_BAR_INFO_PARAMS: 200 {
        pciBarCount: NvU32,
        _pad0: [NvU8; 4],
        pciBarInfo: [NV2080_CTRL_BUS_PCI_BAR_INFO; 8],
    }

    struct NV2080_CTRL_BUS_GET_INFO_PARAMS: 16 {
        busInfoListSize: NvU32,
        _pad0: [NvU8; 4],
        busInfoList: NvP64,
    }

    struct NV2080_CTRL_BUS_INFO: 8 {
        index: NvU32,
        data: NvU32,
    }

    struct NV2080_CTRL_BUS_GET_INFO_V2_PARAMS: 420 {
        busInfoListSize: NvU32,
        busInfoList: [NV2080_CTRL_BUS_INFO; 52],
    }

    struct NV2080_CTRL_BUS_GET_INFO_V2_PARAMS_V530_30_02 = "NV2080_CTRL_BUS_GET_INFO_V2_PARAMS": 420 {
        busInfoListSize: NvU32,
        busInfoList: [NVXXXX_CTRL_XXX_INFO; 52],
    }

    struct NV2080_CTRL_BUS_GET_PEX_COUNTERS_PARAMS: 76 {
        pexCounterMask: NvU32,
        pexTotalCorrectableErrors: NvU32,
        pexCorrectableErrors: NvU16,
        pexTotalNonFatalErrors: NvU8,
        pexTotalFatalErrors: NvU8,
        pexTotalUnsupportedReqs: NvU8,
        _pad0: [NvU8; 1],
        pexCounters: [NvU16; 31],
    }

    struct NV2080_CTRL_BUS_GET_PEX_UTIL_COUNTERS_PARAMS: 32 {
        pexCounterMask: NvU32,
        pexCounters: [NvU32; 7],
    }

    struct NV2080_CTRL_CMD_BUS_GET_PCIE_SUPPORTED_GPU_ATOMICS_PARAMS__atomicOp_t = "NV2080_CTRL_CMD_BUS_GET_PCIE_SUPPORTED_GPU_ATOMICS_PARAMS::atomicOp_t": 8 {
        bSupported: NvBool,
        _pad0: [NvU8; 3],
        attributes: NvU32,
    }

    struct NV2080_CTRL_CMD_BUS_GET_PCIE_SUPPORTED_GPU_ATOMICS_PARAMS: 104 {
        atomicOp: [NV2080_CTRL_CMD_BUS_GET_PCIE_SUPPORTED_GPU_ATOMICS_PARAMS__atomicOp_t; 13],
    }

    struct NV2080_CTRL_CMD_BUS_GET_PCIE_SUPPORTED_GPU_ATOMICS_PARAMS_V560_28_03 = "NV2080_CTRL_CMD_BUS_GET_PCIE_SUPPORTED_GPU_ATOMICS_PARAMS": 112 {
        capType: NvU32,
        dbdf: NvU32,
        atomicOp: [NV2080_CTRL_BUS_PCIE_GPU_ATOMIC_OP_INFO; 13],
    }

    struct NV2080_CTRL_CMD_BUS_GET_C2C_INFO_PARAMS: 20 {
        bIsLinkUp: NvBool,
        _pad0: [NvU8; 3],
        nrLinks: NvU32,
        linkMask: NvU32,
        perLinkBwMBps: NvU32,
        remoteType: NvU32,
    }

    struct NV2080_CTRL_CMD_BUS_GET_C2C_INFO_PARAMS_V530_30_02 = "NV2080_CTRL_CMD_BUS_GET_C2C_INFO_PARAMS": 28 {
        bIsLinkUp: NvBool,
        _pad0: [NvU8; 3],
        nrLinks: NvU32,
        maxNrLinks: NvU32,
        linkMask: NvU32,
        perLinkBwMBps: NvU32,
        perLinkLaneWidth: NvU32,
        remoteType: NvU32,
    }

    struct NV2080_CTRL_CMD_BUS_GET_C2C_INFO_PARAMS_V575_51_02 = "NV2080_CTRL_CMD_BUS_GET_C2C_INFO_PARAMS": 28 {
        bIsLinkUp: NvBool,
        bLinkInHS: NvBool,
        _pad0: [NvU8; 2],
        nrLinks: NvU32,
        maxNrLinks: NvU32,
        linkMask: NvU32,
        perLinkBwMBps: NvU32,
        perLinkLaneWidth: NvU32,
        remoteType: NvU32,
    }

    struct NV2080_CTRL_CMD_BUS_GET_PCIE_REQ_ATOMICS_CAPS_PARAMS: 4 {
        atomicsCaps: NvU32,
    }

    struct NV2080_CTRL_CMD_BUS_GET_PCIE_REQ_ATOMICS_CAPS_PARAMS_V560_28_03 = "NV2080_CTRL_CMD_BUS_GET_PCIE_REQ_ATOMICS_CAPS_PARAMS": 12 {
        capType: NvU32,
        dbdf: NvU32,
        atomicsCaps: NvU32,
    }

    struct NV2080_CTRL_BUS_PCIE_GPU_ATOMIC_OP_INFO: 8 {
        bSupported: NvBool,
        _pad0: [NvU8; 3],
        attributes: NvU32,
    }

    struct NV2080_CTRL_CMD_BUS_GET_PCIE_CPL_ATOMICS_CAPS_PARAMS: 4 {
        atomicsCaps: NvU32,
    }
}
