//! Parameters of control commands: `ctrl/ctrl0080/ctrl0080fifo.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0080_CTRL_FIFO_GET_ENGINE_CONTEXT_PROPERTIES_PARAMS: 12 {
        engineId: NvU32,
        alignment: NvU32,
        size: NvU32,
    }

    struct NV0080_CTRL_FIFO_GET_CAPS_PARAMS: 16 {
        capsTblSize: NvU32,
        _pad0: [NvU8; 4],
        capsTbl: NvP64,
    }

    struct NV0080_CTRL_FIFO_GET_CAPS_V2_PARAMS: 2 {
        capsTbl: [NvU8; 2],
    }

    struct NV0080_CTRL_FIFO_GET_CHANNELLIST_PARAMS: 24 {
        numChannels: NvU32,
        _pad0: [NvU8; 4],
        pChannelHandleList: NvP64,
        pChannelList: NvP64,
    }
}
