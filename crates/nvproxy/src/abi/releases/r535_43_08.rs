//! What 535.43.08 changes against 535.43.02.

use crate::abi::structs::*;
use crate::abi::table::release;

release! {
    Alloc {
        set TURING_CHANNEL_GPFIFO_A: with(NV_CHANNEL_ALLOC_PARAMS_V535_43_08: depends(hVASpace), depends(hContextShare));
        set AMPERE_CHANNEL_GPFIFO_A: with(NV_CHANNEL_ALLOC_PARAMS_V535_43_08: depends(hVASpace), depends(hContextShare));
        set HOPPER_CHANNEL_GPFIFO_A: with(NV_CHANNEL_ALLOC_PARAMS_V535_43_08: depends(hVASpace), depends(hContextShare));
    }
}
