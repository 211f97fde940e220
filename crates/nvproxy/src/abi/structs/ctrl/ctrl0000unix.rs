//! Parameters of control commands: `ctrl/ctrl0000/ctrl0000unix.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV0000_CTRL_OS_UNIX_EXPORT_OBJECT__data_t__rmObject_t = "NV0000_CTRL_OS_UNIX_EXPORT_OBJECT::data_t::rmObject_t": 12 {
        hDevice: NvHandle,
        hParent: NvHandle,
        hObject: NvHandle,
    }

    union NV0000_CTRL_OS_UNIX_EXPORT_OBJECT__data_t = "NV0000_CTRL_OS_UNIX_EXPORT_OBJECT::data_t": 12 align 4 {
        rmObject: NV0000_CTRL_OS_UNIX_EXPORT_OBJECT__data_t__rmObject_t,
    }

    struct NV0000_CTRL_OS_UNIX_EXPORT_OBJECT: 16 {
        r#type: NvU32,
        data: NV0000_CTRL_OS_UNIX_EXPORT_OBJECT__data_t,
    }

    struct NV0000_CTRL_OS_UNIX_EXPORT_OBJECT_TO_FD_PARAMS: 24 {
        object: NV0000_CTRL_OS_UNIX_EXPORT_OBJECT,
        fd: NvS32,
        flags: NvU32,
    }

    struct NV0000_CTRL_OS_UNIX_IMPORT_OBJECT_FROM_FD_PARAMS: 20 {
        fd: NvS32,
        object: NV0000_CTRL_OS_UNIX_EXPORT_OBJECT,
    }

    struct NV0000_CTRL_OS_UNIX_GET_EXPORT_OBJECT_INFO_PARAMS: 76 {
        fd: NvS32,
        deviceInstance: NvU32,
        maxObjects: NvU16,
        metadata: [NvU8; 64],
        _pad0: [NvU8; 2],
    }

    struct NV0000_CTRL_OS_UNIX_GET_EXPORT_OBJECT_INFO_PARAMS_V545_23_06 = "NV0000_CTRL_OS_UNIX_GET_EXPORT_OBJECT_INFO_PARAMS": 80 {
        fd: NvS32,
        deviceInstance: NvU32,
        gpuInstanceId: NvU32,
        maxObjects: NvU16,
        metadata: [NvU8; 64],
        _pad0: [NvU8; 2],
    }

    struct NV0000_CTRL_OS_UNIX_EXPORT_OBJECTS_TO_FD_PARAMS: 2128 {
        fd: NvS32,
        hDevice: NvHandle,
        maxObjects: NvU16,
        metadata: [NvU8; 64],
        _pad0: [NvU8; 2],
        objects: [NvHandle; 512],
        numObjects: NvU16,
        index: NvU16,
    }

    struct NV0000_CTRL_OS_UNIX_IMPORT_OBJECTS_FROM_FD_PARAMS: 652 {
        fd: NvS32,
        hParent: NvHandle,
        objects: [NvHandle; 128],
        objectTypes: [NvU8; 128],
        numObjects: NvU16,
        index: NvU16,
    }
}
