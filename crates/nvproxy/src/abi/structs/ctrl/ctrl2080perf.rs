//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080perf.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_PERF_BOOST_PARAMS: 8 {
        flags: NvU32,
        duration: NvU32,
    }

    struct NV2080_CTRL_PERF_RATED_TDP_CONTROL_PARAMS: 8 {
        client: NvU32,
        input: NvU32,
    }

    struct NV2080_CTRL_PERF_RATED_TDP_CONTROL_PARAMS_V560_28_03 = "NV2080_CTRL_PERF_RATED_TDP_CONTROL_PARAMS": 12 {
        client: NvU32,
        input: NvU32,
        vPstateType: NvU32,
    }

    struct NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE: 116 {
        util: NvU32,
        vgpuScale: NvU32,
        procId: NvU32,
        subProcessID: NvU32,
        subProcessName: [NvU8; 100],
    }

    struct NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE_V570_86_15 = "NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE": 128 {
        util: NvU32,
        vgpuScale: NvU32,
        procId: NvU32,
        subProcessID: NvU32,
        subProcessName: [NvU8; 100],
        _pad0: [NvU8; 4],
        pOsPidInfo: NvU64,
    }

    struct NV2080_CTRL_PERF_GPUMON_PERFMON_UTIL_SAMPLE: 472 {
        base: NV2080_CTRL_GPUMON_SAMPLE,
        fb: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE,
        gr: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE,
        nvenc: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE,
        nvdec: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE,
    }

    struct NV2080_CTRL_PERF_GPUMON_PERFMON_UTIL_SAMPLE_V550_40_07 = "NV2080_CTRL_PERF_GPUMON_PERFMON_UTIL_SAMPLE": 704 {
        base: NV2080_CTRL_GPUMON_SAMPLE,
        fb: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE,
        gr: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE,
        nvenc: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE,
        nvdec: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE,
        nvjpg: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE,
        nvofa: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE,
    }

    struct NV2080_CTRL_PERF_GPUMON_PERFMON_UTIL_SAMPLE_V570_86_15 = "NV2080_CTRL_PERF_GPUMON_PERFMON_UTIL_SAMPLE": 776 {
        base: NV2080_CTRL_GPUMON_SAMPLE,
        fb: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE_V570_86_15,
        gr: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE_V570_86_15,
        nvenc: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE_V570_86_15,
        nvdec: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE_V570_86_15,
        nvjpg: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE_V570_86_15,
        nvofa: NV2080_CTRL_PERF_GPUMON_ENGINE_UTIL_SAMPLE_V570_86_15,
    }

    struct NV2080_CTRL_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2_PARAMS: 47216 {
        r#type: NvU8,
        _pad0: [NvU8; 3],
        bufSize: NvU32,
        count: NvU32,
        tracker: NvU32,
        samples: [NV2080_CTRL_PERF_GPUMON_PERFMON_UTIL_SAMPLE; 100],
    }

    struct NV2080_CTRL_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2_PARAMS_V515_86_01 = "NV2080_CTRL_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2_PARAMS": 34000 {
        r#type: NvU8,
        _pad0: [NvU8; 3],
        bufSize: NvU32,
        count: NvU32,
        tracker: NvU32,
        samples: [NV2080_CTRL_PERF_GPUMON_PERFMON_UTIL_SAMPLE; 72],
    }

    struct NV2080_CTRL_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2_PARAMS_V550_40_07 = "NV2080_CTRL_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2_PARAMS": 50704 {
        r#type: NvU8,
        _pad0: [NvU8; 3],
        bufSize: NvU32,
        count: NvU32,
        tracker: NvU32,
        samples: [NV2080_CTRL_PERF_GPUMON_PERFMON_UTIL_SAMPLE_V550_40_07; 72],
    }

    struct NV2080_CTRL_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2_PARAMS_V570_86_15 = "NV2080_CTRL_PERF_GET_GPUMON_PERFMON_UTIL_SAMPLES_V2_PARAMS": 55888 {
        r#type: NvU8,
        _pad0: [NvU8; 3],
        bufSize: NvU32,
        count: NvU32,
        tracker: NvU32,
        samples: [NV2080_CTRL_PERF_GPUMON_PERFMON_UTIL_SAMPLE_V570_86_15; 72],
    }

    struct NV2080_CTRL_PERF_GET_CURRENT_PSTATE_PARAMS: 4 {
        currPstate: NvU32,
    }
}
