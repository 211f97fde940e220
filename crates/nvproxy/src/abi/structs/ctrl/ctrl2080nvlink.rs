//! Parameters of control commands: `ctrl/ctrl2080/ctrl2080nvlink.h`.

use crate::abi::reflect::abi;
use crate::abi::structs::*;
use crate::abi::types::*;

abi! {
    struct NV2080_CTRL_CMD_NVLINK_GET_NVLINK_CAPS_PARAMS: 16 {
        capsTbl: NvU32,
        lowestNvlinkVersion: NvU8,
        highestNvlinkVersion: NvU8,
        lowestNciVersion: NvU8,
        highestNciVersion: NvU8,
        discoveredLinkMask: NvU32,
        enabledLinkMask: NvU32,
    }

    struct NV2080_CTRL_CMD_NVLINK_GET_NVLINK_CAPS_PARAMS_V570_86_15 = "NV2080_CTRL_CMD_NVLINK_GET_NVLINK_CAPS_PARAMS": 32 {
        capsTbl: NvU32,
        lowestNvlinkVersion: NvU8,
        highestNvlinkVersion: NvU8,
        lowestNciVersion: NvU8,
        highestNciVersion: NvU8,
        discoveredLinkMask: NvU32,
        enabledLinkMask: NvU32,
        discoveredLinks: NvU64,
        enabledLinks: NvU64,
    }

    struct NV2080_CTRL_CMD_NVLINK_GET_NVLINK_CAPS_PARAMS_V580_65_06 = "NV2080_CTRL_CMD_NVLINK_GET_NVLINK_CAPS_PARAMS": 48 {
        capsTbl: NvU32,
        lowestNvlinkVersion: NvU8,
        highestNvlinkVersion: NvU8,
        lowestNciVersion: NvU8,
        highestNciVersion: NvU8,
        discoveredLinkMask: NvU32,
        enabledLinkMask: NvU32,
        discoveredLinks: NV2080_CTRL_NVLINK_LINK_MASK,
        enabledLinks: NV2080_CTRL_NVLINK_LINK_MASK,
    }

    struct NV2080_CTRL_NVLINK_DEVICE_INFO: 48 {
        deviceIdFlags: NvU32,
        domain: NvU32,
        bus: NvU16,
        device: NvU16,
        function: NvU16,
        _pad0: [NvU8; 2],
        pciDeviceId: NvU32,
        _pad1: [NvU8; 4],
        deviceType: NvU64,
        deviceUUID: [NvU8; 16],
    }

    struct NV2080_CTRL_NVLINK_DEVICE_INFO_V570_86_15 = "NV2080_CTRL_NVLINK_DEVICE_INFO": 56 {
        deviceIdFlags: NvU32,
        domain: NvU32,
        bus: NvU16,
        device: NvU16,
        function: NvU16,
        _pad0: [NvU8; 2],
        pciDeviceId: NvU32,
        _pad1: [NvU8; 4],
        deviceType: NvU64,
        deviceUUID: [NvU8; 16],
        fabricRecoveryStatusMask: NvU32,
        _pad2: [NvU8; 4],
    }

    struct NV2080_CTRL_NVLINK_LINK_STATUS_INFO: 184 {
        capsTbl: NvU32,
        phyType: NvU8,
        subLinkWidth: NvU8,
        _pad0: [NvU8; 2],
        linkState: NvU32,
        rxSublinkStatus: NvU8,
        txSublinkStatus: NvU8,
        bLaneReversal: NvBool,
        nvlinkVersion: NvU8,
        nciVersion: NvU8,
        phyVersion: NvU8,
        _pad1: [NvU8; 2],
        nvlinkLinkClockKHz: NvU32,
        nvlinkCommonClockSpeedKHz: NvU32,
        nvlinkRefClkSpeedKHz: NvU32,
        nvlinkCommonClockSpeedMhz: NvU32,
        nvlinkLineRateMbps: NvU32,
        nvlinkLinkClockMhz: NvU32,
        nvlinkRefClkType: NvU8,
        _pad2: [NvU8; 3],
        nvlinkLinkDataRateKiBps: NvU32,
        nvlinkRefClkSpeedMhz: NvU32,
        connected: NvBool,
        loopProperty: NvU8,
        remoteDeviceLinkNumber: NvU8,
        localDeviceLinkNumber: NvU8,
        _pad3: [NvU8; 4],
        remoteLinkSid: NvU64,
        localLinkSid: NvU64,
        laneRxdetStatusMask: NvU32,
        _pad4: [NvU8; 4],
        remoteDeviceInfo: NV2080_CTRL_NVLINK_DEVICE_INFO,
        localDeviceInfo: NV2080_CTRL_NVLINK_DEVICE_INFO,
    }

    struct NV2080_CTRL_NVLINK_LINK_STATUS_INFO_V555_42_02 = "NV2080_CTRL_NVLINK_LINK_STATUS_INFO": 192 {
        capsTbl: NvU32,
        phyType: NvU8,
        subLinkWidth: NvU8,
        _pad0: [NvU8; 2],
        linkState: NvU32,
        rxSublinkStatus: NvU8,
        txSublinkStatus: NvU8,
        bLaneReversal: NvBool,
        nvlinkVersion: NvU8,
        nciVersion: NvU8,
        phyVersion: NvU8,
        _pad1: [NvU8; 2],
        nvlinkLinkClockKHz: NvU32,
        nvlinkCommonClockSpeedKHz: NvU32,
        nvlinkRefClkSpeedKHz: NvU32,
        nvlinkCommonClockSpeedMhz: NvU32,
        nvlinkLineRateMbps: NvU32,
        nvlinkLinkClockMhz: NvU32,
        nvlinkRefClkType: NvU8,
        _pad2: [NvU8; 3],
        nvlinkLinkDataRateKiBps: NvU32,
        nvlinkRefClkSpeedMhz: NvU32,
        connected: NvBool,
        loopProperty: NvU8,
        remoteDeviceLinkNumber: NvU8,
        localDeviceLinkNumber: NvU8,
        _pad3: [NvU8; 4],
        remoteLinkSid: NvU64,
        localLinkSid: NvU64,
        laneRxdetStatusMask: NvU32,
        nvlinkMinL1Threshold: NvU32,
        nvlinkMaxL1Threshold: NvU32,
        nvlinkL1ThresholdUnits: NvU32,
        remoteDeviceInfo: NV2080_CTRL_NVLINK_DEVICE_INFO,
        localDeviceInfo: NV2080_CTRL_NVLINK_DEVICE_INFO,
    }

    struct NV2080_CTRL_NVLINK_LINK_STATUS_INFO_V570_86_15 = "NV2080_CTRL_NVLINK_LINK_STATUS_INFO": 208 {
        capsTbl: NvU32,
        phyType: NvU8,
        subLinkWidth: NvU8,
        _pad0: [NvU8; 2],
        linkState: NvU32,
        rxSublinkStatus: NvU8,
        txSublinkStatus: NvU8,
        bLaneReversal: NvBool,
        nvlinkVersion: NvU8,
        nciVersion: NvU8,
        phyVersion: NvU8,
        _pad1: [NvU8; 2],
        nvlinkLinkClockKHz: NvU32,
        nvlinkCommonClockSpeedKHz: NvU32,
        nvlinkRefClkSpeedKHz: NvU32,
        nvlinkCommonClockSpeedMhz: NvU32,
        nvlinkLineRateMbps: NvU32,
        nvlinkLinkClockMhz: NvU32,
        nvlinkRefClkType: NvU8,
        _pad2: [NvU8; 3],
        nvlinkLinkDataRateKiBps: NvU32,
        nvlinkRefClkSpeedMhz: NvU32,
        connected: NvBool,
        loopProperty: NvU8,
        remoteDeviceLinkNumber: NvU8,
        localDeviceLinkNumber: NvU8,
        _pad3: [NvU8; 4],
        remoteLinkSid: NvU64,
        localLinkSid: NvU64,
        laneRxdetStatusMask: NvU32,
        nvlinkMinL1Threshold: NvU32,
        nvlinkMaxL1Threshold: NvU32,
        nvlinkL1ThresholdUnits: NvU32,
        remoteDeviceInfo: NV2080_CTRL_NVLINK_DEVICE_INFO_V570_86_15,
        localDeviceInfo: NV2080_CTRL_NVLINK_DEVICE_INFO_V570_86_15,
    }

    struct NV2080_CTRL_NVLINK_LINK_STATUS_INFO_V590_44_01 = "NV2080_CTRL_NVLINK_LINK_STATUS_INFO": 216 {
        capsTbl: NvU32,
        phyType: NvU8,
        subLinkWidth: NvU8,
        _pad0: [NvU8; 2],
        linkState: NvU32,
        rxSublinkStatus: NvU8,
        txSublinkStatus: NvU8,
        bLaneReversal: NvBool,
        nvlinkVersion: NvU8,
        nciVersion: NvU8,
        phyVersion: NvU8,
        _pad1: [NvU8; 2],
        nvlinkLinkClockKHz: NvU32,
        nvlinkCommonClockSpeedKHz: NvU32,
        nvlinkRefClkSpeedKHz: NvU32,
        nvlinkCommonClockSpeedMhz: NvU32,
        nvlinkLineRateMbps: NvU32,
        nvlinkLinkClockMhz: NvU32,
        nvlinkRefClkType: NvU8,
        _pad2: [NvU8; 3],
        nvlinkLinkDataRateKiBps: NvU32,
        nvlinkRefClkSpeedMhz: NvU32,
        connected: NvBool,
        loopProperty: NvU8,
        remoteDeviceLinkNumber: NvU8,
        localDeviceLinkNumber: NvU8,
        _pad3: [NvU8; 4],
        remoteLinkSid: NvU64,
        localLinkSid: NvU64,
        laneRxdetStatusMask: NvU32,
        nvlinkMinL1Threshold: NvU32,
        nvlinkMaxL1Threshold: NvU32,
        nvlinkL1ThresholdUnits: NvU32,
        remoteDeviceInfo: NV2080_CTRL_NVLINK_DEVICE_INFO_V570_86_15,
        localDeviceInfo: NV2080_CTRL_NVLINK_DEVICE_INFO_V570_86_15,
        nvlpwIdx: NvU32,
        _pad4: [NvU8; 4],
    }

    struct NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS: 5896 {
        enabledLinkMask: NvU32,
        _pad0: [NvU8; 4],
        linkInfo: [NV2080_CTRL_NVLINK_LINK_STATUS_INFO; 32],
    }

    struct NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS_V520_61_05 = "NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS": 5896 {
        enabledLinkMask: NvU32,
        bSublinkStateInst: NvBool,
        _pad0: [NvU8; 3],
        linkInfo: [NV2080_CTRL_NVLINK_LINK_STATUS_INFO; 32],
    }

    struct NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS_V555_42_02 = "NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS": 6152 {
        enabledLinkMask: NvU32,
        bSublinkStateInst: NvBool,
        _pad0: [NvU8; 3],
        linkInfo: [NV2080_CTRL_NVLINK_LINK_STATUS_INFO_V555_42_02; 32],
    }

    struct NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS_V570_86_15 = "NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS": 13320 {
        enabledLinkMask: NvU32,
        bSublinkStateInst: NvBool,
        _pad0: [NvU8; 3],
        linkInfo: [NV2080_CTRL_NVLINK_LINK_STATUS_INFO_V570_86_15; 64],
    }

    struct NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS_V580_65_06 = "NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS": 13344 {
        enabledLinkMask: NvU32,
        _pad0: [NvU8; 4],
        enabledLinks: NV2080_CTRL_NVLINK_LINK_MASK,
        bSublinkStateInst: NvBool,
        bNvleModeEnabled: NvBool,
        _pad1: [NvU8; 6],
        linkInfo: [NV2080_CTRL_NVLINK_LINK_STATUS_INFO_V570_86_15; 64],
    }

    struct NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS_V590_44_01 = "NV2080_CTRL_CMD_NVLINK_GET_NVLINK_STATUS_PARAMS": 13864 {
        enabledLinkMask: NvU32,
        _pad0: [NvU8; 4],
        enabledLinks: NV2080_CTRL_NVLINK_LINK_MASK,
        bSublinkStateInst: NvBool,
        bNvleModeEnabled: NvBool,
        _pad1: [NvU8; 6],
        linkInfo: [NV2080_CTRL_NVLINK_LINK_STATUS_INFO_V590_44_01; 64],
        enabledNvlpwMask: NvU64,
    }

    struct NV2080_CTRL_NVLINK_GET_PLATFORM_INFO_PARAMS: 37 {
        ibGuid: [NvU8; 16],
        rackGuid: [NvU8; 16],
        chassisPhysicalSlotNumber: NvU8,
        computeSlotIndex: NvU8,
        nodeIndex: NvU8,
        peerType: NvU8,
        moduleId: NvU8,
    }

    struct NV2080_CTRL_NVLINK_GET_PLATFORM_INFO_PARAMS_V580_65_06 = "NV2080_CTRL_NVLINK_GET_PLATFORM_INFO_PARAMS": 39 {
        ibGuid: [NvU8; 16],
        rackGuid: [NvU8; 16],
        chassisPhysicalSlotNumber: NvU8,
        computeSlotIndex: NvU8,
        nodeIndex: NvU8,
        peerType: NvU8,
        moduleId: NvU8,
        nvlinkSignalingProtocol: NvU8,
        lanesPerLink: NvU8,
    }

    struct NV2080_CTRL_NVLINK_GET_PLATFORM_INFO_PARAMS_V590_44_01 = "NV2080_CTRL_NVLINK_GET_PLATFORM_INFO_PARAMS": 38 {
        ibGuid: [NvU8; 16],
        rackGuid: [NvU8; 16],
        chassisPhysicalSlotNumber: NvU8,
        computeSlotIndex: NvU8,
        nodeIndex: NvU8,
        peerType: NvU8,
        moduleId: NvU8,
        nvlinkSignalingProtocol: NvU8,
    }

    struct NV2080_CTRL_NVLINK_GET_PLATFORM_INFO_PARAMS_V595_44_02 = "NV2080_CTRL_NVLINK_GET_PLATFORM_INFO_PARAMS": 39 {
        ibGuid: [NvU8; 16],
        rackGuid: [NvU8; 16],
        chassisPhysicalSlotNumber: NvU8,
        computeSlotIndex: NvU8,
        nodeIndex: NvU8,
        peerType: NvU8,
        moduleId: NvU8,
        nvlinkSignalingProtocol: NvU8,
        linksPerSpigot: NvU8,
    }

    struct NV2080_CTRL_NVLINK_LOCK_REMAP_TABLE_AND_MSE_PARAMS: 16 {
        linkMask: NvU64,
        bRemapTableMseLocked: NvBool,
        bRemapTableLockDisabled: NvBool,
        _pad0: [NvU8; 6],
    }
}
