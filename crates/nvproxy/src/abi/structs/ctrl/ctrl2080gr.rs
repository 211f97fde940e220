//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080gr.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_GR_GET_ZCULL_INFO_PARAMS: 40 {
        widthAlignPixels: NvU32,
        heightAlignPixels: NvU32,
        pixelSquaresByAliquots: NvU32,
        aliquotTotal: NvU32,
        zcullRegionByteMultiplier: NvU32,
        zcullRegionHeaderSize: NvU32,
        zcullSubregionHeaderSize: NvU32,
        subregionCount: NvU32,
        subregionWidthAlignPixels: NvU32,
        subregionHeightAlignPixels: NvU32,
    }

    struct NV2080_CTRL_GR_CTXSW_ZCULL_BIND_PARAMS: 24 {
        hClient: NvHandle,
        hChannel: NvHandle,
        vMemPtr: NvU64,
        zcullMode: NvU32,
        _pad0: [NvU8; 4],
    }

    struct NV2080_CTRL_GR_SET_CTXSW_PREEMPTION_MODE_PARAMS: 32 {
        flags: NvU32,
        hChannel: NvHandle,
        gfxpPreemptMode: NvU32,
        cilpPreemptMode: NvU32,
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GR_GET_CTX_BUFFER_SIZE_PARAMS: 16 {
        hChannel: NvHandle,
        _pad0: [NvU8; 4],
        totalBufferSize: NvU64,
    }

    struct NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS__globalSmId_t = "NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS::globalSmId_t": 12 {
        gpcId: NvU16,
        localTpcId: NvU16,
        localSmId: NvU16,
        globalTpcId: NvU16,
        virtualGpcId: NvU16,
        migratableTpcId: NvU16,
    }

    struct NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS__globalSmId_t_V575_51_02 = "NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS::globalSmId_t": 14 {
        gpcId: NvU16,
        localTpcId: NvU16,
        localSmId: NvU16,
        globalTpcId: NvU16,
        virtualGpcId: NvU16,
        migratableTpcId: NvU16,
        ugpuId: NvU16,
    }

    struct NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS__globalSmId_t_V580_65_06 = "NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS::globalSmId_t": 18 {
        gpcId: NvU16,
        localTpcId: NvU16,
        localSmId: NvU16,
        globalTpcId: NvU16,
        virtualGpcId: NvU16,
        migratableTpcId: NvU16,
        ugpuId: NvU16,
        physicalCpcId: NvU16,
        virtualTpcId: NvU16,
    }

    struct NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS: 6168 {
        globalSmId: [NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS__globalSmId_t; 512],
        numSm: NvU16,
        numTpc: NvU16,
        _pad0: [NvU8; 4],
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS_V575_51_02 = "NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS": 7192 {
        globalSmId: [NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS__globalSmId_t_V575_51_02; 512],
        numSm: NvU16,
        numTpc: NvU16,
        _pad0: [NvU8; 4],
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS_V580_65_06 = "NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS": 9240 {
        globalSmId: [NV2080_CTRL_GR_GET_GLOBAL_SM_ORDER_PARAMS__globalSmId_t_V580_65_06; 512],
        numSm: NvU16,
        numTpc: NvU16,
        _pad0: [NvU8; 4],
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GR_GET_GPC_MASK_PARAMS: 24 {
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
        gpcMask: NvU32,
        _pad0: [NvU8; 4],
    }

    struct NV2080_CTRL_GR_GET_TPC_MASK_PARAMS: 24 {
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
        gpcId: NvU32,
        tpcMask: NvU32,
    }

    struct NV2080_CTRL_GR_GET_SM_ISSUE_RATE_MODIFIER_PARAMS: 32 {
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
        imla0: NvU8,
        fmla16: NvU8,
        dp: NvU8,
        fmla32: NvU8,
        ffma: NvU8,
        imla1: NvU8,
        imla2: NvU8,
        imla3: NvU8,
        imla4: NvU8,
        _pad0: [NvU8; 7],
    }

    struct NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS__smId_t = "NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS::smId_t": 8 {
        gpcId: NvU32,
        tpcId: NvU32,
    }

    struct NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS: 1176 {
        smId: [NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS__smId_t; 144],
        smCount: NvU32,
        _pad0: [NvU8; 4],
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS_V560_28_03 = "NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS": 1944 {
        smId: [NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS__smId_t; 240],
        smCount: NvU32,
        _pad0: [NvU8; 4],
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GR_GET_INFO_PARAMS: 32 {
        grInfoListSize: NvU32,
        _pad0: [NvU8; 4],
        grInfoList: NvP64,
        grRouteInfo: NV0080_CTRL_GR_ROUTE_INFO,
    }

    struct NV2080_CTRL_GR_GET_SM_ISSUE_RATE_MODIFIER_V2_PARAMS: 2044 {
        smIssueRateModifierListSize: NvU32,
        smIssueRateModifierList: [NVXXXX_CTRL_XXX_INFO; 255],
    }

    struct NV2080_CTRL_GR_GET_SM_ISSUE_THROTTLE_CTRL_PARAMS: 2044 {
        smIssueThrottleCtrlListSize: NvU32,
        smIssueThrottleCtrlList: [NVXXXX_CTRL_XXX_INFO; 255],
    }
}
