//! Parameters of control commands: `ctrl/ctrl0000/ctrl0000syncgpuboost.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0000_SYNC_GPU_BOOST_GROUP_CONFIG: 140 {
        gpuCount: NvU32,
        gpuIds: [NvU32; 32],
        boostGroupId: NvU32,
        bBridgeless: NvBool,
        _pad0: [NvU8; 3],
    }

    struct NV0000_SYNC_GPU_BOOST_GROUP_INFO_PARAMS: 2244 {
        groupCount: NvU32,
        pBoostGroups: [NV0000_SYNC_GPU_BOOST_GROUP_CONFIG; 16],
    }
}
