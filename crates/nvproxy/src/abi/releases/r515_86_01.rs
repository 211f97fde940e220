//! What 515.86.01 changes against 515.76.

use crate::abi::structs::*;
use crate::abi::table::release;

release! {
    Control {
        set NV2080_CTRL_CMD_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2: simple(NV2080_CTRL_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2_PARAMS_V515_86_01);
    }
}
