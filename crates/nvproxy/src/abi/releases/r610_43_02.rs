//! What 610.43.02 changes against 595.71.05.

use crate::abi::structs::*;
use crate::abi::table::release;
use crate::abi::types::*;

release! {
    Uvm {
        remove UVM_CREATE_RANGE_GROUP;
        remove UVM_DESTROY_RANGE_GROUP;
        remove UVM_SET_RANGE_GROUP;
        remove UVM_MIGRATE_RANGE_GROUP;
    }
    Control {
        // Measured at 610.57.04; this is the first release that can have it. -1 means the cgroup of the process that calls.
        // Anything else is a descriptor of a cgroup, and the driver would look it up among the host's.
        add NV0000_CTRL_OS_UNIX_CMD_MEMACCT_GET_LIMITS = 0x3d0e: with(NV0000_CTRL_OS_UNIX_MEMACCT_GET_LIMITS_PARAMS: fixed(cgroupFd = -1)), COMPUTE | UTILITY;
        set NV0080_CTRL_CMD_MSENC_GET_CAPS: with(NV0080_CTRL_NVENC_GET_CAPS_PARAMS: writes(capsTbl, capsTblSize * NvU8));
        set NV0080_CTRL_CMD_BSP_GET_CAPS_V2: simple(NV0080_CTRL_NVDEC_GET_CAPS_PARAMS_V2);
        // Sizes that were measured at 610.57.04 and differ from 595.71.05's; this is the first release that can have them.
        set NV2080_CTRL_CMD_GPU_GET_INFO_V2: simple(NV2080_CTRL_GPU_GET_INFO_V2_PARAMS_V610_43_02);
        set NV2080_CTRL_CMD_GPU_GET_SKYLINE_INFO: simple(NV2080_CTRL_GPU_GET_SKYLINE_INFO_PARAMS_V610_43_02);
        set NV2080_CTRL_CMD_GR_GET_SM_TO_GPC_TPC_MAPPINGS: simple(NV2080_CTRL_GR_GET_SM_TO_GPC_TPC_MAPPINGS_PARAMS_V610_43_02);
        // Measured at 610.57.04: neither of them holds a pointer or a descriptor. The bit in their numbers takes them to
        // the firmware, as bytes.
        add NV2080_CTRL_CMD_GPU_IS_RESET_COUPLED = 0x208081f3: unpublished, COMPUTE | UTILITY;
        add NV2080_CTRL_CMD_GPU_GET_DIELET_INFO = 0x208081f4: unpublished, COMPUTE | UTILITY;
        add NV2080_CTRL_CMD_GPU_GET_UNIT_FS_INFO_FROM_DIELET = 0x208081f5: unpublished, COMPUTE | UTILITY;
    }
    Alloc {
        set NVB8B0_VIDEO_DECODER: simple(NV_NVDEC_ALLOCATION_PARAMETERS);
        set TURING_CHANNEL_GPFIFO_A: with(NV_CHANNEL_ALLOC_PARAMS_V610_43_02: depends(hVASpace), depends(hContextShare));
        set NVC4B0_VIDEO_DECODER: simple(NV_NVDEC_ALLOCATION_PARAMETERS);
        set NVC4B7_VIDEO_ENCODER: simple(NV_NVENC_ALLOCATION_PARAMETERS);
        set AMPERE_CHANNEL_GPFIFO_A: with(NV_CHANNEL_ALLOC_PARAMS_V610_43_02: depends(hVASpace), depends(hContextShare));
        set NVC6B0_VIDEO_DECODER: simple(NV_NVDEC_ALLOCATION_PARAMETERS);
        set NVC7B0_VIDEO_DECODER: simple(NV_NVDEC_ALLOCATION_PARAMETERS);
        set NVC7B7_VIDEO_ENCODER: simple(NV_NVENC_ALLOCATION_PARAMETERS);
        set HOPPER_CHANNEL_GPFIFO_A: with(NV_CHANNEL_ALLOC_PARAMS_V610_43_02: depends(hVASpace), depends(hContextShare));
        set BLACKWELL_CHANNEL_GPFIFO_A: with(NV_CHANNEL_ALLOC_PARAMS_V610_43_02: depends(hVASpace), depends(hContextShare));
        set NVC9B0_VIDEO_DECODER: simple(NV_NVDEC_ALLOCATION_PARAMETERS);
        set NVC9B7_VIDEO_ENCODER: simple(NV_NVENC_ALLOCATION_PARAMETERS);
        set BLACKWELL_CHANNEL_GPFIFO_B: with(NV_CHANNEL_ALLOC_PARAMS_V610_43_02: depends(hVASpace), depends(hContextShare));
        set NVCDB0_VIDEO_DECODER: simple(NV_NVDEC_ALLOCATION_PARAMETERS);
        set NVCEB0_VIDEO_DECODER: simple(NV_NVDEC_ALLOCATION_PARAMETERS);
        set NVCEB7_VIDEO_ENCODER: simple(NV_NVENC_ALLOCATION_PARAMETERS);
        set NVCFB0_VIDEO_DECODER: simple(NV_NVDEC_ALLOCATION_PARAMETERS);
        set NVCFB7_VIDEO_ENCODER: simple(NV_NVENC_ALLOCATION_PARAMETERS);
        set NVD1B0_VIDEO_DECODER: simple(NV_NVDEC_ALLOCATION_PARAMETERS);
        set NVD1B7_VIDEO_ENCODER: simple(NV_NVENC_ALLOCATION_PARAMETERS);
        add NVD2B0_VIDEO_DECODER = 0xd2b0: simple(NV_NVDEC_ALLOCATION_PARAMETERS), VIDEO;
        add NVD2D1_VIDEO_NVJPG = 0xd2d1: simple(NV_NVJPG_ALLOCATION_PARAMETERS), VIDEO;
        add NVD2FA_VIDEO_OFA = 0xd2fa: simple(NV_OFA_ALLOCATION_PARAMETERS_V545_23_06), VIDEO;
    }
}
