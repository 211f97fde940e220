//! Parameters of control commands: `ctrl/ctrl0080/ctrl0080dma.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0080_CTRL_DMA_ADV_SCHED_GET_VA_CAPS_PAGE_TABLE_FORMAT: 8 {
        pageTableSize: NvU32,
        pageTableCoverage: NvU32,
    }

    struct NV0080_CTRL_DMA_ADV_SCHED_GET_VA_CAPS_PARAMS: 192 {
        vaBitCount: NvU32,
        pdeCoverageBitCount: NvU32,
        num4KPageTableFormats: NvU32,
        bigPageSize: NvU32,
        compressionPageSize: NvU32,
        dualPageTableSupported: NvU32,
        idealVRAMPageSize: NvU32,
        pageTableBigFormat: NV0080_CTRL_DMA_ADV_SCHED_GET_VA_CAPS_PAGE_TABLE_FORMAT,
        pageTable4KFormat: [NV0080_CTRL_DMA_ADV_SCHED_GET_VA_CAPS_PAGE_TABLE_FORMAT; 16],
        hVASpace: NvHandle,
        vaRangeLo: NvU64,
        hugePageSize: NvU32,
        vaSpaceId: NvU32,
        pageSize512MB: NvU32,
        _pad0: [NvU8; 4],
    }

    struct NV0080_CTRL_DMA_ADV_SCHED_GET_VA_CAPS_PARAMS_V535_43_02 = "NV0080_CTRL_DMA_ADV_SCHED_GET_VA_CAPS_PARAMS": 192 {
        vaBitCount: NvU32,
        pdeCoverageBitCount: NvU32,
        num4KPageTableFormats: NvU32,
        bigPageSize: NvU32,
        compressionPageSize: NvU32,
        dualPageTableSupported: NvU32,
        idealVRAMPageSize: NvU32,
        pageTableBigFormat: NV0080_CTRL_DMA_ADV_SCHED_GET_VA_CAPS_PAGE_TABLE_FORMAT,
        pageTable4KFormat: [NV0080_CTRL_DMA_ADV_SCHED_GET_VA_CAPS_PAGE_TABLE_FORMAT; 16],
        hVASpace: NvHandle,
        vaRangeLo: NvU64,
        vaSpaceId: NvU32,
        _pad0: [NvU8; 4],
        supportedPageSizeMask: NvU64,
    }

    struct NV0080_CTRL_DMA_GET_CAPS_PARAMS: 12 {
        capsTblSize: NvU32,
        capsTbl: [NvU8; 8],
    }
}
