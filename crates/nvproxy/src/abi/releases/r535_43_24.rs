//! What 535.43.24 changes against 535.43.23.

use crate::abi::structs::*;
use crate::abi::table::release;

release! {
    Control {
        // gVisor has it from 555.42.02; the headers define it from here on.
        add NV90E7_CTRL_CMD_BBX_GET_LAST_FLUSH_TIME = 0x90e70113: simple(NV90E7_CTRL_BBX_GET_LAST_FLUSH_TIME_PARAMS), GRAPHICS;
    }
    Alloc {
        // gVisor has it at 535.104.05 already; the headers of that release and of 535.113.01 do not.
        add GF100_SUBDEVICE_INFOROM = 0x90e7: empty, GRAPHICS;
    }
}
