//! Parameters of control commands: `ctrl/ctrl0080/ctrl0080gpu.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0080_CTRL_GPU_GET_NUM_SUBDEVICES_PARAMS: 4 {
        numSubDevices: NvU32,
    }

    struct NV0080_CTRL_GPU_QUERY_SW_STATE_PERSISTENCE_PARAMS: 4 {
        swStatePersistence: NvU32,
    }

    struct NV0080_CTRL_GPU_GET_VIRTUALIZATION_MODE_PARAMS: 4 {
        virtualizationMode: NvU32,
    }

    struct NV0080_CTRL_GPU_GET_VIRTUALIZATION_MODE_PARAMS_V555_42_02 = "NV0080_CTRL_GPU_GET_VIRTUALIZATION_MODE_PARAMS": 8 {
        virtualizationMode: NvU32,
        isGridBuild: NvBool,
        _pad0: [NvU8; 3],
    }

    struct NV0080_CTRL_GPU_GET_VGX_CAPS_PARAMS: 1 {
        isVgx: NvBool,
    }

    struct NV0080_CTRL_GPU_GET_BRAND_CAPS_PARAMS: 4 {
        brands: NvU32,
    }

    struct NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS: 468 {
        numClasses: NvU32,
        classList: [NvU32; 116],
    }

    struct NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS_V525_53 = "NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS": 644 {
        numClasses: NvU32,
        classList: [NvU32; 160],
    }

    struct NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS_V550_40_07 = "NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS": 700 {
        numClasses: NvU32,
        classList: [NvU32; 174],
    }

    struct NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS_V555_42_02 = "NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS": 404 {
        numClasses: NvU32,
        classList: [NvU32; 100],
    }

    struct NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS_V580_65_06 = "NV0080_CTRL_GPU_GET_CLASSLIST_V2_PARAMS": 804 {
        numClasses: NvU32,
        classList: [NvU32; 200],
    }

    struct NV0080_CTRL_GPU_GET_CLASSLIST_PARAMS: 16 {
        numClasses: NvU32,
        _pad0: [NvU8; 4],
        classList: NvP64,
    }
}
