//! Parameters of control commands: `ctrl/ctrl0080/ctrl0080perf.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0080_CTRL_PERF_CUDA_LIMIT_CONTROL_PARAMS: 1 {
        bCudaLimit: NvBool,
    }
}
