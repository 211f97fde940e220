//! What 535.247.01 changes against 535.230.02, and 550.163.01 against 550.144.03.

use crate::abi::structs::*;
use crate::abi::table::release;

release! {
    Control {
        // Another command stood at this number before, which went.
        remove NV2080_CTRL_CMD_ECC_GET_VOLATILE_COUNTS;
        add NV2080_CTRL_CMD_ECC_GET_VOLATILE_COUNTS_V535_247_01 = 0x20803401 as "NV2080_CTRL_CMD_ECC_GET_VOLATILE_COUNTS": simple(NV2080_CTRL_ECC_GET_VOLATILE_COUNTS_PARAMS), COMPUTE | GRAPHICS | UTILITY;
    }
}
