//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080gpu.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_GPU_INFO: 8 {
        index: NvU32,
        data: NvU32,
    }

    struct NV2080_CTRL_GPU_GET_INFO_V2_PARAMS: 500 {
        gpuInfoListSize: NvU32,
        gpuInfoList: [NV2080_CTRL_GPU_INFO; 62],
    }

    struct NV2080_CTRL_GPU_GET_INFO_V2_PARAMS_V530_30_02 = "NV2080_CTRL_GPU_GET_INFO_V2_PARAMS": 508 {
        gpuInfoListSize: NvU32,
        gpuInfoList: [NVXXXX_CTRL_XXX_INFO; 63],
    }

    struct NV2080_CTRL_GPU_GET_INFO_V2_PARAMS_V535_43_02 = "NV2080_CTRL_GPU_GET_INFO_V2_PARAMS": 516 {
        gpuInfoListSize: NvU32,
        gpuInfoList: [NVXXXX_CTRL_XXX_INFO; 64],
    }

    struct NV2080_CTRL_GPU_GET_INFO_V2_PARAMS_V545_23_06 = "NV2080_CTRL_GPU_GET_INFO_V2_PARAMS": 524 {
        gpuInfoListSize: NvU32,
        gpuInfoList: [NVXXXX_CTRL_XXX_INFO; 65],
    }

    struct NV2080_CTRL_GPU_GET_INFO_V2_PARAMS_V575_51_02 = "NV2080_CTRL_GPU_GET_INFO_V2_PARAMS": 532 {
        gpuInfoListSize: NvU32,
        gpuInfoList: [NVXXXX_CTRL_XXX_INFO; 66],
    }

    struct NV2080_CTRL_GPU_GET_INFO_V2_PARAMS_V580_65_06 = "NV2080_CTRL_GPU_GET_INFO_V2_PARAMS": 564 {
        gpuInfoListSize: NvU32,
        gpuInfoList: [NVXXXX_CTRL_XXX_INFO; 70],
    }

    struct NV2080_CTRL_GPU_EXEC_REG_OPS_PARAMS: 48 {
        hClientTarget: NvHandle,
        hChannelTarget: NvHandle,
        bNonTransactional: NvU32,
        reserved00: [NvU32; 2],
        regOpCount: NvU32,
        regOps: NvP64,
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    union NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS__gpuNameString_t = "NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS::gpuNameString_t": 128 align 2 {
        ascii: [NvU8; 64],
        unicode: [NvU16; 64],
    }

    struct NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS__gpuNameString_t_V595_44_02 = "NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS::gpuNameString_t": 64 {
        ascii: [NvU8; 64],
    }

    struct NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS: 132 {
        gpuNameStringFlags: NvU32,
        gpuNameString: NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS__gpuNameString_t,
    }

    struct NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS_V595_44_02 = "NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS": 68 {
        gpuNameStringFlags: NvU32,
        gpuNameString: NV2080_CTRL_GPU_GET_NAME_STRING_PARAMS__gpuNameString_t_V595_44_02,
    }

    struct NV2080_CTRL_GPU_GET_SHORT_NAME_STRING_PARAMS: 64 {
        gpuShortNameString: [NvU8; 64],
    }

    struct NV2080_CTRL_GPU_GET_SIMULATION_INFO_PARAMS: 4 {
        r#type: NvU32,
    }

    struct NV2080_CTRL_GPU_QUERY_ECC_EXCEPTION_STATUS: 8 {
        count: NvU64,
    }

    struct NV2080_CTRL_GPU_QUERY_ECC_UNIT_STATUS: 40 {
        enabled: NvBool,
        scrubComplete: NvBool,
        supported: NvBool,
        _pad0: [NvU8; 5],
        dbe: NV2080_CTRL_GPU_QUERY_ECC_EXCEPTION_STATUS,
        dbeNonResettable: NV2080_CTRL_GPU_QUERY_ECC_EXCEPTION_STATUS,
        sbe: NV2080_CTRL_GPU_QUERY_ECC_EXCEPTION_STATUS,
        sbeNonResettable: NV2080_CTRL_GPU_QUERY_ECC_EXCEPTION_STATUS,
    }

    struct NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS: 904 {
        units: [NV2080_CTRL_GPU_QUERY_ECC_UNIT_STATUS; 22],
        bFatalPoisonError: NvBool,
        uncorrectableError: NvU8,
        _pad0: [NvU8; 2],
        flags: NvU32,
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS_V520_61_05 = "NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS": 984 {
        units: [NV2080_CTRL_GPU_QUERY_ECC_UNIT_STATUS; 24],
        bFatalPoisonError: NvBool,
        uncorrectableError: NvU8,
        _pad0: [NvU8; 2],
        flags: NvU32,
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS_V545_23_06 = "NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS": 1024 {
        units: [NV2080_CTRL_GPU_QUERY_ECC_UNIT_STATUS; 25],
        bFatalPoisonError: NvBool,
        uncorrectableError: NvU8,
        _pad0: [NvU8; 2],
        flags: NvU32,
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS_V555_42_02 = "NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS": 1224 {
        units: [NV2080_CTRL_GPU_QUERY_ECC_UNIT_STATUS; 30],
        bFatalPoisonError: NvBool,
        uncorrectableError: NvU8,
        _pad0: [NvU8; 2],
        flags: NvU32,
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS_V560_28_03 = "NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS": 1264 {
        units: [NV2080_CTRL_GPU_QUERY_ECC_UNIT_STATUS; 31],
        bFatalPoisonError: NvBool,
        uncorrectableError: NvU8,
        _pad0: [NvU8; 2],
        flags: NvU32,
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS_V565_57_01 = "NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS": 1464 {
        units: [NV2080_CTRL_GPU_QUERY_ECC_UNIT_STATUS; 36],
        bFatalPoisonError: NvBool,
        uncorrectableError: NvU8,
        _pad0: [NvU8; 2],
        flags: NvU32,
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS_V590_44_01 = "NV2080_CTRL_GPU_QUERY_ECC_STATUS_PARAMS": 1664 {
        units: [NV2080_CTRL_GPU_QUERY_ECC_UNIT_STATUS; 41],
        bFatalPoisonError: NvBool,
        uncorrectableError: NvU8,
        _pad0: [NvU8; 2],
        flags: NvU32,
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GPU_QUERY_COMPUTE_MODE_RULES_PARAMS: 4 {
        rules: NvU32,
    }

    struct NV2080_CTRL_GPU_GET_ID_PARAMS: 4 {
        gpuId: NvU32,
    }

    struct NV2080_CTRL_GPU_QUERY_ECC_CONFIGURATION_PARAMS: 8 {
        currentConfiguration: NvU32,
        defaultConfiguration: NvU32,
    }

    struct NV2080_CTRL_GPU_GET_OEM_BOARD_INFO_PARAMS: 116 {
        buildDate: NvU32,
        marketingName: [NvU8; 24],
        serialNumber: [NvU8; 16],
        memoryManufacturer: NvU8,
        memoryPartID: [NvU8; 20],
        memoryDateCode: [NvU8; 6],
        productPartNumber: [NvU8; 20],
        boardRevision: [NvU8; 3],
        boardType: NvU8,
        board699PartNumber: [NvU8; 20],
        _pad0: [NvU8; 1],
    }

    struct NV2080_CTRL_GPU_GET_OEM_BOARD_INFO_PARAMS_V530_30_02 = "NV2080_CTRL_GPU_GET_OEM_BOARD_INFO_PARAMS": 136 {
        buildDate: NvU32,
        marketingName: [NvU8; 24],
        serialNumber: [NvU8; 16],
        memoryManufacturer: NvU8,
        memoryPartID: [NvU8; 20],
        memoryDateCode: [NvU8; 6],
        productPartNumber: [NvU8; 20],
        boardRevision: [NvU8; 3],
        boardType: NvU8,
        board699PartNumber: [NvU8; 20],
        board965PartNumber: [NvU8; 20],
        _pad0: [NvU8; 1],
    }

    struct NV2080_CTRL_GPU_GET_ENGINE_PARTNERLIST_PARAMS: 144 {
        engineType: NvU32,
        partnershipClassId: NvU32,
        runqueue: NvU32,
        numPartners: NvU32,
        partnerList: [NvU32; 32],
    }

    struct NV2080_CTRL_GPU_GET_GID_INFO_PARAMS: 268 {
        index: NvU32,
        flags: NvU32,
        length: NvU32,
        data: [NvU8; 256],
    }

    struct NV2080_CTRL_GPU_GET_INFOROM_OBJECT_VERSION_PARAMS: 5 {
        objectType: [NvU8; 3],
        version: NvU8,
        subversion: NvU8,
    }

    struct NV2080_CTRL_GPU_GET_INFOROM_IMAGE_VERSION_PARAMS: 16 {
        version: [NvU8; 16],
    }

    struct NV2080_CTRL_GPU_GET_ENCODER_CAPACITY_PARAMS: 8 {
        queryType: NvU32,
        encoderCapacity: NvU32,
    }

    struct NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS: 212 {
        engineCount: NvU32,
        engineList: [NvU32; 52],
    }

    struct NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS_V525_53 = "NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS": 252 {
        engineCount: NvU32,
        engineList: [NvU32; 62],
    }

    struct NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS_V545_23_06 = "NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS": 256 {
        engineCount: NvU32,
        engineList: [NvU32; 63],
    }

    struct NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS_V550_40_07 = "NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS": 260 {
        engineCount: NvU32,
        engineList: [NvU32; 64],
    }

    struct NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS_V560_28_03 = "NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS": 340 {
        engineCount: NvU32,
        engineList: [NvU32; 84],
    }

    struct NV2080_CTRL_GPU_GET_ACTIVE_PARTITION_IDS_PARAMS: 40 {
        swizzId: [NvU32; 9],
        partitionCount: NvU32,
    }

    struct NV2080_CTRL_GPU_GET_PIDS_PARAMS: 3812 {
        idType: NvU32,
        id: NvU32,
        pidTblCount: NvU32,
        pidTbl: [NvU32; 950],
    }

    struct NV2080_CTRL_GPU_PID_INFO_VIDEO_MEMORY_USAGE_DATA: 48 {
        memPrivate: NvU64,
        memSharedOwned: NvU64,
        memSharedDuped: NvU64,
        protectedMemPrivate: NvU64,
        protectedMemSharedOwned: NvU64,
        protectedMemSharedDuped: NvU64,
    }

    union NV2080_CTRL_GPU_PID_INFO_DATA: 48 align 8 {
        vidMemUsage: NV2080_CTRL_GPU_PID_INFO_VIDEO_MEMORY_USAGE_DATA,
    }

    struct NV2080_CTRL_SMC_SUBSCRIPTION_INFO: 8 {
        computeInstanceId: NvU32,
        gpuInstanceId: NvU32,
    }

    struct NV2080_CTRL_GPU_PID_INFO: 72 {
        pid: NvU32,
        index: NvU32,
        result: NvU32,
        _pad0: [NvU8; 4],
        data: NV2080_CTRL_GPU_PID_INFO_DATA,
        smcSubscription: NV2080_CTRL_SMC_SUBSCRIPTION_INFO,
    }

    struct NV2080_CTRL_GPU_GET_PID_INFO_PARAMS: 14408 {
        pidInfoListCount: NvU32,
        _pad0: [NvU8; 4],
        pidInfoList: [NV2080_CTRL_GPU_PID_INFO; 200],
    }

    union NV2080_CTRL_GPU_COMPUTE_POLICY_CONFIG__data_t = "NV2080_CTRL_GPU_COMPUTE_POLICY_CONFIG::data_t": 4 align 4 {
        timeslice: NvU32,
    }

    struct NV2080_CTRL_GPU_COMPUTE_POLICY_CONFIG: 8 {
        r#type: NvU32,
        data: NV2080_CTRL_GPU_COMPUTE_POLICY_CONFIG__data_t,
    }

    struct NV2080_CTRL_GPU_GET_COMPUTE_POLICY_CONFIG_PARAMS: 260 {
        numConfigs: NvU32,
        configList: [NV2080_CTRL_GPU_COMPUTE_POLICY_CONFIG; 32],
    }

    struct NV2080_CTRL_GPU_GET_ENGINES_PARAMS: 16 {
        engineCount: NvU32,
        _pad0: [NvU8; 4],
        engineList: NvP64,
    }

    struct NV2080_CTRL_GPU_REG_OP: 32 {
        regOp: NvU8,
        regType: NvU8,
        regStatus: NvU8,
        regQuad: NvU8,
        regGroupMask: NvU32,
        regSubGroupMask: NvU32,
        regOffset: NvU32,
        regValueHi: NvU32,
        regValueLo: NvU32,
        regAndNMaskHi: NvU32,
        regAndNMaskLo: NvU32,
    }

    struct NV2080_CTRL_GPU_GET_NVENC_SW_SESSION_STATS_PARAMS: 12 {
        encoderSessionCount: NvU32,
        averageEncodeFps: NvU32,
        averageEncodeLatency: NvU32,
    }

    struct NV2080_CTRL_GPU_GET_NVFBC_SW_SESSION_STATS_PARAMS: 12 {
        sessionCount: NvU32,
        averageFPS: NvU32,
        averageLatency: NvU32,
    }

    struct NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS: 40 {
        state: NvU8,
        _pad0: [NvU8; 3],
        status: NV_STATUS,
        clusterUuid: [NvU8; 16],
        fabricPartitionId: NvU16,
        _pad1: [NvU8; 6],
        fabricCaps: NvU64,
    }

    struct NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS_V545_23_06 = "NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS": 48 {
        state: NvU8,
        _pad0: [NvU8; 3],
        status: NV_STATUS,
        clusterUuid: [NvU8; 16],
        fabricPartitionId: NvU16,
        _pad1: [NvU8; 6],
        fabricCaps: NvU64,
        fabricCliqueId: NvU32,
        _pad2: [NvU8; 4],
    }

    struct NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS_V550_40_07 = "NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS": 48 {
        state: NvU8,
        _pad0: [NvU8; 3],
        status: NV_STATUS,
        clusterUuid: [NvU8; 16],
        fabricPartitionId: NvU16,
        _pad1: [NvU8; 6],
        fabricCaps: NvU64,
        fabricCliqueId: NvU32,
        fabricHealthMask: NvU32,
    }

    struct NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS_V580_65_06 = "NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS": 56 {
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
        _pad2: [NvU8; 7],
    }

    struct NV2080_CTRL_GPU_GET_CHIP_DETAILS_PARAMS: 16 {
        pciDevId: NvU32,
        chipSku: [NvU8; 4],
        chipMajor: NvU32,
        chipMinor: NvU32,
    }

    struct NV2080_CTRL_GPU_GET_RECOVERY_ACTION_PARAMS: 4 {
        action: NvU32,
    }

    struct NV2080_CTRL_GPU_SKYLINE_INFO: 24 {
        skylineVgpcSize: [NvU8; 12],
        singletonVgpcMask: NvU32,
        maxInstances: NvU32,
        computeSizeFlag: NvU32,
    }

    struct NV2080_CTRL_GPU_SKYLINE_INFO_V590_44_01 = "NV2080_CTRL_GPU_SKYLINE_INFO": 44 {
        skylineVgpcSize: [NvU8; 32],
        singletonVgpcMask: NvU32,
        maxInstances: NvU32,
        computeSizeFlag: NvU32,
    }

    struct NV2080_CTRL_GPU_GET_SKYLINE_INFO_PARAMS: 220 {
        skylineTable: [NV2080_CTRL_GPU_SKYLINE_INFO; 9],
        validEntries: NvU32,
    }

    struct NV2080_CTRL_GPU_GET_SKYLINE_INFO_PARAMS_V590_44_01 = "NV2080_CTRL_GPU_GET_SKYLINE_INFO_PARAMS": 400 {
        skylineTable: [NV2080_CTRL_GPU_SKYLINE_INFO_V590_44_01; 9],
        validEntries: NvU32,
    }

    struct NV2080_CTRL_RUSD_GET_SUPPORTED_FEATURES_PARAMS: 4 {
        supportedFeatures: NvU32,
    }
}
