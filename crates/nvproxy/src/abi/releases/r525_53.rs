//! What 525.53 changes against 520.56.06.

use crate::abi::structs::*;
use crate::abi::table::release;

release! {
    Frontend {
        set NV_ESC_RM_ALLOC: effect(Alloc,
            NVOS21_PARAMETERS: special(pAllocParms);
            NVOS64_PARAMETERS_V525_53: special(pAllocParms), special(pRightsRequested), zero(flags));
    }
    Control {
        set NV0000_CTRL_CMD_SYSTEM_GET_CPU_INFO: simple(NV0000_CTRL_SYSTEM_GET_CPU_INFO_PARAMS_V525_53);
        set NV0080_CTRL_CMD_GPU_GET_CLASSLIST_V2: simple(NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS_V525_53);
        add NV00F8_CTRL_CMD_ATTACH_MEM = 0xf80103: simple(NV00F8_CTRL_ATTACH_MEM_PARAMS), COMPUTE | UTILITY;
        add NV00FD_CTRL_CMD_GET_INFO = 0xfd0101: simple(NV00FD_CTRL_GET_INFO_PARAMS), COMPUTE | UTILITY;
        // In this branch the driver takes a descriptor of the device here, as from 530.30.02 in ATTACH_GPU (compare
        // src/nvidia/arch/nvalloc/unix/src/escape.c:RmGetDeviceFd()).
        add NV00FD_CTRL_CMD_ATTACH_MEM = 0xfd0102: with(NV00FD_CTRL_ATTACH_MEM_PARAMS: fd(devDescriptor, Device)), COMPUTE | UTILITY;
        set NV2080_CTRL_CMD_GPU_GET_ENGINES_V2: simple(NV2080_CTRL_GPU_GET_ENGINES_V2_PARAMS_V525_53);
        add NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO = 0x208001a3: simple(NV2080_CTRL_CMD_GET_GPU_FABRIC_PROBE_INFO_PARAMS), COMPUTE | UTILITY;
        add NV2080_CTRL_CMD_GPU_GET_CHIP_DETAILS = 0x208001a4: simple(NV2080_CTRL_GPU_GET_CHIP_DETAILS_PARAMS), GRAPHICS;
        set NV2080_CTRL_CMD_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2: simple(NV2080_CTRL_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2_PARAMS_V515_86_01);
    }
    Alloc {
        add RM_USER_SHARED_DATA = 0xde: simple(NV00DE_ALLOC_PARAMETERS), COMPUTE | UTILITY;
        add NV_MEMORY_MULTICAST_FABRIC = 0xfd: with(NV00FD_ALLOCATION_PARAMETERS: fd(pOsEvent, Event or zero)), COMPUTE | UTILITY;
        add NV_MEMORY_MAPPER = 0xfe: simple(NV_MEMORY_MAPPER_ALLOCATION_PARAMS), GRAPHICS;
        set TURING_CHANNEL_GPFIFO_A: with(NV_CHANNEL_ALLOC_PARAMS: depends(hVASpace), depends(hContextShare));
        set AMPERE_CHANNEL_GPFIFO_A: with(NV_CHANNEL_ALLOC_PARAMS: depends(hVASpace), depends(hContextShare));
        set HOPPER_CHANNEL_GPFIFO_A: with(NV_CHANNEL_ALLOC_PARAMS: depends(hVASpace), depends(hContextShare));
    }
}
