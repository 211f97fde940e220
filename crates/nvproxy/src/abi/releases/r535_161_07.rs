//! What 535.161.07 changes against 535.154.05.

use crate::abi::structs::*;
use crate::abi::table::release;

release! {
    Control {
        add NV2080_CTRL_CMD_ECC_GET_VOLATILE_COUNTS = 0x20803402: simple(NV2080_CTRL_ECC_GET_VOLATILE_COUNTS_PARAMS), COMPUTE | GRAPHICS | UTILITY;
    }
}
