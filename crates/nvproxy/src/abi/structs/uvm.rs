//! What `/dev/nvidia-uvm`'s ioctls carry.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    // nvCpuUuid.h
    struct NvUuid: 16 {
        uuid: [NvU8; 16],
    }

    // uvm_ioctl.h
    struct UVM_CREATE_RANGE_GROUP_PARAMS: 16 {
        rangeGroupId: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_DESTROY_RANGE_GROUP_PARAMS: 16 {
        rangeGroupId: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_REGISTER_GPU_VASPACE_PARAMS: 32 {
        gpuUuid: NvUuid,
        rmCtrlFd: NvS32,
        hClient: NvHandle,
        hVaSpace: NvHandle,
        rmStatus: NV_STATUS,
    }

    struct UVM_UNREGISTER_GPU_VASPACE_PARAMS: 20 {
        gpuUuid: NvUuid,
        rmStatus: NV_STATUS,
    }

    struct UVM_REGISTER_CHANNEL_PARAMS: 56 {
        gpuUuid: NvUuid,
        rmCtrlFd: NvS32,
        hClient: NvHandle,
        hChannel: NvHandle,
        _pad0: [NvU8; 4],
        base: NvU64,
        length: NvU64,
        rmStatus: NV_STATUS,
        _pad1: [NvU8; 4],
    }

    struct UVM_UNREGISTER_CHANNEL_PARAMS: 28 {
        gpuUuid: NvUuid,
        hClient: NvHandle,
        hChannel: NvHandle,
        rmStatus: NV_STATUS,
    }

    struct UVM_UNREGISTER_CHANNEL_PARAMS_V590_44_01 = "UVM_UNREGISTER_CHANNEL_PARAMS": 12 {
        hClient: NvHandle,
        hChannel: NvHandle,
        rmStatus: NV_STATUS,
    }

    struct UVM_ENABLE_PEER_ACCESS_PARAMS: 36 {
        gpuUuidA: NvUuid,
        gpuUuidB: NvUuid,
        rmStatus: NV_STATUS,
    }

    struct UVM_DISABLE_PEER_ACCESS_PARAMS: 36 {
        gpuUuidA: NvUuid,
        gpuUuidB: NvUuid,
        rmStatus: NV_STATUS,
    }

    struct UVM_SET_RANGE_GROUP_PARAMS: 32 {
        rangeGroupId: NvU64,
        requestedBase: NvU64,
        length: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_MAP_EXTERNAL_ALLOCATION_PARAMS: 1200 {
        base: NvU64,
        length: NvU64,
        offset: NvU64,
        perGpuAttributes: [UvmGpuMappingAttributes; 32],
        gpuAttributesCount: NvU64,
        rmCtrlFd: NvS32,
        hClient: NvU32,
        hMemory: NvU32,
        rmStatus: NV_STATUS,
    }

    struct UVM_MAP_EXTERNAL_ALLOCATION_PARAMS_V550_54_14 = "UVM_MAP_EXTERNAL_ALLOCATION_PARAMS": 9264 {
        base: NvU64,
        length: NvU64,
        offset: NvU64,
        perGpuAttributes: [UvmGpuMappingAttributes; 256],
        gpuAttributesCount: NvU64,
        rmCtrlFd: NvS32,
        hClient: NvU32,
        hMemory: NvU32,
        rmStatus: NV_STATUS,
    }

    struct UVM_FREE_PARAMS: 24 {
        base: NvU64,
        length: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_FREE_PARAMS_V590_44_01 = "UVM_FREE_PARAMS": 16 {
        base: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_REGISTER_GPU_PARAMS: 40 {
        gpu_uuid: NvUuid,
        numaEnabled: NvBool,
        _pad0: [NvU8; 3],
        numaNodeId: NvS32,
        rmCtrlFd: NvS32,
        hClient: NvHandle,
        hSmcPartRef: NvHandle,
        rmStatus: NV_STATUS,
    }

    struct UVM_UNREGISTER_GPU_PARAMS: 20 {
        gpu_uuid: NvUuid,
        rmStatus: NV_STATUS,
    }

    struct UVM_PAGEABLE_MEM_ACCESS_PARAMS: 8 {
        pageableMemAccess: NvBool,
        _pad0: [NvU8; 3],
        rmStatus: NV_STATUS,
    }

    struct UVM_SET_PREFERRED_LOCATION_PARAMS: 40 {
        requestedBase: NvU64,
        length: NvU64,
        preferredLocation: NvUuid,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_SET_PREFERRED_LOCATION_PARAMS_V550_40_07 = "UVM_SET_PREFERRED_LOCATION_PARAMS": 40 {
        requestedBase: NvU64,
        length: NvU64,
        preferredLocation: NvUuid,
        preferredCpuNumaNode: NvS32,
        rmStatus: NV_STATUS,
    }

    struct UVM_UNSET_PREFERRED_LOCATION_PARAMS: 24 {
        requestedBase: NvU64,
        length: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_ENABLE_READ_DUPLICATION_PARAMS: 24 {
        requestedBase: NvU64,
        length: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_DISABLE_READ_DUPLICATION_PARAMS: 24 {
        requestedBase: NvU64,
        length: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_SET_ACCESSED_BY_PARAMS: 40 {
        requestedBase: NvU64,
        length: NvU64,
        accessedByUuid: NvUuid,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_UNSET_ACCESSED_BY_PARAMS: 40 {
        requestedBase: NvU64,
        length: NvU64,
        accessedByUuid: NvUuid,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_MIGRATE_PARAMS: 80 {
        base: NvU64,
        length: NvU64,
        destinationUuid: NvUuid,
        flags: NvU32,
        _pad0: [NvU8; 4],
        semaphoreAddress: NvU64,
        semaphorePayload: NvU32,
        cpuNumaNode: NvU32,
        userSpaceStart: NvU64,
        userSpaceLength: NvU64,
        rmStatus: NV_STATUS,
        _pad1: [NvU8; 4],
    }

    struct UVM_MIGRATE_PARAMS_V550_40_07 = "UVM_MIGRATE_PARAMS": 80 {
        base: NvU64,
        length: NvU64,
        destinationUuid: NvUuid,
        flags: NvU32,
        _pad0: [NvU8; 4],
        semaphoreAddress: NvU64,
        semaphorePayload: NvU32,
        cpuNumaNode: NvS32,
        userSpaceStart: NvU64,
        userSpaceLength: NvU64,
        rmStatus: NV_STATUS,
        _pad1: [NvU8; 4],
    }

    struct UVM_MIGRATE_RANGE_GROUP_PARAMS: 32 {
        rangeGroupId: NvU64,
        destinationUuid: NvUuid,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_MAP_DYNAMIC_PARALLELISM_REGION_PARAMS: 40 {
        base: NvU64,
        length: NvU64,
        gpuUuid: NvUuid,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_UNMAP_EXTERNAL_PARAMS: 40 {
        base: NvU64,
        length: NvU64,
        gpuUuid: NvUuid,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_ALLOC_SEMAPHORE_POOL_PARAMS: 1184 {
        base: NvU64,
        length: NvU64,
        perGpuAttributes: [UvmGpuMappingAttributes; 32],
        gpuAttributesCount: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_ALLOC_SEMAPHORE_POOL_PARAMS_V550_54_14 = "UVM_ALLOC_SEMAPHORE_POOL_PARAMS": 9248 {
        base: NvU64,
        length: NvU64,
        perGpuAttributes: [UvmGpuMappingAttributes; 256],
        gpuAttributesCount: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_PAGEABLE_MEM_ACCESS_ON_GPU_PARAMS: 24 {
        gpu_uuid: NvUuid,
        pageableMemAccess: NvBool,
        _pad0: [NvU8; 3],
        rmStatus: NV_STATUS,
    }

    struct UVM_VALIDATE_VA_RANGE_PARAMS: 24 {
        base: NvU64,
        length: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_CREATE_EXTERNAL_RANGE_PARAMS: 24 {
        base: NvU64,
        length: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    struct UVM_MM_INITIALIZE_PARAMS: 8 {
        uvmFd: NvS32,
        rmStatus: NV_STATUS,
    }

    // uvm_linux_ioctl.h
    struct UVM_INITIALIZE_PARAMS: 16 {
        flags: NvU64,
        rmStatus: NV_STATUS,
        _pad0: [NvU8; 4],
    }

    // uvm_types.h
    struct UvmGpuMappingAttributes: 36 {
        gpuUuid: NvUuid,
        gpuMappingType: NvU32,
        gpuCachingType: NvU32,
        gpuFormatType: NvU32,
        gpuElementBits: NvU32,
        gpuCompressionType: NvU32,
    }
}
