//! Fields that were looked at one by one, because neither their type nor their name says what they hold.

/// A field that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reviewed {
    /// NVIDIA's name of the struct that the field is directly in.
    pub record: &'static str,
    /// NVIDIA's name of the field.
    pub field: &'static str,
    /// What it turned out to hold.
    pub is: Is,
    /// How that is known.
    pub why: &'static str,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// Plain data, though it looks like a pointer or a descriptor.
    Plain,
    /// A descriptor, though it does not look like one.
    Descriptor,
    /// A pointer into the caller's memory, though it does not look like one.
    Pointer,
}

const fn plain(record: &'static str, field: &'static str, why: &'static str) -> Reviewed {
    Reviewed { record, field, is: Is::Plain, why }
}

const fn descriptor(record: &'static str, field: &'static str, why: &'static str) -> Reviewed {
    Reviewed { record, field, is: Is::Descriptor, why }
}

/// All of them. What is said of the driver was read in 595.45.04. An item that no release needs fails the test.
pub const REVIEWED: &[Reviewed] = &[
    descriptor(
        "NV0005_ALLOC_PARAMETERS",
        "data",
        "For NV01_EVENT_OS_EVENT the descriptor that the event was made on \
         (src/nvidia/src/kernel/rmapi/event_api.c:eventConstruct_IMPL(), \
         src/nvidia/arch/nvalloc/unix/src/os.c:osUserHandleToKernelPtr()).",
    ),
    descriptor(
        "NV00F1_ALLOCATION_PARAMETERS",
        "pOsEvent",
        "Likewise (src/nvidia/src/kernel/compute/imex_session_api.c:imexsessionapiConstruct_IMPL()).",
    ),
    descriptor(
        "NV00FD_ALLOCATION_PARAMETERS",
        "pOsEvent",
        "Likewise, or zero \
         (src/nvidia/src/kernel/mem_mgr/mem_multicast_fabric.c:_memMulticastFabricDescriptorEnqueueWait()).",
    ),
    plain(
        "nv_ioctl_card_info_t",
        "reg_address",
        "The physical address of a BAR, which the driver writes (kernel-open/nvidia/nv.c:nvidia_read_card_info()).",
    ),
    plain("nv_ioctl_card_info_t", "fb_address", "Like reg_address."),
    plain(
        "UVM_MIGRATE_PARAMS",
        "semaphoreAddress",
        "Looked up among the semaphore pools of the file's own address space, and written through the driver's own \
         mapping of the pool (kernel-open/nvidia-uvm/uvm_migrate.c:uvm_api_migrate()).",
    ),
    plain(
        "NV503B_ALLOC_PARAMETERS",
        "mailboxBar1Addr",
        "An offset into a GPU's BAR 1 (src/nvidia/src/kernel/gpu/bus/arch/maxwell/kern_bus_gm200.c, \
         src/nvidia/src/kernel/gpu/bus/p2p_api.c:p2papiConstruct_IMPL()).",
    ),
    plain(
        "NV503B_BAR1_P2P_DMA_INFO",
        "dma_address",
        "What devices call a GPU's BAR 1; written, and for kernel clients only \
         (src/nvidia/src/kernel/gpu/bus/p2p_api.c:p2papiConstruct_IMPL()).",
    ),
    plain(
        "NV503C_CTRL_REGISTER_VIDMEM_PARAMS",
        "address",
        "Where a third party knows the memory: a key that is kept and compared \
         (src/nvidia/src/kernel/gpu/bus/third_party_p2p_ctrl.c:thirdpartyp2pCtrlCmdRegisterVidmem_IMPL()).",
    ),
    plain(
        "NV2080_CTRL_FB_FLUSH_GPU_CACHE_PARAMS",
        "addressArray",
        "GPU physical addresses; the driver refuses them anyway \
         (src/nvidia/src/kernel/gpu/mem_sys/kern_mem_sys_ctrl.c:kmemsysFlushGpuCache()).",
    ),
    plain(
        "NV2080_CTRL_FB_OFFLINED_ADDRESS_INFO",
        "pageAddressWithEccOn",
        "A GPU page's physical number, which the driver writes \
         (src/nvidia/src/kernel/gpu/mem_mgr/arch/maxwell/mem_mgr_gm107.c:memmgrGetBlackListPages_GM107()).",
    ),
    plain("NV2080_CTRL_FB_OFFLINED_ADDRESS_INFO", "pageAddressWithEccOff", "Like pageAddressWithEccOn."),
    plain(
        "NV2080_CTRL_GR_CTXSW_ZCULL_BIND_PARAMS",
        "vMemPtr",
        "A virtual address of the channel's address space on the GPU (ctrl2080gr.h).",
    ),
    plain(
        "NV83DE_ALLOC_PARAMETERS",
        "hDebuggerClient_Obsolete",
        "Refused by the driver unless it is 0 (src/nvidia/src/kernel/gpu/gr/kernel_sm_debugger_session.c:ksmdbgssnConstruct_IMPL()).",
    ),
    plain(
        "NV83DE_SM_ERROR_STATE_REGISTERS",
        "hwwEsrAddr",
        "The value of a GPU's register (src/nvidia/src/kernel/gpu/gr/kernel_sm_debugger_session_ctrl.c:\
         ksmdbgssnCtrlCmdDebugReadAllSmErrorStates_IMPL()).",
    ),
    plain(
        "NVB0CC_CTRL_PMA_STREAM_UPDATE_GET_PUT_PARAMS",
        "putPtr",
        "Where the GPU stands in its record buffer, as an address of the GPU's; written (ctrlb0ccprofiler.h).",
    ),
];
