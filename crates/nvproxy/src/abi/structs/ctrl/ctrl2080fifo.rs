//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080fifo.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_FIFO_DISABLE_CHANNELS_PARAMS: 536 {
        bDisable: NvBool,
        _pad0: [NvU8; 3],
        numChannels: NvU32,
        bOnlyDisableScheduling: NvBool,
        bRewindGpPut: NvBool,
        _pad1: [NvU8; 6],
        pRunlistPreemptEvent: NvP64,
        hClientList: [NvHandle; 64],
        hChannelList: [NvHandle; 64],
    }
}
