//! Parameters of control commands: `ctrl/ctrl0000/ctrl0000client.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NV0000_CTRL_CLIENT_GET_ADDR_SPACE_TYPE_PARAMS: 12 {
        hObject: NvHandle,
        mapFlags: NvU32,
        addrSpaceType: NvU32,
    }

    struct NV0000_CTRL_CLIENT_SET_INHERITED_SHARE_POLICY_PARAMS: 12 {
        sharePolicy: RS_SHARE_POLICY,
    }
}
