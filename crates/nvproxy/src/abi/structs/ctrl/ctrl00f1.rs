//! Parameters of control commands: `ctrl/ctrl00f1.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV00F1_CTRL_FABRIC_MEM_IMPORT_EVENT_DATA: 32 {
        id: NvU64,
        index: NvU16,
        exportNodeId: NvU16,
        exportUuid: [NvU8; 16],
        _pad0: [NvU8; 4],
    }

    struct NV00F1_CTRL_FABRIC_MEM_UNIMPORT_EVENT_DATA: 16 {
        importEventId: NvU64,
        exportNodeId: NvU16,
        _pad0: [NvU8; 6],
    }

    struct NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA: 40 {
        gpuFabricProbeHandle: NvU64,
        key: NvU64,
        cliqueId: NvU32,
        index: NvU16,
        exportNodeId: NvU16,
        exportUuid: [NvU8; 16],
    }

    struct NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA_V580_65_06 = "NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA": 56 {
        gpuFabricProbeHandle: NvU64,
        key: NvU64,
        bwModeEpoch: NvU64,
        cliqueId: NvU32,
        index: NvU16,
        exportNodeId: NvU16,
        bwMode: NvU8,
        exportUuid: [NvU8; 16],
        _pad0: [NvU8; 7],
    }

    struct NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA_V590_44_01 = "NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA": 64 {
        gpuFabricProbeHandle: NvU64,
        key: NvU64,
        bwModeEpoch: NvU64,
        pageSize: NvU64,
        cliqueId: NvU32,
        index: NvU16,
        exportNodeId: NvU16,
        bwMode: NvU8,
        exportUuid: [NvU8; 16],
        _pad0: [NvU8; 7],
    }

    struct NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA_V595_44_02 = "NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA": 64 {
        gpuFabricProbeHandle: NvU64,
        key: NvU64,
        bwModeEpoch: NvU64,
        pageSize: NvU64,
        cliqueId: NvU32,
        index: NvU16,
        exportNodeId: NvU16,
        bwMode: NvU16,
        exportUuid: [NvU8; 16],
        _pad0: [NvU8; 6],
    }

    struct NV00F1_CTRL_CLIQUE_ID_CHANGE_GPU_EVENT_DATA: 8 {
        gpuId: NvU32,
        cliqueId: NvU32,
    }

    union NV00F1_CTRL_FABRIC_EVENT__data_t = "NV00F1_CTRL_FABRIC_EVENT::data_t": 40 align 8 {
        import: NV00F1_CTRL_FABRIC_MEM_IMPORT_EVENT_DATA,
        unimport: NV00F1_CTRL_FABRIC_MEM_UNIMPORT_EVENT_DATA,
        attach: NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA,
        cliqueIdChange: NV00F1_CTRL_CLIQUE_ID_CHANGE_GPU_EVENT_DATA,
    }

    union NV00F1_CTRL_FABRIC_EVENT__data_t_V580_65_06 = "NV00F1_CTRL_FABRIC_EVENT::data_t": 56 align 8 {
        import: NV00F1_CTRL_FABRIC_MEM_IMPORT_EVENT_DATA,
        unimport: NV00F1_CTRL_FABRIC_MEM_UNIMPORT_EVENT_DATA,
        attach: NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA_V580_65_06,
        cliqueIdChange: NV00F1_CTRL_CLIQUE_ID_CHANGE_GPU_EVENT_DATA,
    }

    union NV00F1_CTRL_FABRIC_EVENT__data_t_V590_44_01 = "NV00F1_CTRL_FABRIC_EVENT::data_t": 64 align 8 {
        import: NV00F1_CTRL_FABRIC_MEM_IMPORT_EVENT_DATA,
        unimport: NV00F1_CTRL_FABRIC_MEM_UNIMPORT_EVENT_DATA,
        attach: NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA_V590_44_01,
        cliqueIdChange: NV00F1_CTRL_CLIQUE_ID_CHANGE_GPU_EVENT_DATA,
    }

    union NV00F1_CTRL_FABRIC_EVENT__data_t_V595_44_02 = "NV00F1_CTRL_FABRIC_EVENT::data_t": 64 align 8 {
        import: NV00F1_CTRL_FABRIC_MEM_IMPORT_EVENT_DATA,
        unimport: NV00F1_CTRL_FABRIC_MEM_UNIMPORT_EVENT_DATA,
        attach: NV00F1_CTRL_ATTACH_REMOTE_GPU_EVENT_DATA_V595_44_02,
        cliqueIdChange: NV00F1_CTRL_CLIQUE_ID_CHANGE_GPU_EVENT_DATA,
    }

    struct NV00F1_CTRL_FABRIC_EVENT: 64 {
        r#type: NvU8,
        _pad0: [NvU8; 7],
        id: NvU64,
        imexChannel: NvU32,
        _pad1: [NvU8; 4],
        data: NV00F1_CTRL_FABRIC_EVENT__data_t,
    }

    struct NV00F1_CTRL_FABRIC_EVENT_V580_65_06 = "NV00F1_CTRL_FABRIC_EVENT": 80 {
        r#type: NvU8,
        _pad0: [NvU8; 7],
        id: NvU64,
        imexChannel: NvU32,
        _pad1: [NvU8; 4],
        data: NV00F1_CTRL_FABRIC_EVENT__data_t_V580_65_06,
    }

    struct NV00F1_CTRL_FABRIC_EVENT_V590_44_01 = "NV00F1_CTRL_FABRIC_EVENT": 88 {
        r#type: NvU8,
        _pad0: [NvU8; 7],
        id: NvU64,
        imexChannel: NvU32,
        _pad1: [NvU8; 4],
        data: NV00F1_CTRL_FABRIC_EVENT__data_t_V590_44_01,
    }

    struct NV00F1_CTRL_FABRIC_EVENT_V595_44_02 = "NV00F1_CTRL_FABRIC_EVENT": 88 {
        r#type: NvU8,
        _pad0: [NvU8; 7],
        id: NvU64,
        imexChannel: NvU32,
        _pad1: [NvU8; 4],
        data: NV00F1_CTRL_FABRIC_EVENT__data_t_V595_44_02,
    }

    struct NV00F1_CTRL_GET_FABRIC_EVENTS_PARAMS: 8200 {
        eventArray: [NV00F1_CTRL_FABRIC_EVENT; 128],
        numEvents: NvU32,
        bMoreEvents: NvBool,
        _pad0: [NvU8; 3],
    }

    struct NV00F1_CTRL_GET_FABRIC_EVENTS_PARAMS_V580_65_06 = "NV00F1_CTRL_GET_FABRIC_EVENTS_PARAMS": 10248 {
        eventArray: [NV00F1_CTRL_FABRIC_EVENT_V580_65_06; 128],
        numEvents: NvU32,
        bMoreEvents: NvBool,
        _pad0: [NvU8; 3],
    }

    struct NV00F1_CTRL_GET_FABRIC_EVENTS_PARAMS_V590_44_01 = "NV00F1_CTRL_GET_FABRIC_EVENTS_PARAMS": 11272 {
        eventArray: [NV00F1_CTRL_FABRIC_EVENT_V590_44_01; 128],
        numEvents: NvU32,
        bMoreEvents: NvBool,
        _pad0: [NvU8; 3],
    }

    struct NV00F1_CTRL_GET_FABRIC_EVENTS_PARAMS_V595_44_02 = "NV00F1_CTRL_GET_FABRIC_EVENTS_PARAMS": 11272 {
        eventArray: [NV00F1_CTRL_FABRIC_EVENT_V595_44_02; 128],
        numEvents: NvU32,
        bMoreEvents: NvBool,
        _pad0: [NvU8; 3],
    }

    struct NV00F1_CTRL_FABRIC_UNIMPORT_TOKEN: 8 {
        unimportEventId: NvU64,
    }

    struct NV00F1_CTRL_FINISH_MEM_UNIMPORT_PARAMS: 2056 {
        tokenArray: [NV00F1_CTRL_FABRIC_UNIMPORT_TOKEN; 256],
        numTokens: NvU32,
        _pad0: [NvU8; 4],
    }

    struct NV00F1_CTRL_DISABLE_IMPORTERS_PARAMS: 2 {
        nodeId: NvU16,
    }
}
