//! ioctls on `/dev/nvidiactl` and `/dev/nvidia#`: `nv_escape.h`, `nv-ioctl-numbers.h`.

use crate::abi::structs::*;
use crate::abi::table::rows;
use crate::abi::types::*;

rows! {
    NV_ESC_RM_ALLOC_MEMORY = 0x27: effect(AllocMemory, nv_ioctl_nvos02_parameters_with_fd: special(params.pMemory), fd(fd, Frontend or negative)), COMPUTE | GRAPHICS | UTILITY;
    NV_ESC_RM_FREE = 0x29: effect(Free, NVOS00_PARAMETERS), COMPUTE | UTILITY;
    NV_ESC_RM_CONTROL = 0x2a: effect(Control, NVOS54_PARAMETERS: special(hClient), special(params), zero(flags)), COMPUTE | UTILITY;
    NV_ESC_RM_ALLOC = 0x2b: effect(Alloc,
            NVOS21_PARAMETERS: special(pAllocParms);
            NVOS64_PARAMETERS: special(pAllocParms), special(pRightsRequested)), COMPUTE | UTILITY;
    NV_ESC_RM_DUP_OBJECT = 0x34: effect(DupObject, NVOS55_PARAMETERS: special(hClient), special(hClientSrc)), COMPUTE | UTILITY;
    NV_ESC_RM_SHARE = 0x35: with(NVOS57_PARAMETERS: client(hClient)), COMPUTE | UTILITY;
    NV_ESC_RM_IDLE_CHANNELS = 0x41: with(NVOS30_PARAMETERS:
            client(hClient),
            reads(phClients, numChannels * NvHandle of clients),
            reads(phDevices, numChannels * NvHandle),
            reads(phChannels, numChannels * NvHandle)), GRAPHICS;
    NV_ESC_RM_VID_HEAP_CONTROL = 0x4a: effect(VidHeapControl, NVOS32_PARAMETERS: special(data)), COMPUTE | UTILITY;
    NV_ESC_RM_MAP_MEMORY = 0x4e: effect(MapMemory, nv_ioctl_nvos33_parameters_with_fd: special(params.hClient), key(params.pLinearAddress), fd(fd, Frontend)), COMPUTE | UTILITY;
    NV_ESC_RM_UNMAP_MEMORY = 0x4f: with(NVOS34_PARAMETERS: client(hClient), key(pLinearAddress)), COMPUTE | UTILITY;
    NV_ESC_RM_ALLOC_CONTEXT_DMA2 = 0x54: effect(AllocContextDma2, NVOS39_PARAMETERS: depends(hMemory)), GRAPHICS;
    NV_ESC_RM_MAP_MEMORY_DMA = 0x57: with(NVOS46_PARAMETERS: client(hClient)), GRAPHICS | VIDEO;
    NV_ESC_RM_UNMAP_MEMORY_DMA = 0x58: with(NVOS47_PARAMETERS: client(hClient)), GRAPHICS | VIDEO;
    NV_ESC_RM_UPDATE_DEVICE_MAPPING_INFO = 0x5e: with(NVOS56_PARAMETERS: client(hClient), key(pOldCpuAddress), key(pNewCpuAddress)), COMPUTE | UTILITY;
    NV_ESC_CARD_INFO = 0xc8: each(nv_ioctl_card_info_t), COMPUTE | UTILITY;
    NV_ESC_REGISTER_FD = 0xc9: effect(RegisterFd, nv_ioctl_register_fd_t: fd(ctl_fd, Control)), COMPUTE | UTILITY;
    NV_ESC_ALLOC_OS_EVENT = 0xce: with(nv_ioctl_alloc_os_event_t: own_client(hClient), fd(fd, Event)), COMPUTE | UTILITY;
    NV_ESC_FREE_OS_EVENT = 0xcf: with(nv_ioctl_free_os_event_t: own_client(hClient), fd(fd, Event)), COMPUTE | UTILITY;
    NV_ESC_CHECK_VERSION_STR = 0xd2: simple(nv_ioctl_rm_api_version_t), COMPUTE | UTILITY;
    NV_ESC_ATTACH_GPUS_TO_FD = 0xd4: each(NvU32), COMPUTE | UTILITY;
    NV_ESC_SYS_PARAMS = 0xd6: effect(SysParams, nv_ioctl_sys_params_t), COMPUTE | UTILITY;
    NV_ESC_NUMA_INFO = 0xd7: refused, COMPUTE | UTILITY;
    NV_ESC_EXPORT_TO_DMABUF_FD = 0xd9: effect(ExportToDmabuf, nv_ioctl_export_to_dma_buf_fd_t: client(hClient), fd(fd, DmaBuf or negative)), RDMA;
}
