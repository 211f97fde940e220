//! Parameters of control commands: `ctrl/ctrlb0cc/ctrlb0ccprofiler.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NVB0CC_CTRL_RESERVE_HWPM_LEGACY_PARAMS: 1 {
        ctxsw: NvBool,
    }

    struct NVB0CC_CTRL_RESERVE_PM_AREA_SMPC_PARAMS: 1 {
        ctxsw: NvBool,
    }

    struct NVB0CC_CTRL_ALLOC_PMA_STREAM_PARAMS: 56 {
        hMemPmaBuffer: NvHandle,
        _pad0: [NvU8; 4],
        pmaBufferOffset: NvU64,
        pmaBufferSize: NvU64,
        hMemPmaBytesAvailable: NvHandle,
        _pad1: [NvU8; 4],
        pmaBytesAvailableOffset: NvU64,
        ctxsw: NvBool,
        _pad2: [NvU8; 3],
        pmaChannelIdx: NvU32,
        pmaBufferVA: NvU64,
    }

    struct NVB0CC_CTRL_FREE_PMA_STREAM_PARAMS: 4 {
        pmaChannelIdx: NvU32,
    }

    struct NVB0CC_CTRL_PMA_STREAM_UPDATE_GET_PUT_PARAMS: 48 {
        bytesConsumed: NvU64,
        bUpdateAvailableBytes: NvBool,
        bWait: NvBool,
        _pad0: [NvU8; 6],
        bytesAvailable: NvU64,
        bReturnPut: NvBool,
        _pad1: [NvU8; 7],
        putPtr: NvU64,
        pmaChannelIdx: NvU32,
        _pad2: [NvU8; 4],
    }

    struct NVB0CC_CTRL_PMA_STREAM_UPDATE_GET_PUT_PARAMS_V530_30_02 = "NVB0CC_CTRL_PMA_STREAM_UPDATE_GET_PUT_PARAMS": 48 {
        bytesConsumed: NvU64,
        bUpdateAvailableBytes: NvBool,
        bWait: NvBool,
        _pad0: [NvU8; 6],
        bytesAvailable: NvU64,
        bReturnPut: NvBool,
        _pad1: [NvU8; 7],
        putPtr: NvU64,
        pmaChannelIdx: NvU32,
        bOverflowStatus: NvBool,
        _pad2: [NvU8; 3],
    }

    struct NVB0CC_CTRL_EXEC_REG_OPS_PARAMS: 3980 {
        regOpCount: NvU32,
        mode: NvU32,
        bPassed: NvBool,
        bDirect: NvBool,
        _pad0: [NvU8; 2],
        regOps: [NV2080_CTRL_GPU_REG_OP; 124],
    }

    struct NVB0CC_CTRL_GET_TOTAL_HS_CREDITS_PARAMS: 4 {
        numCredits: NvU32,
    }

    struct NVB0CC_CTRL_PMA_STREAM_HS_CREDITS_STATUS: 2 {
        status: NvU8,
        entryIndex: NvU8,
    }

    struct NVB0CC_CTRL_PMA_STREAM_HS_CREDITS_INFO: 4 {
        chipletType: NvU8,
        chipletIndex: NvU8,
        numCredits: NvU16,
    }

    struct NVB0CC_CTRL_SET_HS_CREDITS_PARAMS: 256 {
        pmaChannelIdx: NvU8,
        numEntries: NvU8,
        statusInfo: NVB0CC_CTRL_PMA_STREAM_HS_CREDITS_STATUS,
        creditInfo: [NVB0CC_CTRL_PMA_STREAM_HS_CREDITS_INFO; 63],
    }

    struct NVB0CC_CTRL_HS_CREDITS_PARAMS: 256 {
        pmaChannelIdx: NvU8,
        numEntries: NvU8,
        statusInfo: NVB0CC_CTRL_PMA_STREAM_HS_CREDITS_STATUS,
        creditInfo: [NVB0CC_CTRL_PMA_STREAM_HS_CREDITS_INFO; 63],
    }

    struct NVB0CC_CTRL_CREDIT_POOL_INFO: 4 {
        numCredits: NvU16,
        poolIndex: NvU8,
        chipletType: NvU8,
    }

    struct NVB0CC_CTRL_GET_CHIPLET_HS_CREDIT_POOL: 124 {
        poolInfos: [NVB0CC_CTRL_CREDIT_POOL_INFO; 30],
        poolInfosCount: NvU32,
    }

    struct NVB0CC_CTRL_PMA_STREAM_HS_CREDITS_MAPPING_INFO: 3 {
        chipletType: NvU8,
        chipletIndex: NvU8,
        poolIndex: NvU8,
    }

    struct NVB0CC_CTRL_GET_HS_CREDITS_POOL_MAPPING_PARAMS: 194 {
        numQueries: NvU16,
        statusInfo: NVB0CC_CTRL_PMA_STREAM_HS_CREDITS_STATUS,
        queries: [NVB0CC_CTRL_PMA_STREAM_HS_CREDITS_MAPPING_INFO; 63],
        _pad0: [NvU8; 1],
    }

    struct NVB0CC_CTRL_RESERVE_CCUPROF_PARAMS: 1 {
        ctxsw: NvBool,
    }
}
