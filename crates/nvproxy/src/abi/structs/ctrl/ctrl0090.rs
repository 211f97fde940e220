//! Parameters of control commands: `ctrl/ctrl0090.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0090_CTRL_SET_LG_SECTOR_PROMOTION_PARAMS: 4 {
        promoType: NvU32,
    }
}
