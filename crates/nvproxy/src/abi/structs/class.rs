//! Parameters of classes, as far as `class/*.h` defines them.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    // class/cl0005.h
    struct NV0005_ALLOC_PARAMETERS: 24 {
        hParentClient: NvHandle,
        hSrcResource: NvHandle,
        hClass: NvV32,
        notifyIndex: NvV32,
        data: NvP64,
    }

    // class/cl0070.h
    struct NV_MEMORY_VIRTUAL_ALLOCATION_PARAMS: 24 {
        offset: NvU64,
        limit: NvU64,
        hVASpace: NvHandle,
        _pad0: [NvU8; 4],
    }

    // class/cl0080.h
    struct NV0080_ALLOC_PARAMETERS: 56 {
        deviceId: NvU32,
        hClientShare: NvHandle,
        hTargetClient: NvHandle,
        hTargetDevice: NvHandle,
        flags: NvV32,
        _pad0: [NvU8; 4],
        vaSpaceSize: NvU64,
        vaStartInternal: NvU64,
        vaLimitInternal: NvU64,
        vaMode: NvV32,
        _pad1: [NvU8; 4],
    }

    // class/cl00da.h
    struct NV_SEMAPHORE_SURFACE_ALLOC_PARAMETERS: 16 {
        hSemaphoreMem: NvHandle,
        hMaxSubmittedMem: NvHandle,
        flags: NvU64,
    }

    // class/cl00de.h
    struct NV00DE_ALLOC_PARAMETERS: 4 {
        reserved: NvU32,
    }

    struct NV00DE_ALLOC_PARAMETERS_V545_23_06 = "NV00DE_ALLOC_PARAMETERS": 8 {
        polledDataMask: NvU64,
    }

    // class/cl00e0.h
    struct NV_EXPORT_MEM_PACKET: 32 {
        uuid: [NvU8; 16],
        opaque: [NvU8; 16],
    }

    struct NV00E0_ALLOCATION_PARAMETERS: 244 {
        imexChannel: NvU32,
        packet: NV_EXPORT_MEM_PACKET,
        numMaxHandles: NvU16,
        _pad0: [NvU8; 2],
        flags: NvU32,
        metadata: [NvU8; 64],
        deviceInstanceMask: NvU32,
        giIdMasks: [NvU32; 32],
        numCurHandles: NvU16,
        _pad1: [NvU8; 2],
    }

    // class/cl00f1.h
    struct NV00F1_ALLOCATION_PARAMETERS: 32 {
        capDescriptor: NvU64,
        flags: NvU32,
        _pad0: [NvU8; 4],
        pOsEvent: NvP64,
        nodeId: NvU16,
        _pad1: [NvU8; 6],
    }

    // class/cl00f8.h
    struct NV00F8_ALLOCATION_PARAMETERS__map_t = "NV00F8_ALLOCATION_PARAMETERS::map_t": 16 {
        offset: NvU64,
        hVidMem: NvHandle,
        flags: NvU32,
    }

    struct NV00F8_ALLOCATION_PARAMETERS: 40 {
        alignment: NvU64,
        allocSize: NvU64,
        pageSize: NvU32,
        allocFlags: NvU32,
        map: NV00F8_ALLOCATION_PARAMETERS__map_t,
    }

    struct NV00F8_ALLOCATION_PARAMETERS_V535_43_02 = "NV00F8_ALLOCATION_PARAMETERS": 48 {
        alignment: NvU64,
        allocSize: NvU64,
        pageSize: NvU64,
        allocFlags: NvU32,
        _pad0: [NvU8; 4],
        map: NV00F8_ALLOCATION_PARAMETERS__map_t,
    }

    // class/cl00fb.h
    struct NV00FB_ALLOCATION_PARAMETERS: 32 {
        exportUuid: [NvU8; 16],
        index: NvU16,
        _pad0: [NvU8; 2],
        flags: NvU32,
        id: NvU64,
    }

    // class/cl00fd.h
    struct NV00FD_ALLOCATION_PARAMETERS: 40 {
        alignment: NvU64,
        allocSize: NvU64,
        pageSize: NvU32,
        allocFlags: NvU32,
        numGpus: NvU32,
        _pad0: [NvU8; 4],
        pOsEvent: NvP64,
    }

    struct NV00FD_ALLOCATION_PARAMETERS_V545_23_06 = "NV00FD_ALLOCATION_PARAMETERS": 80 {
        expPacket: NV_EXPORT_MEM_PACKET,
        index: NvU16,
        _pad0: [NvU8; 6],
        alignment: NvU64,
        allocSize: NvU64,
        pageSize: NvU32,
        allocFlags: NvU32,
        numGpus: NvU32,
        _pad1: [NvU8; 4],
        pOsEvent: NvP64,
    }

    struct NV00FD_ALLOCATION_PARAMETERS_V590_44_01 = "NV00FD_ALLOCATION_PARAMETERS": 80 {
        expPacket: NV_EXPORT_MEM_PACKET,
        index: NvU16,
        _pad0: [NvU8; 6],
        alignment: NvU64,
        allocSize: NvU64,
        pageSize: NvU64,
        allocFlags: NvU32,
        numGpus: NvU32,
        pOsEvent: NvP64,
    }

    // class/cl00fe.h
    struct NV_MEMORY_MAPPER_ALLOCATION_PARAMS: 1 {
        unused: NvBool,
    }

    struct NV_MEMORY_MAPPER_ALLOCATION_PARAMS_V550_40_07 = "NV_MEMORY_MAPPER_ALLOCATION_PARAMS": 8 {
        hSemaphoreSurface: NvHandle,
        maxQueueSize: NvU32,
    }

    struct NV_MEMORY_MAPPER_ALLOCATION_PARAMS_V555_42_02 = "NV_MEMORY_MAPPER_ALLOCATION_PARAMS": 24 {
        hSemaphoreSurface: NvHandle,
        maxQueueSize: NvU32,
        hNotificationMemory: NvHandle,
        _pad0: [NvU8; 4],
        notificationOffset: NvU64,
    }

    // class/cl2080.h
    struct NV2080_ALLOC_PARAMETERS: 4 {
        subDeviceId: NvU32,
    }

    // class/cl2081.h
    struct NV2081_ALLOC_PARAMETERS: 4 {
        reserved: NvU32,
    }

    // class/cl503b.h
    struct NV503B_ALLOC_PARAMETERS: 32 {
        hSubDevice: NvHandle,
        hPeerSubDevice: NvHandle,
        subDevicePeerIdMask: NvU32,
        peerSubDevicePeerIdMask: NvU32,
        mailboxBar1Addr: NvU64,
        mailboxTotalSize: NvU32,
        flags: NvU32,
    }

    struct NV503B_ALLOC_PARAMETERS_V535_43_02 = "NV503B_ALLOC_PARAMETERS": 72 {
        hSubDevice: NvHandle,
        hPeerSubDevice: NvHandle,
        subDevicePeerIdMask: NvU32,
        peerSubDevicePeerIdMask: NvU32,
        mailboxBar1Addr: NvU64,
        mailboxTotalSize: NvU32,
        flags: NvU32,
        subDeviceEgmPeerIdMask: NvU32,
        peerSubDeviceEgmPeerIdMask: NvU32,
        l2pBar1P2PDmaInfo: NV503B_BAR1_P2P_DMA_INFO,
        p2lBar1P2PDmaInfo: NV503B_BAR1_P2P_DMA_INFO,
    }

    struct NV503B_ALLOC_PARAMETERS_V590_44_01 = "NV503B_ALLOC_PARAMETERS": 88 {
        hSubDevice: NvHandle,
        hPeerSubDevice: NvHandle,
        subDevicePeerIdMask: NvU32,
        peerSubDevicePeerIdMask: NvU32,
        mailboxBar1Addr: NvU64,
        mailboxTotalSize: NvU32,
        flags: NvU32,
        subDeviceEgmPeerIdMask: NvU32,
        peerSubDeviceEgmPeerIdMask: NvU32,
        l2pBar1P2PDmaInfo: NV503B_BAR1_P2P_DMA_INFO,
        p2lBar1P2PDmaInfo: NV503B_BAR1_P2P_DMA_INFO,
        l2pFabricP2PInfo: NV503B_FABRIC_P2P_DMA_INFO,
        p2lFabricP2PInfo: NV503B_FABRIC_P2P_DMA_INFO,
    }

    struct NV503B_BAR1_P2P_DMA_INFO: 16 {
        dma_address: NvU64,
        dma_size: NvU64,
    }

    struct NV503B_FABRIC_P2P_DMA_INFO: 8 {
        gpa: NvU64,
    }

    // class/cl503c.h
    struct NV503C_ALLOC_PARAMETERS: 4 {
        flags: NvU32,
    }

    // class/cl83de.h
    struct NV83DE_ALLOC_PARAMETERS: 12 {
        hDebuggerClient_Obsolete: NvHandle,
        hAppClient: NvHandle,
        hClass3dObject: NvHandle,
    }

    // class/cl9072.h
    struct NV9072_ALLOCATION_PARAMETERS: 12 {
        logicalHeadId: NvU32,
        displayMask: NvU32,
        caps: NvU32,
    }

    // class/cla0bc.h
    struct NVA0BC_ALLOC_PARAMETERS: 20 {
        codecType: NvU32,
        hResolution: NvU32,
        vResolution: NvU32,
        version: NvU32,
        hMem: NvHandle,
    }

    // class/clb0b5sw.h
    struct NVB0B5_ALLOCATION_PARAMETERS: 8 {
        version: NvU32,
        engineType: NvU32,
    }

    // class/clb1cc.h
    struct NVB1CC_ALLOC_PARAMETERS: 4 {
        hSubDevice: NvHandle,
    }

    // class/clb2cc.h
    struct NVB2CC_ALLOC_PARAMETERS: 8 {
        hClientTarget: NvHandle,
        hContextTarget: NvHandle,
    }

    // class/clcb33.h
    struct NV_CONFIDENTIAL_COMPUTE_ALLOC_PARAMS: 4 {
        hClient: NvHandle,
    }
}
