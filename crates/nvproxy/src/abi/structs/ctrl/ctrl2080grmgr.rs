//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080grmgr.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_GRMGR_GR_FS_INFO_GPC_COUNT_PARAMS: 4 {
        gpcCount: NvU32,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_CHIPLET_GPC_MAP_PARAMS: 8 {
        gpcId: NvU32,
        chipletGpcMap: NvU32,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_TPC_MASK_PARAMS: 8 {
        gpcId: NvU32,
        tpcMask: NvU32,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_PPC_MASK_PARAMS: 8 {
        gpcId: NvU32,
        ppcMask: NvU32,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_PARTITION_CHIPLET_GPC_MAP_PARAMS: 12 {
        swizzId: NvU32,
        gpcId: NvU32,
        chipletGpcMap: NvU32,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_CHIPLET_SYSPIPE_MASK_PARAMS: 4 {
        chipletSyspipeMask: NvU32,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_PARTITION_CHIPLET_SYSPIPE_IDS_PARAMS: 12 {
        swizzId: NvU16,
        physSyspipeIdCount: NvU16,
        physSyspipeId: [NvU8; 8],
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_PROFILER_MON_GPC_MASK_PARAMS: 12 {
        swizzId: NvU32,
        grIdx: NvU32,
        gpcEnMask: NvU32,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_PARTITION_SYSPIPE_ID_PARAMS: 4 {
        syspipeId: NvU32,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_ROP_MASK_PARAMS: 8 {
        gpcId: NvU32,
        ropMask: NvU32,
    }

    union NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS__queryData_t = "NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS::queryData_t": 12 align 4 {
        gpcCountData: NV2080_CTRL_GRMGR_GR_FS_INFO_GPC_COUNT_PARAMS,
        chipletGpcMapData: NV2080_CTRL_GRMGR_GR_FS_INFO_CHIPLET_GPC_MAP_PARAMS,
        tpcMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_TPC_MASK_PARAMS,
        ppcMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_PPC_MASK_PARAMS,
        partitionGpcMapData: NV2080_CTRL_GRMGR_GR_FS_INFO_PARTITION_CHIPLET_GPC_MAP_PARAMS,
        syspipeMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_CHIPLET_SYSPIPE_MASK_PARAMS,
        partitionChipletSyspipeData: NV2080_CTRL_GRMGR_GR_FS_INFO_PARTITION_CHIPLET_SYSPIPE_IDS_PARAMS,
        dmGpcMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_PROFILER_MON_GPC_MASK_PARAMS,
        partitionSyspipeIdData: NV2080_CTRL_GRMGR_GR_FS_INFO_PARTITION_SYSPIPE_ID_PARAMS,
        ropMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_ROP_MASK_PARAMS,
    }

    union NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS__queryData_t_V580_65_06 = "NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS::queryData_t": 12 align 4 {
        gpcCountData: NV2080_CTRL_GRMGR_GR_FS_INFO_GPC_COUNT_PARAMS,
        chipletGpcMapData: NV2080_CTRL_GRMGR_GR_FS_INFO_CHIPLET_GPC_MAP_PARAMS,
        tpcMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_TPC_MASK_PARAMS,
        ppcMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_PPC_MASK_PARAMS,
        partitionGpcMapData: NV2080_CTRL_GRMGR_GR_FS_INFO_PARTITION_CHIPLET_GPC_MAP_PARAMS,
        syspipeMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_CHIPLET_SYSPIPE_MASK_PARAMS,
        partitionChipletSyspipeData: NV2080_CTRL_GRMGR_GR_FS_INFO_PARTITION_CHIPLET_SYSPIPE_IDS_PARAMS,
        dmGpcMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_PROFILER_MON_GPC_MASK_PARAMS,
        partitionSyspipeIdData: NV2080_CTRL_GRMGR_GR_FS_INFO_PARTITION_SYSPIPE_ID_PARAMS,
        ropMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_ROP_MASK_PARAMS,
        gfxSyspipeMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_CHIPLET_GRAPHICS_SYSPIPE_MASK_PARAMS,
        gfxGpcMaskData: NV2080_CTRL_GRMGR_GR_FS_INFO_GFX_CAPABLE_GPC_MASK_PARAMS,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS: 20 {
        queryType: NvU16,
        reserved: [NvU8; 2],
        status: NvU32,
        queryData: NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS__queryData_t,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS_V580_65_06 = "NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS": 20 {
        queryType: NvU16,
        reserved: [NvU8; 2],
        status: NvU32,
        queryData: NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS__queryData_t_V580_65_06,
    }

    struct NV2080_CTRL_GRMGR_GET_GR_FS_INFO_PARAMS: 1928 {
        numQueries: NvU16,
        reserved: [NvU8; 6],
        queries: [NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS; 96],
    }

    struct NV2080_CTRL_GRMGR_GET_GR_FS_INFO_PARAMS_V580_65_06 = "NV2080_CTRL_GRMGR_GET_GR_FS_INFO_PARAMS": 1928 {
        numQueries: NvU16,
        reserved: [NvU8; 6],
        queries: [NV2080_CTRL_GRMGR_GR_FS_INFO_QUERY_PARAMS_V580_65_06; 96],
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_CHIPLET_GRAPHICS_SYSPIPE_MASK_PARAMS: 4 {
        chipletSyspipeMask: NvU32,
    }

    struct NV2080_CTRL_GRMGR_GR_FS_INFO_GFX_CAPABLE_GPC_MASK_PARAMS: 12 {
        swizzId: NvU32,
        grIdx: NvU32,
        gpcEnMask: NvU32,
    }
}
