//! What the kernel module's own ioctls carry.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    // nv-ioctl.h
    struct nv_pci_info_t: 12 {
        domain: NvU32,
        bus: NvU8,
        slot: NvU8,
        function: NvU8,
        _pad0: [NvU8; 1],
        vendor_id: NvU16,
        device_id: NvU16,
    }

    struct nv_ioctl_card_info_t: 72 {
        valid: NvBool,
        _pad0: [NvU8; 3],
        pci_info: nv_pci_info_t,
        gpu_id: NvU32,
        interrupt_line: NvU16,
        _pad1: [NvU8; 2],
        reg_address: NvU64,
        reg_size: NvU64,
        fb_address: NvU64,
        fb_size: NvU64,
        minor_number: NvU32,
        dev_name: [NvU8; 10],
        _pad2: [NvU8; 2],
    }

    struct nv_ioctl_rm_api_version_t: 72 {
        cmd: NvU32,
        reply: NvU32,
        versionString: [NvU8; 64],
    }

    struct nv_ioctl_sys_params_t: 8 {
        memblock_size: NvU64,
    }

    struct nv_ioctl_register_fd_t: 4 {
        ctl_fd: c_int,
    }

    struct nv_ioctl_alloc_os_event_t: 16 {
        hClient: NvHandle,
        hDevice: NvHandle,
        fd: NvU32,
        Status: NvU32,
    }

    struct nv_ioctl_free_os_event_t: 16 {
        hClient: NvHandle,
        hDevice: NvHandle,
        fd: NvU32,
        Status: NvU32,
    }

    struct nv_ioctl_export_to_dma_buf_fd_t: 2600 {
        fd: c_int,
        hClient: NvHandle,
        totalObjects: NvU32,
        numObjects: NvU32,
        index: NvU32,
        _pad0: [NvU8; 4],
        totalSize: NvU64,
        handles: [NvHandle; 128],
        offsets: [NvU64; 128],
        sizes: [NvU64; 128],
        status: NvU32,
        _pad1: [NvU8; 4],
    }

    struct nv_ioctl_export_to_dma_buf_fd_t_V570_86_15 = "nv_ioctl_export_to_dma_buf_fd_t": 2608 {
        fd: c_int,
        hClient: NvHandle,
        totalObjects: NvU32,
        numObjects: NvU32,
        index: NvU32,
        _pad0: [NvU8; 4],
        totalSize: NvU64,
        mappingType: NvU8,
        _pad1: [NvU8; 3],
        handles: [NvHandle; 128],
        _pad2: [NvU8; 4],
        offsets: [NvU64; 128],
        sizes: [NvU64; 128],
        status: NvU32,
        _pad3: [NvU8; 4],
    }

    struct nv_ioctl_export_to_dma_buf_fd_t_V580_65_06 = "nv_ioctl_export_to_dma_buf_fd_t": 2608 {
        fd: c_int,
        hClient: NvHandle,
        totalObjects: NvU32,
        numObjects: NvU32,
        index: NvU32,
        _pad0: [NvU8; 4],
        totalSize: NvU64,
        mappingType: NvU8,
        bAllowMmap: NvBool,
        _pad1: [NvU8; 2],
        handles: [NvHandle; 128],
        _pad2: [NvU8; 4],
        offsets: [NvU64; 128],
        sizes: [NvU64; 128],
        status: NvU32,
        _pad3: [NvU8; 4],
    }

    struct nv_ioctl_xfer_t: 16 {
        cmd: NvU32,
        size: NvU32,
        ptr: NvP64,
    }

    struct nv_ioctl_wait_open_complete_t: 8 {
        rc: c_int,
        adapterStatus: NvU32,
    }

    // nv-unix-nvos-params-wrappers.h
    struct nv_ioctl_nvos02_parameters_with_fd: 56 {
        params: NVOS02_PARAMETERS,
        fd: c_int,
        _pad0: [NvU8; 4],
    }

    struct nv_ioctl_nvos33_parameters_with_fd: 56 {
        params: NVOS33_PARAMETERS,
        fd: c_int,
        _pad0: [NvU8; 4],
    }
}
