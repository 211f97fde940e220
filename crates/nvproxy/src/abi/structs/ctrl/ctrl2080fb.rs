//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080fb.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_FB_INFO: 8 {
        index: NvU32,
        data: NvU32,
    }

    struct NV2080_CTRL_FB_GET_INFO_V2_PARAMS: 436 {
        fbInfoListSize: NvU32,
        fbInfoList: [NV2080_CTRL_FB_INFO; 54],
    }

    struct NV2080_CTRL_FB_GET_INFO_V2_PARAMS_V530_30_02 = "NV2080_CTRL_FB_GET_INFO_V2_PARAMS": 436 {
        fbInfoListSize: NvU32,
        fbInfoList: [NVXXXX_CTRL_XXX_INFO; 54],
    }

    struct NV2080_CTRL_FB_GET_INFO_V2_PARAMS_V545_23_06 = "NV2080_CTRL_FB_GET_INFO_V2_PARAMS": 444 {
        fbInfoListSize: NvU32,
        fbInfoList: [NVXXXX_CTRL_XXX_INFO; 55],
    }

    struct NV2080_CTRL_FB_GET_INFO_V2_PARAMS_V560_28_03 = "NV2080_CTRL_FB_GET_INFO_V2_PARAMS": 460 {
        fbInfoListSize: NvU32,
        fbInfoList: [NVXXXX_CTRL_XXX_INFO; 57],
    }

    struct NV2080_CTRL_FB_GET_INFO_V2_PARAMS_V580_65_06 = "NV2080_CTRL_FB_GET_INFO_V2_PARAMS": 1028 {
        fbInfoListSize: NvU32,
        fbInfoList: [NVXXXX_CTRL_XXX_INFO; 128],
    }

    struct NV2080_CTRL_FB_FS_INFO_INVALID_QUERY_PARAMS: 24 {
        data: [NvU8; 24],
    }

    struct NV2080_CTRL_FB_FS_INFO_FBP_MASK_PARAMS: 16 {
        swizzId: NvU32,
        _pad0: [NvU8; 4],
        fbpEnMask: NvU64,
    }

    struct NV2080_CTRL_FB_FS_INFO_LTC_MASK_PARAMS: 8 {
        fbpIndex: NvU32,
        ltcEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_LTS_MASK_PARAMS: 8 {
        fbpIndex: NvU32,
        ltsEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_FBPA_MASK_PARAMS: 8 {
        fbpIndex: NvU32,
        fbpaEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_ROP_MASK_PARAMS: 8 {
        fbpIndex: NvU32,
        ropEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTC_MASK_PARAMS: 12 {
        fbpIndex: NvU32,
        swizzId: NvU32,
        ltcEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTS_MASK_PARAMS: 12 {
        fbpIndex: NvU32,
        swizzId: NvU32,
        ltsEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_MASK_PARAMS: 12 {
        fbpIndex: NvU32,
        swizzId: NvU32,
        fbpaEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_PROFILER_MON_ROP_MASK_PARAMS: 12 {
        fbpIndex: NvU32,
        swizzId: NvU32,
        ropEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_SUBP_MASK_PARAMS: 16 {
        fbpIndex: NvU32,
        swizzId: NvU32,
        fbpaSubpEnMask: NvU64,
    }

    struct NV2080_CTRL_FB_FS_INFO_FBPA_SUBP_MASK_PARAMS: 8 {
        fbpIndex: NvU32,
        fbpaSubpEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_FBP_LOGICAL_MAP_PARAMS: 8 {
        fbpIndex: NvU32,
        fbpLogicalIndex: NvU32,
    }

    union NV2080_CTRL_FB_FS_INFO_QUERY__queryParams_t = "NV2080_CTRL_FB_FS_INFO_QUERY::queryParams_t": 24 align 8 {
        inv: NV2080_CTRL_FB_FS_INFO_INVALID_QUERY_PARAMS,
        fbp: NV2080_CTRL_FB_FS_INFO_FBP_MASK_PARAMS,
        ltc: NV2080_CTRL_FB_FS_INFO_LTC_MASK_PARAMS,
        lts: NV2080_CTRL_FB_FS_INFO_LTS_MASK_PARAMS,
        fbpa: NV2080_CTRL_FB_FS_INFO_FBPA_MASK_PARAMS,
        rop: NV2080_CTRL_FB_FS_INFO_ROP_MASK_PARAMS,
        dmLtc: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTC_MASK_PARAMS,
        dmLts: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTS_MASK_PARAMS,
        dmFbpa: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_MASK_PARAMS,
        dmRop: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_ROP_MASK_PARAMS,
        dmFbpaSubp: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_SUBP_MASK_PARAMS,
        fbpaSubp: NV2080_CTRL_FB_FS_INFO_FBPA_SUBP_MASK_PARAMS,
        fbpLogicalMap: NV2080_CTRL_FB_FS_INFO_FBP_LOGICAL_MAP_PARAMS,
    }

    union NV2080_CTRL_FB_FS_INFO_QUERY__queryParams_t_V550_40_07 = "NV2080_CTRL_FB_FS_INFO_QUERY::queryParams_t": 24 align 8 {
        inv: NV2080_CTRL_FB_FS_INFO_INVALID_QUERY_PARAMS,
        fbp: NV2080_CTRL_FB_FS_INFO_FBP_MASK_PARAMS,
        ltc: NV2080_CTRL_FB_FS_INFO_LTC_MASK_PARAMS,
        lts: NV2080_CTRL_FB_FS_INFO_LTS_MASK_PARAMS,
        fbpa: NV2080_CTRL_FB_FS_INFO_FBPA_MASK_PARAMS,
        rop: NV2080_CTRL_FB_FS_INFO_ROP_MASK_PARAMS,
        dmLtc: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTC_MASK_PARAMS,
        dmLts: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTS_MASK_PARAMS,
        dmFbpa: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_MASK_PARAMS,
        dmRop: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_ROP_MASK_PARAMS,
        dmFbpaSubp: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_SUBP_MASK_PARAMS,
        fbpaSubp: NV2080_CTRL_FB_FS_INFO_FBPA_SUBP_MASK_PARAMS,
        fbpLogicalMap: NV2080_CTRL_FB_FS_INFO_FBP_LOGICAL_MAP_PARAMS,
        sysl2Ltc: NV2080_CTRL_SYSL2_FS_INFO_SYSLTC_MASK_PARAMS,
        pac: NV2080_CTRL_FB_FS_INFO_PAC_MASK_PARAMS,
    }

    union NV2080_CTRL_FB_FS_INFO_QUERY__queryParams_t_V555_42_02 = "NV2080_CTRL_FB_FS_INFO_QUERY::queryParams_t": 24 align 8 {
        inv: NV2080_CTRL_FB_FS_INFO_INVALID_QUERY_PARAMS,
        fbp: NV2080_CTRL_FB_FS_INFO_FBP_MASK_PARAMS,
        ltc: NV2080_CTRL_FB_FS_INFO_LTC_MASK_PARAMS,
        lts: NV2080_CTRL_FB_FS_INFO_LTS_MASK_PARAMS,
        fbpa: NV2080_CTRL_FB_FS_INFO_FBPA_MASK_PARAMS,
        rop: NV2080_CTRL_FB_FS_INFO_ROP_MASK_PARAMS,
        dmLtc: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTC_MASK_PARAMS,
        dmLts: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTS_MASK_PARAMS,
        dmFbpa: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_MASK_PARAMS,
        dmRop: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_ROP_MASK_PARAMS,
        dmFbpaSubp: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_SUBP_MASK_PARAMS,
        fbpaSubp: NV2080_CTRL_FB_FS_INFO_FBPA_SUBP_MASK_PARAMS,
        fbpLogicalMap: NV2080_CTRL_FB_FS_INFO_FBP_LOGICAL_MAP_PARAMS,
        sysl2Ltc: NV2080_CTRL_SYSL2_FS_INFO_SYSLTC_MASK_PARAMS,
        pac: NV2080_CTRL_FB_FS_INFO_PAC_MASK_PARAMS,
        logicalLtc: NV2080_CTRL_FB_FS_INFO_LOGICAL_LTC_MASK_PARAMS,
        dmLogicalLtc: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LOGICAL_LTC_MASK_PARAMS,
    }

    union NV2080_CTRL_FB_FS_INFO_QUERY__queryParams_t_V565_57_01 = "NV2080_CTRL_FB_FS_INFO_QUERY::queryParams_t": 24 align 8 {
        inv: NV2080_CTRL_FB_FS_INFO_INVALID_QUERY_PARAMS,
        fbp: NV2080_CTRL_FB_FS_INFO_FBP_MASK_PARAMS,
        ltc: NV2080_CTRL_FB_FS_INFO_LTC_MASK_PARAMS,
        lts: NV2080_CTRL_FB_FS_INFO_LTS_MASK_PARAMS,
        fbpa: NV2080_CTRL_FB_FS_INFO_FBPA_MASK_PARAMS,
        rop: NV2080_CTRL_FB_FS_INFO_ROP_MASK_PARAMS,
        dmLtc: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTC_MASK_PARAMS,
        dmLts: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTS_MASK_PARAMS,
        dmFbpa: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_MASK_PARAMS,
        dmRop: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_ROP_MASK_PARAMS,
        dmFbpaSubp: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_SUBP_MASK_PARAMS,
        fbpaSubp: NV2080_CTRL_FB_FS_INFO_FBPA_SUBP_MASK_PARAMS,
        fbpLogicalMap: NV2080_CTRL_FB_FS_INFO_FBP_LOGICAL_MAP_PARAMS,
        sysl2Ltc: NV2080_CTRL_SYSL2_FS_INFO_SYSLTC_MASK_PARAMS,
        pac: NV2080_CTRL_FB_FS_INFO_PAC_MASK_PARAMS,
        logicalLtc: NV2080_CTRL_FB_FS_INFO_LOGICAL_LTC_MASK_PARAMS,
        dmLogicalLtc: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LOGICAL_LTC_MASK_PARAMS,
        sysl2Lts: NV2080_CTRL_SYSL2_FS_INFO_SYSLTS_MASK_PARAMS,
    }

    union NV2080_CTRL_FB_FS_INFO_QUERY__queryParams_t_V575_51_02 = "NV2080_CTRL_FB_FS_INFO_QUERY::queryParams_t": 24 align 8 {
        inv: NV2080_CTRL_FB_FS_INFO_INVALID_QUERY_PARAMS,
        fbp: NV2080_CTRL_FB_FS_INFO_FBP_MASK_PARAMS,
        ltc: NV2080_CTRL_FB_FS_INFO_LTC_MASK_PARAMS,
        lts: NV2080_CTRL_FB_FS_INFO_LTS_MASK_PARAMS,
        fbpa: NV2080_CTRL_FB_FS_INFO_FBPA_MASK_PARAMS,
        rop: NV2080_CTRL_FB_FS_INFO_ROP_MASK_PARAMS,
        dmLtc: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTC_MASK_PARAMS,
        dmLts: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LTS_MASK_PARAMS,
        dmFbpa: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_MASK_PARAMS,
        dmRop: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_ROP_MASK_PARAMS,
        dmFbpaSubp: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_FBPA_SUBP_MASK_PARAMS,
        fbpaSubp: NV2080_CTRL_FB_FS_INFO_FBPA_SUBP_MASK_PARAMS,
        fbpLogicalMap: NV2080_CTRL_FB_FS_INFO_FBP_LOGICAL_MAP_PARAMS,
        sysl2Ltc: NV2080_CTRL_SYSL2_FS_INFO_SYSLTC_MASK_PARAMS,
        pac: NV2080_CTRL_FB_FS_INFO_PAC_MASK_PARAMS,
        logicalLtc: NV2080_CTRL_FB_FS_INFO_LOGICAL_LTC_MASK_PARAMS,
        dmLogicalLtc: NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LOGICAL_LTC_MASK_PARAMS,
        sysl2Lts: NV2080_CTRL_SYSL2_FS_INFO_SYSLTS_MASK_PARAMS,
        sys: NV2080_CTRL_FB_FS_INFO_SYS_MASK_PARAMS,
    }

    struct NV2080_CTRL_FB_FS_INFO_QUERY: 32 {
        queryType: NvU16,
        reserved: [NvU8; 2],
        status: NvU32,
        queryParams: NV2080_CTRL_FB_FS_INFO_QUERY__queryParams_t,
    }

    struct NV2080_CTRL_FB_FS_INFO_QUERY_V550_40_07 = "NV2080_CTRL_FB_FS_INFO_QUERY": 32 {
        queryType: NvU16,
        reserved: [NvU8; 2],
        status: NvU32,
        queryParams: NV2080_CTRL_FB_FS_INFO_QUERY__queryParams_t_V550_40_07,
    }

    struct NV2080_CTRL_FB_FS_INFO_QUERY_V555_42_02 = "NV2080_CTRL_FB_FS_INFO_QUERY": 32 {
        queryType: NvU16,
        reserved: [NvU8; 2],
        status: NvU32,
        queryParams: NV2080_CTRL_FB_FS_INFO_QUERY__queryParams_t_V555_42_02,
    }

    struct NV2080_CTRL_FB_FS_INFO_QUERY_V565_57_01 = "NV2080_CTRL_FB_FS_INFO_QUERY": 32 {
        queryType: NvU16,
        reserved: [NvU8; 2],
        status: NvU32,
        queryParams: NV2080_CTRL_FB_FS_INFO_QUERY__queryParams_t_V565_57_01,
    }

    struct NV2080_CTRL_FB_FS_INFO_QUERY_V575_51_02 = "NV2080_CTRL_FB_FS_INFO_QUERY": 32 {
        queryType: NvU16,
        reserved: [NvU8; 2],
        status: NvU32,
        queryParams: NV2080_CTRL_FB_FS_INFO_QUERY__queryParams_t_V575_51_02,
    }

    struct NV2080_CTRL_FB_GET_FS_INFO_PARAMS: 3080 {
        numQueries: NvU16,
        reserved: [NvU8; 6],
        queries: [NV2080_CTRL_FB_FS_INFO_QUERY; 96],
    }

    struct NV2080_CTRL_FB_GET_FS_INFO_PARAMS_V545_23_06 = "NV2080_CTRL_FB_GET_FS_INFO_PARAMS": 3848 {
        numQueries: NvU16,
        reserved: [NvU8; 6],
        queries: [NV2080_CTRL_FB_FS_INFO_QUERY; 120],
    }

    struct NV2080_CTRL_FB_GET_FS_INFO_PARAMS_V550_40_07 = "NV2080_CTRL_FB_GET_FS_INFO_PARAMS": 3848 {
        numQueries: NvU16,
        reserved: [NvU8; 6],
        queries: [NV2080_CTRL_FB_FS_INFO_QUERY_V550_40_07; 120],
    }

    struct NV2080_CTRL_FB_GET_FS_INFO_PARAMS_V555_42_02 = "NV2080_CTRL_FB_GET_FS_INFO_PARAMS": 3848 {
        numQueries: NvU16,
        reserved: [NvU8; 6],
        queries: [NV2080_CTRL_FB_FS_INFO_QUERY_V555_42_02; 120],
    }

    struct NV2080_CTRL_FB_GET_FS_INFO_PARAMS_V565_57_01 = "NV2080_CTRL_FB_GET_FS_INFO_PARAMS": 3848 {
        numQueries: NvU16,
        reserved: [NvU8; 6],
        queries: [NV2080_CTRL_FB_FS_INFO_QUERY_V565_57_01; 120],
    }

    struct NV2080_CTRL_FB_GET_FS_INFO_PARAMS_V575_51_02 = "NV2080_CTRL_FB_GET_FS_INFO_PARAMS": 3848 {
        numQueries: NvU16,
        reserved: [NvU8; 6],
        queries: [NV2080_CTRL_FB_FS_INFO_QUERY_V575_51_02; 120],
    }

    struct NV2080_CTRL_FB_GET_GPU_CACHE_INFO_PARAMS: 16 {
        powerState: NvU32,
        writeMode: NvU32,
        bypassMode: NvU32,
        rcmState: NvU32,
    }

    struct NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO: 48 {
        base: NvU64,
        limit: NvU64,
        reserved: NvU64,
        performance: NvU32,
        supportCompressed: NvBool,
        supportISO: NvBool,
        bProtected: NvBool,
        blackList: [NvBool; 17],
    }

    struct NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO_V580_65_06 = "NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO": 56 {
        base: NvU64,
        limit: NvU64,
        reserved: NvU64,
        performance: NvU32,
        supportCompressed: NvBool,
        supportISO: NvBool,
        bProtected: NvBool,
        blackList: [NvBool; 18],
        _pad0: [NvU8; 7],
    }

    struct NV2080_CTRL_CMD_FB_GET_FB_REGION_INFO_PARAMS: 776 {
        numFBRegions: NvU32,
        _pad0: [NvU8; 4],
        fbRegion: [NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO; 16],
    }

    struct NV2080_CTRL_CMD_FB_GET_FB_REGION_INFO_PARAMS_V580_65_06 = "NV2080_CTRL_CMD_FB_GET_FB_REGION_INFO_PARAMS": 904 {
        numFBRegions: NvU32,
        _pad0: [NvU8; 4],
        fbRegion: [NV2080_CTRL_CMD_FB_GET_FB_REGION_FB_REGION_INFO_V580_65_06; 16],
    }

    struct NV2080_CTRL_FB_GET_INFO_PARAMS: 16 {
        fbInfoListSize: NvU32,
        _pad0: [NvU8; 4],
        fbInfoList: NvP64,
    }

    struct NV2080_CTRL_FB_OFFLINED_ADDRESS_INFO: 32 {
        pageAddressWithEccOn: NvU64,
        pageAddressWithEccOff: NvU64,
        rbcAddress: NvU32,
        source: NvU32,
        status: NvU32,
        timestamp: NvU32,
    }

    struct NV2080_CTRL_FB_GET_OFFLINED_PAGES_PARAMS: 2056 {
        offlined: [NV2080_CTRL_FB_OFFLINED_ADDRESS_INFO; 64],
        validEntries: NvU32,
        bRetirementPending: NvBool,
        retirementPending: NvU8,
        _pad0: [NvU8; 2],
    }

    struct NV2080_CTRL_FB_FLUSH_GPU_CACHE_PARAMS: 4024 {
        addressArray: [NvU64; 500],
        addressArraySize: NvU32,
        addressAlign: NvU32,
        memBlockSizeBytes: NvU64,
        flags: NvU32,
        _pad0: [NvU8; 4],
    }

    struct NV2080_CTRL_FB_GET_SEMAPHORE_SURFACE_LAYOUT_PARAMS: 32 {
        maxSubmittedSemaphoreValueOffset: NvU64,
        monitoredFenceThresholdOffset: NvU64,
        size: NvU64,
        caps: NvU32,
        _pad0: [NvU8; 4],
    }

    struct NV2080_CTRL_SYSL2_FS_INFO_SYSLTC_MASK_PARAMS: 8 {
        sysIdx: NvU32,
        sysl2LtcEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_PAC_MASK_PARAMS: 8 {
        fbpIndex: NvU32,
        pacEnMask: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_LOGICAL_LTC_MASK_PARAMS: 16 {
        fbpIndex: NvU32,
        _pad0: [NvU8; 4],
        logicalLtcEnMask: NvU64,
    }

    struct NV2080_CTRL_FB_FS_INFO_PROFILER_MON_LOGICAL_LTC_MASK_PARAMS: 16 {
        fbpIndex: NvU32,
        swizzId: NvU32,
        logicalLtcEnMask: NvU64,
    }

    struct NV2080_CTRL_SYSL2_FS_INFO_SYSLTS_MASK_PARAMS: 16 {
        sysIdx: NvU32,
        _pad0: [NvU8; 4],
        sysl2LtsEnMask: NvU64,
    }

    struct NV2080_CTRL_FB_DRAM_ENCRYPTION_INFOROM_SUPPORT_PARAMS: 4 {
        isSupported: NvU32,
    }

    struct NV2080_CTRL_FB_QUERY_DRAM_ENCRYPTION_STATUS_PARAMS: 4 {
        currentStatus: NvU32,
    }

    struct NV2080_CTRL_FB_QUERY_DRAM_ENCRYPTION_PENDING_CONFIGURATION_PARAMS: 4 {
        currentConfiguration: NvU32,
    }

    struct NV2080_CTRL_FB_FS_INFO_SYS_MASK_PARAMS: 16 {
        swizzId: NvU32,
        _pad0: [NvU8; 4],
        sysEnMask: NvU64,
    }
}
