//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080tmr.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_TIMER_GET_TIME_PARAMS: 8 {
        time_nsec: NvU64,
    }

    struct NV2080_CTRL_TIMER_GPU_CPU_TIME_SAMPLE: 16 {
        cpuTime: NvU64,
        gpuTime: NvU64,
    }

    struct NV2080_CTRL_TIMER_GET_GPU_CPU_TIME_CORRELATION_INFO_PARAMS: 264 {
        cpuClkId: NvU8,
        sampleCount: NvU8,
        _pad0: [NvU8; 6],
        samples: [NV2080_CTRL_TIMER_GPU_CPU_TIME_SAMPLE; 16],
    }

    struct NV2080_CTRL_CMD_TIMER_SET_GR_TICK_FREQ_PARAMS: 1 {
        bSetMaxFreq: NvBool,
    }
}
