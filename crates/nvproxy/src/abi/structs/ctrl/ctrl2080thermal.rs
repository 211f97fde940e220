//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080thermal.h`.

use crate::abi::reflect::abi;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_TARGETS_AVAILABLE_OPERANDS: 4 {
        availableTargets: NvU32,
    }

    struct NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_TARGET_TYPE_OPERANDS: 8 {
        targetIndex: NvU32,
        r#type: NvU32,
    }

    struct NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_PROVIDER_TYPE_OPERANDS: 8 {
        providerIndex: NvU32,
        r#type: NvU32,
    }

    struct NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_SENSORS_AVAILABLE_OPERANDS: 4 {
        availableSensors: NvU32,
    }

    struct NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_SENSOR_PROVIDER_OPERANDS: 8 {
        sensorIndex: NvU32,
        providerIndex: NvU32,
    }

    struct NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_SENSOR_TARGET_OPERANDS: 8 {
        sensorIndex: NvU32,
        targetIndex: NvU32,
    }

    struct NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_SENSOR_READING_RANGE_OPERANDS: 12 {
        sensorIndex: NvU32,
        minimum: NvS32,
        maximum: NvS32,
    }

    struct NV2080_CTRL_THERMAL_SYSTEM_GET_STATUS_SENSOR_READING_OPERANDS: 8 {
        sensorIndex: NvU32,
        value: NvS32,
    }

    union NV2080_CTRL_THERMAL_SYSTEM_INSTRUCTION_OPERANDS: 32 align 4 {
        getInfoTargetsAvailable: NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_TARGETS_AVAILABLE_OPERANDS,
        getInfoTargetType: NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_TARGET_TYPE_OPERANDS,
        getInfoProviderType: NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_PROVIDER_TYPE_OPERANDS,
        getInfoSensorsAvailable: NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_SENSORS_AVAILABLE_OPERANDS,
        getInfoSensorProvider: NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_SENSOR_PROVIDER_OPERANDS,
        getInfoSensorTarget: NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_SENSOR_TARGET_OPERANDS,
        getInfoSensorReadingRange: NV2080_CTRL_THERMAL_SYSTEM_GET_INFO_SENSOR_READING_RANGE_OPERANDS,
        getStatusSensorReading: NV2080_CTRL_THERMAL_SYSTEM_GET_STATUS_SENSOR_READING_OPERANDS,
        space: [NvU32; 8],
    }

    struct NV2080_CTRL_THERMAL_SYSTEM_INSTRUCTION: 44 {
        result: NvU32,
        executed: NvU32,
        opcode: NvU32,
        operands: NV2080_CTRL_THERMAL_SYSTEM_INSTRUCTION_OPERANDS,
    }

    struct NV2080_CTRL_THERMAL_SYSTEM_EXECUTE_V2_PARAMS: 1432 {
        clientAPIVersion: NvU32,
        clientAPIRevision: NvU32,
        clientInstructionSizeOf: NvU32,
        executeFlags: NvU32,
        successfulInstructions: NvU32,
        instructionListSize: NvU32,
        instructionList: [NV2080_CTRL_THERMAL_SYSTEM_INSTRUCTION; 32],
    }
}
