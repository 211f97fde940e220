//! Parameters of control commands: `ctrl/ctrlxxxx.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NVXXXX_CTRL_XXX_INFO: 8 {
        index: NvU32,
        data: NvU32,
    }
}
