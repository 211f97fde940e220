//! Parameters of control commands: `ctrl/ctrl83de/ctrl83dedebug.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV83DE_CTRL_DEBUG_SET_MODE_MMU_DEBUG_PARAMS: 4 {
        action: NvU32,
    }

    struct NV83DE_CTRL_DEBUG_SET_EXCEPTION_MASK_PARAMS: 4 {
        exceptionMask: NvU32,
    }

    struct NV83DE_SM_ERROR_STATE_REGISTERS: 48 {
        hwwGlobalEsr: NvU32,
        hwwWarpEsr: NvU32,
        hwwWarpEsrPc: NvU32,
        hwwGlobalEsrReportMask: NvU32,
        hwwWarpEsrReportMask: NvU32,
        _pad0: [NvU8; 4],
        hwwEsrAddr: NvU64,
        hwwWarpEsrPc64: NvU64,
        hwwCgaEsr: NvU32,
        hwwCgaEsrReportMask: NvU32,
    }

    struct NV83DE_MMU_FAULT_INFO: 8 {
        valid: NvBool,
        _pad0: [NvU8; 3],
        faultInfo: NvU32,
    }

    struct NV83DE_CTRL_DEBUG_READ_ALL_SM_ERROR_STATES_PARAMS: 4824 {
        hTargetChannel: NvHandle,
        numSMsToRead: NvU32,
        smErrorStateArray: [NV83DE_SM_ERROR_STATE_REGISTERS; 100],
        mmuFaultInfo: NvU32,
        mmuFault: NV83DE_MMU_FAULT_INFO,
        startingSM: NvU32,
    }

    struct NV83DE_CTRL_DEBUG_CLEAR_ALL_SM_ERROR_STATES_PARAMS: 8 {
        hTargetChannel: NvHandle,
        numSMsToClear: NvU32,
    }

    struct NV83DE_CTRL_DEBUG_READ_MEMORY_PARAMS: 24 {
        hMemory: NvU32,
        length: NvU32,
        offset: NvU64,
        buffer: NvP64,
    }

    struct NV83DE_CTRL_CMD_DEBUG_SUSPEND_ALL_CONTEXTS_FOR_CLIENT_PARAMS: 8 {
        waitForEvent: NvU32,
        hResidentChannel: NvHandle,
    }

    struct NV83DE_CTRL_DEBUG_SET_MODE_ERRBAR_DEBUG_PARAMS: 4 {
        action: NvU32,
    }
}
