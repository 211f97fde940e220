//! What 550.54.14 changes against 550.40.07.

use crate::abi::structs::*;
use crate::abi::table::release;

release! {
    Uvm {
        set UVM_MAP_EXTERNAL_ALLOCATION: with(UVM_MAP_EXTERNAL_ALLOCATION_PARAMS_V550_54_14: client(hClient), fd(rmCtrlFd, ClientFile or negative));
        set UVM_ALLOC_SEMAPHORE_POOL: simple(UVM_ALLOC_SEMAPHORE_POOL_PARAMS_V550_54_14);
    }
}
