//! Parameters of control commands: `ctrl/ctrl208f/ctrl208fgpu.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV208F_CTRL_GPU_VERIFY_INFOROM_PARAMS: 8 {
        result: NvU32,
        checksum: NvU32,
    }
}
