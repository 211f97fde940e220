//! Parameters of control commands: `ctrl/ctrl0000/ctrl0000system.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0000_CTRL_SYSTEM_GET_CPU_INFO_PARAMS: 100 {
        r#type: NvU32,
        capabilities: NvU32,
        clock: NvU32,
        L1DataCacheSize: NvU32,
        L2DataCacheSize: NvU32,
        dataCacheLineSize: NvU32,
        numLogicalCpus: NvU32,
        numPhysicalCpus: NvU32,
        name: [NvU8; 52],
        family: NvU32,
        model: NvU32,
        stepping: NvU8,
        _pad0: [NvU8; 3],
        coresOnDie: NvU32,
    }

    struct NV0000_CTRL_SYSTEM_GET_CPU_INFO_PARAMS_V525_53 = "NV0000_CTRL_SYSTEM_GET_CPU_INFO_PARAMS": 104 {
        r#type: NvU32,
        capabilities: NvU32,
        clock: NvU32,
        L1DataCacheSize: NvU32,
        L2DataCacheSize: NvU32,
        dataCacheLineSize: NvU32,
        numLogicalCpus: NvU32,
        numPhysicalCpus: NvU32,
        name: [NvU8; 52],
        family: NvU32,
        model: NvU32,
        stepping: NvU8,
        _pad0: [NvU8; 3],
        coresOnDie: NvU32,
        bSEVEnabled: NvBool,
        _pad1: [NvU8; 3],
    }

    struct NV0000_CTRL_SYSTEM_GET_CPU_INFO_PARAMS_V550_40_07 = "NV0000_CTRL_SYSTEM_GET_CPU_INFO_PARAMS": 104 {
        r#type: NvU32,
        capabilities: NvU32,
        clock: NvU32,
        L1DataCacheSize: NvU32,
        L2DataCacheSize: NvU32,
        dataCacheLineSize: NvU32,
        numLogicalCpus: NvU32,
        numPhysicalCpus: NvU32,
        name: [NvU8; 52],
        family: NvU32,
        model: NvU32,
        stepping: NvU8,
        _pad0: [NvU8; 3],
        coresOnDie: NvU32,
        bCCEnabled: NvBool,
        _pad1: [NvU8; 3],
    }

    struct NV0000_CTRL_SYSTEM_GET_CPU_INFO_PARAMS_V565_57_01 = "NV0000_CTRL_SYSTEM_GET_CPU_INFO_PARAMS": 108 {
        r#type: NvU32,
        capabilities: NvU32,
        clock: NvU32,
        L1DataCacheSize: NvU32,
        L2DataCacheSize: NvU32,
        dataCacheLineSize: NvU32,
        numLogicalCpus: NvU32,
        numPhysicalCpus: NvU32,
        name: [NvU8; 52],
        family: NvU32,
        model: NvU32,
        stepping: NvU8,
        _pad0: [NvU8; 3],
        coresOnDie: NvU32,
        bCCEnabled: NvBool,
        _pad1: [NvU8; 3],
        selfHostedSocType: NvU32,
    }

    struct NV0000_CTRL_SYSTEM_GET_P2P_CAPS_V2_PARAMS: 4252 {
        gpuIds: [NvU32; 32],
        gpuCount: NvU32,
        p2pCaps: NvU32,
        p2pOptimalReadCEs: NvU32,
        p2pOptimalWriteCEs: NvU32,
        p2pCapsStatus: [NvU8; 9],
        _pad0: [NvU8; 3],
        busPeerIds: [NvU32; 1024],
    }

    struct NV0000_CTRL_SYSTEM_GET_P2P_CAPS_V2_PARAMS_V550_40_07 = "NV0000_CTRL_SYSTEM_GET_P2P_CAPS_V2_PARAMS": 8348 {
        gpuIds: [NvU32; 32],
        gpuCount: NvU32,
        p2pCaps: NvU32,
        p2pOptimalReadCEs: NvU32,
        p2pOptimalWriteCEs: NvU32,
        p2pCapsStatus: [NvU8; 9],
        _pad0: [NvU8; 3],
        busPeerIds: [NvU32; 1024],
        busEgmPeerIds: [NvU32; 1024],
    }

    struct NV0000_CTRL_SYSTEM_GET_FABRIC_STATUS_PARAMS: 4 {
        fabricStatus: NvU32,
    }

    struct NV0000_CTRL_SYSTEM_GET_P2P_CAPS_MATRIX_PARAMS: 1352 {
        grpACount: NvU32,
        grpBCount: NvU32,
        gpuIdGrpA: [NvU32; 8],
        gpuIdGrpB: [NvU32; 8],
        p2pCaps: [[NvU32; 8]; 8],
        a2bOptimalReadCes: [[NvU32; 8]; 8],
        a2bOptimalWriteCes: [[NvU32; 8]; 8],
        b2aOptimalReadCes: [[NvU32; 8]; 8],
        b2aOptimalWriteCes: [[NvU32; 8]; 8],
    }

    struct NV0000_CTRL_SYSTEM_GET_FEATURES_PARAMS: 4 {
        featuresMask: NvU32,
    }

    struct NV0000_CTRL_SYSTEM_GET_BUILD_VERSION_PARAMS: 40 {
        sizeOfStrings: NvU32,
        _pad0: [NvU8; 4],
        pDriverVersionBuffer: NvP64,
        pVersionBuffer: NvP64,
        pTitleBuffer: NvP64,
        changelistNumber: NvU32,
        officialChangelistNumber: NvU32,
    }

    struct NV0000_CTRL_SYSTEM_GET_BUILD_VERSION_V2_PARAMS: 776 {
        driverVersionBuffer: [NvU8; 256],
        versionBuffer: [NvU8; 256],
        titleBuffer: [NvU8; 256],
        changelistNumber: NvU32,
        officialChangelistNumber: NvU32,
    }

    struct NV0000_CTRL_SYSTEM_GET_BUILD_VERSION_V2_PARAMS_V560_28_03 = "NV0000_CTRL_SYSTEM_GET_BUILD_VERSION_V2_PARAMS": 1032 {
        driverVersionBuffer: [NvU8; 256],
        versionBuffer: [NvU8; 256],
        driverBranch: [NvU8; 256],
        titleBuffer: [NvU8; 256],
        changelistNumber: NvU32,
        officialChangelistNumber: NvU32,
    }

    struct NV0000_CTRL_SYSTEM_GET_P2P_CAPS_PARAMS: 168 {
        gpuIds: [NvU32; 32],
        gpuCount: NvU32,
        p2pCaps: NvU32,
        p2pOptimalReadCEs: NvU32,
        p2pOptimalWriteCEs: NvU32,
        p2pCapsStatus: [NvU8; 9],
        _pad0: [NvU8; 7],
        busPeerIds: NvP64,
    }

    struct NV0000_CTRL_SYSTEM_GET_P2P_CAPS_PARAMS_V550_40_07 = "NV0000_CTRL_SYSTEM_GET_P2P_CAPS_PARAMS": 176 {
        gpuIds: [NvU32; 32],
        gpuCount: NvU32,
        p2pCaps: NvU32,
        p2pOptimalReadCEs: NvU32,
        p2pOptimalWriteCEs: NvU32,
        p2pCapsStatus: [NvU8; 9],
        _pad0: [NvU8; 7],
        busPeerIds: NvP64,
        busEgmPeerIds: NvP64,
    }
}
