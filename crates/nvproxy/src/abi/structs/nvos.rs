//! What the resource manager's ioctls carry, and parameters of classes that have no header of their own.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    // nvos.h
    struct NVOS55_PARAMETERS: 28 {
        hClient: NvHandle,
        hParent: NvHandle,
        hObject: NvHandle,
        hClientSrc: NvHandle,
        hObjectSrc: NvHandle,
        flags: NvU32,
        status: NvU32,
    }

    struct NVOS57_PARAMETERS: 24 {
        hClient: NvHandle,
        hObject: NvHandle,
        sharePolicy: RS_SHARE_POLICY,
        status: NvU32,
    }

    struct NVOS34_PARAMETERS: 32 {
        hClient: NvHandle,
        hDevice: NvHandle,
        hMemory: NvHandle,
        _pad0: [NvU8; 4],
        pLinearAddress: NvP64,
        status: NvU32,
        flags: NvU32,
    }

    struct NVOS46_PARAMETERS: 56 {
        hClient: NvHandle,
        hDevice: NvHandle,
        hDma: NvHandle,
        hMemory: NvHandle,
        offset: NvU64,
        length: NvU64,
        flags: NvV32,
        _pad0: [NvU8; 4],
        dmaOffset: NvU64,
        status: NvV32,
        _pad1: [NvU8; 4],
    }

    struct NVOS46_PARAMETERS_V580_65_06 = "NVOS46_PARAMETERS": 64 {
        hClient: NvHandle,
        hDevice: NvHandle,
        hDma: NvHandle,
        hMemory: NvHandle,
        offset: NvU64,
        length: NvU64,
        flags: NvV32,
        flags2: NvV32,
        kindOverride: NvV32,
        _pad0: [NvU8; 4],
        dmaOffset: NvU64,
        status: NvV32,
        _pad1: [NvU8; 4],
    }

    struct NVOS47_PARAMETERS: 40 {
        hClient: NvHandle,
        hDevice: NvHandle,
        hDma: NvHandle,
        hMemory: NvHandle,
        flags: NvV32,
        _pad0: [NvU8; 4],
        dmaOffset: NvU64,
        status: NvV32,
        _pad1: [NvU8; 4],
    }

    struct NVOS47_PARAMETERS_V550_40_07 = "NVOS47_PARAMETERS": 48 {
        hClient: NvHandle,
        hDevice: NvHandle,
        hDma: NvHandle,
        hMemory: NvHandle,
        flags: NvV32,
        _pad0: [NvU8; 4],
        dmaOffset: NvU64,
        size: NvU64,
        status: NvV32,
        _pad1: [NvU8; 4],
    }

    struct NVOS56_PARAMETERS: 40 {
        hClient: NvHandle,
        hDevice: NvHandle,
        hMemory: NvHandle,
        _pad0: [NvU8; 4],
        pOldCpuAddress: NvP64,
        pNewCpuAddress: NvP64,
        status: NvV32,
        _pad1: [NvU8; 4],
    }

    struct NVOS39_PARAMETERS: 56 {
        hObjectParent: NvHandle,
        hSubDevice: NvHandle,
        hObjectNew: NvHandle,
        hClass: NvV32,
        flags: NvV32,
        selector: NvU32,
        hMemory: NvHandle,
        _pad0: [NvU8; 4],
        offset: NvU64,
        limit: NvU64,
        status: NvV32,
        _pad1: [NvU8; 4],
    }

    struct NVOS02_PARAMETERS: 48 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        hObjectNew: NvHandle,
        hClass: NvV32,
        flags: NvV32,
        _pad0: [NvU8; 4],
        pMemory: NvP64,
        limit: NvU64,
        status: NvV32,
        _pad1: [NvU8; 4],
    }

    struct NVOS00_PARAMETERS: 16 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        hObjectOld: NvHandle,
        status: NvV32,
    }

    struct NVOS54_PARAMETERS: 32 {
        hClient: NvHandle,
        hObject: NvHandle,
        cmd: NvV32,
        flags: NvU32,
        params: NvP64,
        paramsSize: NvU32,
        status: NvV32,
    }

    struct NVOS21_PARAMETERS: 32 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        hObjectNew: NvHandle,
        hClass: NvV32,
        pAllocParms: NvP64,
        status: NvV32,
        _pad0: [NvU8; 4],
    }

    struct NVOS21_PARAMETERS_V535_43_02 = "NVOS21_PARAMETERS": 32 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        hObjectNew: NvHandle,
        hClass: NvV32,
        pAllocParms: NvP64,
        paramsSize: NvU32,
        status: NvV32,
    }

    struct NVOS64_PARAMETERS: 40 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        hObjectNew: NvHandle,
        hClass: NvV32,
        pAllocParms: NvP64,
        pRightsRequested: NvP64,
        status: NvV32,
        _pad0: [NvU8; 4],
    }

    struct NVOS64_PARAMETERS_V525_53 = "NVOS64_PARAMETERS": 40 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        hObjectNew: NvHandle,
        hClass: NvV32,
        pAllocParms: NvP64,
        pRightsRequested: NvP64,
        flags: NvU32,
        status: NvV32,
    }

    struct NVOS64_PARAMETERS_V535_43_02 = "NVOS64_PARAMETERS": 48 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        hObjectNew: NvHandle,
        hClass: NvV32,
        pAllocParms: NvP64,
        pRightsRequested: NvP64,
        paramsSize: NvU32,
        flags: NvU32,
        status: NvV32,
        _pad0: [NvU8; 4],
    }

    struct NVOS30_PARAMETERS: 56 {
        hClient: NvHandle,
        hDevice: NvHandle,
        hChannel: NvHandle,
        numChannels: NvV32,
        phClients: NvP64,
        phDevices: NvP64,
        phChannels: NvP64,
        flags: NvV32,
        timeout: NvV32,
        status: NvV32,
        _pad0: [NvU8; 4],
    }

    struct NVOS32_PARAMETERS__data_t__AllocDepthWidthHeight_t = "NVOS32_PARAMETERS::data_t::AllocDepthWidthHeight_t": 112 {
        owner: NvU32,
        hMemory: NvHandle,
        r#type: NvU32,
        flags: NvU32,
        depth: NvU32,
        width: NvU32,
        height: NvU32,
        attr: NvU32,
        format: NvU32,
        comprCovg: NvU32,
        zcullCovg: NvU32,
        partitionStride: NvU32,
        size: NvU64,
        alignment: NvU64,
        offset: NvU64,
        limit: NvU64,
        address: NvP64,
        rangeBegin: NvU64,
        rangeEnd: NvU64,
        attr2: NvU32,
        ctagOffset: NvU32,
    }

    struct NVOS32_PARAMETERS__data_t__AllocSize_t = "NVOS32_PARAMETERS::data_t::AllocSize_t": 112 {
        owner: NvU32,
        hMemory: NvHandle,
        r#type: NvU32,
        flags: NvU32,
        attr: NvU32,
        format: NvU32,
        comprCovg: NvU32,
        zcullCovg: NvU32,
        partitionStride: NvU32,
        width: NvU32,
        height: NvU32,
        _pad0: [NvU8; 4],
        size: NvU64,
        alignment: NvU64,
        offset: NvU64,
        limit: NvU64,
        address: NvP64,
        rangeBegin: NvU64,
        rangeEnd: NvU64,
        attr2: NvU32,
        ctagOffset: NvU32,
    }

    struct NVOS32_PARAMETERS__data_t__AllocSize_t_V550_40_07 = "NVOS32_PARAMETERS::data_t::AllocSize_t": 120 {
        owner: NvU32,
        hMemory: NvHandle,
        r#type: NvU32,
        flags: NvU32,
        attr: NvU32,
        format: NvU32,
        comprCovg: NvU32,
        zcullCovg: NvU32,
        partitionStride: NvU32,
        width: NvU32,
        height: NvU32,
        _pad0: [NvU8; 4],
        size: NvU64,
        alignment: NvU64,
        offset: NvU64,
        limit: NvU64,
        address: NvP64,
        rangeBegin: NvU64,
        rangeEnd: NvU64,
        attr2: NvU32,
        ctagOffset: NvU32,
        numaNode: NvS32,
        _pad1: [NvU8; 4],
    }

    struct NVOS32_PARAMETERS__data_t__AllocTiledPitchHeight_t = "NVOS32_PARAMETERS::data_t::AllocTiledPitchHeight_t": 112 {
        owner: NvU32,
        hMemory: NvHandle,
        r#type: NvU32,
        flags: NvU32,
        height: NvU32,
        pitch: NvS32,
        attr: NvU32,
        width: NvU32,
        format: NvU32,
        comprCovg: NvU32,
        zcullCovg: NvU32,
        partitionStride: NvU32,
        size: NvU64,
        alignment: NvU64,
        offset: NvU64,
        limit: NvU64,
        address: NvP64,
        rangeBegin: NvU64,
        rangeEnd: NvU64,
        attr2: NvU32,
        ctagOffset: NvU32,
    }

    struct NVOS32_PARAMETERS__data_t__AllocTiledPitchHeight_t_V550_40_07 = "NVOS32_PARAMETERS::data_t::AllocTiledPitchHeight_t": 120 {
        owner: NvU32,
        hMemory: NvHandle,
        r#type: NvU32,
        flags: NvU32,
        height: NvU32,
        pitch: NvS32,
        attr: NvU32,
        width: NvU32,
        format: NvU32,
        comprCovg: NvU32,
        zcullCovg: NvU32,
        partitionStride: NvU32,
        size: NvU64,
        alignment: NvU64,
        offset: NvU64,
        limit: NvU64,
        address: NvP64,
        rangeBegin: NvU64,
        rangeEnd: NvU64,
        attr2: NvU32,
        ctagOffset: NvU32,
        numaNode: NvS32,
        _pad0: [NvU8; 4],
    }

    struct NVOS32_PARAMETERS__data_t__Free_t = "NVOS32_PARAMETERS::data_t::Free_t": 12 {
        owner: NvU32,
        hMemory: NvHandle,
        flags: NvU32,
    }

    struct NVOS32_PARAMETERS__data_t__ReleaseCompr_t = "NVOS32_PARAMETERS::data_t::ReleaseCompr_t": 12 {
        owner: NvU32,
        flags: NvU32,
        hMemory: NvHandle,
    }

    struct NVOS32_PARAMETERS__data_t__ReacquireCompr_t = "NVOS32_PARAMETERS::data_t::ReacquireCompr_t": 12 {
        owner: NvU32,
        flags: NvU32,
        hMemory: NvHandle,
    }

    struct NVOS32_PARAMETERS__data_t__Info_t = "NVOS32_PARAMETERS::data_t::Info_t": 32 {
        attr: NvU32,
        _pad0: [NvU8; 4],
        offset: NvU64,
        size: NvU64,
        base: NvU64,
    }

    struct NVOS32_PARAMETERS__data_t__Dump_t = "NVOS32_PARAMETERS::data_t::Dump_t": 24 {
        flags: NvU32,
        _pad0: [NvU8; 4],
        pBuffer: NvP64,
        numBlocks: NvU32,
        _pad1: [NvU8; 4],
    }

    struct NVOS32_PARAMETERS__data_t__AllocSizeRange_t = "NVOS32_PARAMETERS::data_t::AllocSizeRange_t": 104 {
        owner: NvU32,
        hMemory: NvHandle,
        r#type: NvU32,
        flags: NvU32,
        attr: NvU32,
        format: NvU32,
        comprCovg: NvU32,
        zcullCovg: NvU32,
        partitionStride: NvU32,
        _pad0: [NvU8; 4],
        size: NvU64,
        alignment: NvU64,
        offset: NvU64,
        limit: NvU64,
        rangeBegin: NvU64,
        rangeEnd: NvU64,
        address: NvP64,
        attr2: NvU32,
        ctagOffset: NvU32,
    }

    struct NVOS32_PARAMETERS__data_t__AllocSizeRange_t_V550_40_07 = "NVOS32_PARAMETERS::data_t::AllocSizeRange_t": 112 {
        owner: NvU32,
        hMemory: NvHandle,
        r#type: NvU32,
        flags: NvU32,
        attr: NvU32,
        format: NvU32,
        comprCovg: NvU32,
        zcullCovg: NvU32,
        partitionStride: NvU32,
        _pad0: [NvU8; 4],
        size: NvU64,
        alignment: NvU64,
        offset: NvU64,
        limit: NvU64,
        rangeBegin: NvU64,
        rangeEnd: NvU64,
        address: NvP64,
        attr2: NvU32,
        ctagOffset: NvU32,
        numaNode: NvS32,
        _pad1: [NvU8; 4],
    }

    struct NVOS32_PARAMETERS__data_t__AllocHintAlignment_t = "NVOS32_PARAMETERS::data_t::AllocHintAlignment_t": 88 {
        alignType: NvU32,
        alignAttr: NvU32,
        alignInputFlags: NvU32,
        _pad0: [NvU8; 4],
        alignSize: NvU64,
        alignHeight: NvU32,
        alignWidth: NvU32,
        alignPitch: NvU32,
        alignPad: NvU32,
        alignMask: NvU32,
        alignOutputFlags: [NvU32; 4],
        alignBank: [NvU32; 4],
        alignKind: NvU32,
        alignAdjust: NvU32,
        alignAttr2: NvU32,
    }

    struct NVOS32_PARAMETERS__data_t__AllocHintAlignment_t_V575_51_02 = "NVOS32_PARAMETERS::data_t::AllocHintAlignment_t": 56 {
        alignType: NvU32,
        alignAttr: NvU32,
        alignInputFlags: NvU32,
        _pad0: [NvU8; 4],
        alignSize: NvU64,
        alignHeight: NvU32,
        alignWidth: NvU32,
        alignPitch: NvU32,
        alignPad: NvU32,
        alignMask: NvU32,
        alignKind: NvU32,
        alignAdjust: NvU32,
        alignAttr2: NvU32,
    }

    struct NVOS32_PARAMETERS__data_t__HwAlloc_t__comprInfo_t = "NVOS32_PARAMETERS::data_t::HwAlloc_t::comprInfo_t": 24 {
        compPageShift: NvU32,
        compressedKind: NvU32,
        compTagLineMin: NvU32,
        compPageIndexLo: NvU32,
        compPageIndexHi: NvU32,
        compTagLineMultiplier: NvU32,
    }

    struct NVOS32_PARAMETERS__data_t__HwAlloc_t = "NVOS32_PARAMETERS::data_t::HwAlloc_t": 144 {
        allocOwner: NvU32,
        allochMemory: NvHandle,
        flags: NvU32,
        allocType: NvU32,
        allocAttr: NvU32,
        allocInputFlags: NvU32,
        allocSize: NvU64,
        allocHeight: NvU32,
        allocWidth: NvU32,
        allocPitch: NvU32,
        allocMask: NvU32,
        allocComprCovg: NvU32,
        allocZcullCovg: NvU32,
        bindResultFunc: NvP64,
        pHandle: NvP64,
        hResourceHandle: NvHandle,
        retAttr: NvU32,
        kind: NvU32,
        _pad0: [NvU8; 4],
        osDeviceHandle: NvU64,
        allocAttr2: NvU32,
        retAttr2: NvU32,
        allocAddr: NvU64,
        comprInfo: NVOS32_PARAMETERS__data_t__HwAlloc_t__comprInfo_t,
        uncompressedKind: NvU32,
        _pad1: [NvU8; 4],
    }

    struct NVOS32_PARAMETERS__data_t__HwFree_t = "NVOS32_PARAMETERS::data_t::HwFree_t": 8 {
        hResourceHandle: NvHandle,
        flags: NvU32,
    }

    struct NVOS32_PARAMETERS__data_t__AllocOsDesc_t = "NVOS32_PARAMETERS::data_t::AllocOsDesc_t": 48 {
        hMemory: NvHandle,
        r#type: NvU32,
        flags: NvU32,
        attr: NvU32,
        attr2: NvU32,
        _pad0: [NvU8; 4],
        descriptor: NvP64,
        limit: NvU64,
        descriptorType: NvU32,
        _pad1: [NvU8; 4],
    }

    union NVOS32_PARAMETERS__data_t = "NVOS32_PARAMETERS::data_t": 144 align 8 {
        AllocDepthWidthHeight: NVOS32_PARAMETERS__data_t__AllocDepthWidthHeight_t,
        AllocSize: NVOS32_PARAMETERS__data_t__AllocSize_t,
        AllocTiledPitchHeight: NVOS32_PARAMETERS__data_t__AllocTiledPitchHeight_t,
        Free: NVOS32_PARAMETERS__data_t__Free_t,
        ReleaseCompr: NVOS32_PARAMETERS__data_t__ReleaseCompr_t,
        ReacquireCompr: NVOS32_PARAMETERS__data_t__ReacquireCompr_t,
        Info: NVOS32_PARAMETERS__data_t__Info_t,
        Dump: NVOS32_PARAMETERS__data_t__Dump_t,
        AllocSizeRange: NVOS32_PARAMETERS__data_t__AllocSizeRange_t,
        AllocHintAlignment: NVOS32_PARAMETERS__data_t__AllocHintAlignment_t,
        HwAlloc: NVOS32_PARAMETERS__data_t__HwAlloc_t,
        HwFree: NVOS32_PARAMETERS__data_t__HwFree_t,
        AllocOsDesc: NVOS32_PARAMETERS__data_t__AllocOsDesc_t,
    }

    union NVOS32_PARAMETERS__data_t_V530_30_02 = "NVOS32_PARAMETERS::data_t": 144 align 8 {
        AllocSize: NVOS32_PARAMETERS__data_t__AllocSize_t,
        AllocTiledPitchHeight: NVOS32_PARAMETERS__data_t__AllocTiledPitchHeight_t,
        Free: NVOS32_PARAMETERS__data_t__Free_t,
        ReleaseCompr: NVOS32_PARAMETERS__data_t__ReleaseCompr_t,
        ReacquireCompr: NVOS32_PARAMETERS__data_t__ReacquireCompr_t,
        Info: NVOS32_PARAMETERS__data_t__Info_t,
        Dump: NVOS32_PARAMETERS__data_t__Dump_t,
        AllocSizeRange: NVOS32_PARAMETERS__data_t__AllocSizeRange_t,
        AllocHintAlignment: NVOS32_PARAMETERS__data_t__AllocHintAlignment_t,
        HwAlloc: NVOS32_PARAMETERS__data_t__HwAlloc_t,
        HwFree: NVOS32_PARAMETERS__data_t__HwFree_t,
        AllocOsDesc: NVOS32_PARAMETERS__data_t__AllocOsDesc_t,
    }

    union NVOS32_PARAMETERS__data_t_V550_40_07 = "NVOS32_PARAMETERS::data_t": 144 align 8 {
        AllocSize: NVOS32_PARAMETERS__data_t__AllocSize_t_V550_40_07,
        AllocTiledPitchHeight: NVOS32_PARAMETERS__data_t__AllocTiledPitchHeight_t_V550_40_07,
        Free: NVOS32_PARAMETERS__data_t__Free_t,
        ReleaseCompr: NVOS32_PARAMETERS__data_t__ReleaseCompr_t,
        ReacquireCompr: NVOS32_PARAMETERS__data_t__ReacquireCompr_t,
        Info: NVOS32_PARAMETERS__data_t__Info_t,
        Dump: NVOS32_PARAMETERS__data_t__Dump_t,
        AllocSizeRange: NVOS32_PARAMETERS__data_t__AllocSizeRange_t_V550_40_07,
        AllocHintAlignment: NVOS32_PARAMETERS__data_t__AllocHintAlignment_t,
        HwAlloc: NVOS32_PARAMETERS__data_t__HwAlloc_t,
        HwFree: NVOS32_PARAMETERS__data_t__HwFree_t,
        AllocOsDesc: NVOS32_PARAMETERS__data_t__AllocOsDesc_t,
    }

    union NVOS32_PARAMETERS__data_t_V575_51_02 = "NVOS32_PARAMETERS::data_t": 144 align 8 {
        AllocSize: NVOS32_PARAMETERS__data_t__AllocSize_t_V550_40_07,
        AllocTiledPitchHeight: NVOS32_PARAMETERS__data_t__AllocTiledPitchHeight_t_V550_40_07,
        Free: NVOS32_PARAMETERS__data_t__Free_t,
        ReleaseCompr: NVOS32_PARAMETERS__data_t__ReleaseCompr_t,
        ReacquireCompr: NVOS32_PARAMETERS__data_t__ReacquireCompr_t,
        Info: NVOS32_PARAMETERS__data_t__Info_t,
        AllocSizeRange: NVOS32_PARAMETERS__data_t__AllocSizeRange_t_V550_40_07,
        AllocHintAlignment: NVOS32_PARAMETERS__data_t__AllocHintAlignment_t_V575_51_02,
        HwAlloc: NVOS32_PARAMETERS__data_t__HwAlloc_t,
        HwFree: NVOS32_PARAMETERS__data_t__HwFree_t,
        AllocOsDesc: NVOS32_PARAMETERS__data_t__AllocOsDesc_t,
    }

    struct NVOS32_PARAMETERS: 184 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        function: NvU32,
        hVASpace: NvHandle,
        ivcHeapNumber: NvS16,
        _pad0: [NvU8; 2],
        status: NvV32,
        total: NvU64,
        free: NvU64,
        data: NVOS32_PARAMETERS__data_t,
    }

    struct NVOS32_PARAMETERS_V530_30_02 = "NVOS32_PARAMETERS": 184 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        function: NvU32,
        hVASpace: NvHandle,
        ivcHeapNumber: NvS16,
        _pad0: [NvU8; 2],
        status: NvV32,
        total: NvU64,
        free: NvU64,
        data: NVOS32_PARAMETERS__data_t_V530_30_02,
    }

    struct NVOS32_PARAMETERS_V550_40_07 = "NVOS32_PARAMETERS": 184 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        function: NvU32,
        hVASpace: NvHandle,
        ivcHeapNumber: NvS16,
        _pad0: [NvU8; 2],
        status: NvV32,
        total: NvU64,
        free: NvU64,
        data: NVOS32_PARAMETERS__data_t_V550_40_07,
    }

    struct NVOS32_PARAMETERS_V575_51_02 = "NVOS32_PARAMETERS": 184 {
        hRoot: NvHandle,
        hObjectParent: NvHandle,
        function: NvU32,
        hVASpace: NvHandle,
        ivcHeapNumber: NvS16,
        _pad0: [NvU8; 2],
        status: NvV32,
        total: NvU64,
        free: NvU64,
        data: NVOS32_PARAMETERS__data_t_V575_51_02,
    }

    struct NVOS33_PARAMETERS: 48 {
        hClient: NvHandle,
        hDevice: NvHandle,
        hMemory: NvHandle,
        _pad0: [NvU8; 4],
        offset: NvU64,
        length: NvU64,
        pLinearAddress: NvP64,
        status: NvU32,
        flags: NvU32,
    }

    struct NV_CONTEXT_DMA_ALLOCATION_PARAMS: 32 {
        hSubDevice: NvHandle,
        flags: NvV32,
        hMemory: NvHandle,
        _pad0: [NvU8; 4],
        offset: NvU64,
        limit: NvU64,
    }

    struct NV_MEMORY_ALLOCATION_PARAMS: 120 {
        owner: NvU32,
        r#type: NvU32,
        flags: NvU32,
        width: NvU32,
        height: NvU32,
        pitch: NvS32,
        attr: NvU32,
        attr2: NvU32,
        format: NvU32,
        comprCovg: NvU32,
        zcullCovg: NvU32,
        _pad0: [NvU8; 4],
        rangeLo: NvU64,
        rangeHi: NvU64,
        size: NvU64,
        alignment: NvU64,
        offset: NvU64,
        limit: NvU64,
        address: NvP64,
        ctagOffset: NvU32,
        hVASpace: NvHandle,
        internalflags: NvU32,
        tag: NvU32,
    }

    struct NV_MEMORY_ALLOCATION_PARAMS_V545_23_06 = "NV_MEMORY_ALLOCATION_PARAMS": 128 {
        owner: NvU32,
        r#type: NvU32,
        flags: NvU32,
        width: NvU32,
        height: NvU32,
        pitch: NvS32,
        attr: NvU32,
        attr2: NvU32,
        format: NvU32,
        comprCovg: NvU32,
        zcullCovg: NvU32,
        _pad0: [NvU8; 4],
        rangeLo: NvU64,
        rangeHi: NvU64,
        size: NvU64,
        alignment: NvU64,
        offset: NvU64,
        limit: NvU64,
        address: NvP64,
        ctagOffset: NvU32,
        hVASpace: NvHandle,
        internalflags: NvU32,
        tag: NvU32,
        numaNode: NvS32,
        _pad1: [NvU8; 4],
    }

    struct NV_GR_ALLOCATION_PARAMETERS: 16 {
        version: NvU32,
        flags: NvU32,
        size: NvU32,
        caps: NvU32,
    }

    struct NV_CTXSHARE_ALLOCATION_PARAMETERS: 12 {
        hVASpace: NvHandle,
        flags: NvU32,
        subctxId: NvU32,
    }

    struct NV_VASPACE_ALLOCATION_PARAMETERS: 48 {
        index: NvU32,
        flags: NvV32,
        vaSize: NvU64,
        vaStartInternal: NvU64,
        vaLimitInternal: NvU64,
        bigPageSize: NvU32,
        _pad0: [NvU8; 4],
        vaBase: NvU64,
    }

    struct NV_VASPACE_ALLOCATION_PARAMETERS_V580_65_06 = "NV_VASPACE_ALLOCATION_PARAMETERS": 56 {
        index: NvU32,
        flags: NvV32,
        vaSize: NvU64,
        vaStartInternal: NvU64,
        vaLimitInternal: NvU64,
        bigPageSize: NvU32,
        _pad0: [NvU8; 4],
        vaBase: NvU64,
        pasid: NvU32,
        _pad1: [NvU8; 4],
    }

    struct NV_CHANNEL_GROUP_ALLOCATION_PARAMETERS: 20 {
        hObjectError: NvHandle,
        hObjectEccError: NvHandle,
        hVASpace: NvHandle,
        engineType: NvU32,
        bIsCallingContextVgpuPlugin: NvBool,
        _pad0: [NvU8; 3],
    }

    struct NV_MEMORY_DESC_PARAMS: 24 {
        base: NvU64,
        size: NvU64,
        addressSpace: NvU32,
        cacheAttrib: NvU32,
    }

    struct NV_CHANNELGPFIFO_ALLOCATION_PARAMETERS: 304 {
        hObjectError: NvHandle,
        hObjectBuffer: NvHandle,
        gpFifoOffset: NvU64,
        gpFifoEntries: NvU32,
        flags: NvU32,
        hContextShare: NvHandle,
        hVASpace: NvHandle,
        hUserdMemory: [NvHandle; 8],
        userdOffset: [NvU64; 8],
        engineType: NvU32,
        cid: NvU32,
        subDeviceId: NvU32,
        hObjectEccError: NvHandle,
        instanceMem: NV_MEMORY_DESC_PARAMS,
        userdMem: NV_MEMORY_DESC_PARAMS,
        ramfcMem: NV_MEMORY_DESC_PARAMS,
        mthdbufMem: NV_MEMORY_DESC_PARAMS,
        hPhysChannelGroup: NvHandle,
        internalFlags: NvU32,
        errorNotifierMem: NV_MEMORY_DESC_PARAMS,
        eccErrorNotifierMem: NV_MEMORY_DESC_PARAMS,
        ProcessID: NvU32,
        SubProcessID: NvU32,
    }

    struct NV_BSP_ALLOCATION_PARAMETERS: 12 {
        size: NvU32,
        prohibitMultipleInstances: NvU32,
        engineInstance: NvU32,
    }

    struct NV_MSENC_ALLOCATION_PARAMETERS: 12 {
        size: NvU32,
        prohibitMultipleInstances: NvU32,
        engineInstance: NvU32,
    }

    struct NV_NVJPG_ALLOCATION_PARAMETERS: 12 {
        size: NvU32,
        prohibitMultipleInstances: NvU32,
        engineInstance: NvU32,
    }

    struct NV_OFA_ALLOCATION_PARAMETERS: 8 {
        size: NvU32,
        prohibitMultipleInstances: NvU32,
    }

    struct NV_OFA_ALLOCATION_PARAMETERS_V545_23_06 = "NV_OFA_ALLOCATION_PARAMETERS": 12 {
        size: NvU32,
        prohibitMultipleInstances: NvU32,
        engineInstance: NvU32,
    }

    struct NV_HOPPER_USERMODE_A_PARAMS: 2 {
        bBar1Mapping: NvBool,
        bPriv: NvBool,
    }
}
