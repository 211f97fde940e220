//! Commands on clients: about the driver and all GPUs.

use super::Command;
use crate::frame::{Frame, copy};
use crate::machine::Gpu;
use crate::simulator::Inner;
use nvproxy::abi::status::NV_STATUS;

/// A byte of `NV0000_CTRL_GPU_INVALID_ID`.
const NO_GPU: u8 = 0xff;
/// `NV0000_CTRL_GPU_ID_INFO_IN_USE`, and that the GPU is no part of a group of several.
const IN_USE: u64 = 1;

impl Inner {
    /// `None` for other commands.
    pub(super) fn system_command(&self, command: &Command, frame: &mut Frame<'_>) -> Option<Result<(), NV_STATUS>> {
        Some(match command.name {
            "NV0000_CTRL_CMD_SYSTEM_GET_BUILD_VERSION" => self.build_version(command, frame),
            "NV0000_CTRL_CMD_GPU_GET_PROBED_IDS" | "NV0000_CTRL_CMD_GPU_GET_ATTACHED_IDS" => {
                self.gpu_ids(command, frame);
                Ok(())
            }
            "NV0000_CTRL_CMD_GPU_GET_DEVICE_IDS" => {
                frame.set(&command.params, "deviceIds", (1 << self.gpus.len()) - 1);
                Ok(())
            }
            "NV0000_CTRL_CMD_GPU_GET_ID_INFO" | "NV0000_CTRL_CMD_GPU_GET_ID_INFO_V2" => self.id_info(command, frame),
            "NV0000_CTRL_CMD_GPU_GET_PCI_INFO" => self.pci_info(command, frame),
            "NV0000_CTRL_CMD_GPU_GET_UUID_FROM_GPU_ID" => self.uuid_of(command, frame),
            "NV0000_CTRL_CMD_SYSTEM_GET_P2P_CAPS_MATRIX"
            | "NV0000_CTRL_CMD_SYSTEM_GET_P2P_CAPS_V2"
            | "NV0000_CTRL_CMD_SYSTEM_GET_P2P_CAPS" => Err(NV_STATUS::NV_ERR_NOT_SUPPORTED),
            _ => return None,
        })
    }

    fn by_id(&self, command: &Command, frame: &Frame<'_>) -> Result<&Gpu, NV_STATUS> {
        let id = frame.get32(&command.params, "gpuId");
        self.gpus.iter().find(|gpu| gpu.id == id).ok_or(NV_STATUS::NV_ERR_INVALID_ARGUMENT)
    }

    /// Compare src/nvidia/src/kernel/rmapi/client_resource.c:cliresCtrlCmdSystemGetBuildVersion_IMPL().
    fn build_version(&self, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let version = self.abi.version().to_string();
        let length = frame.get32(&command.params, "sizeOfStrings") as usize;
        let strings = [
            ("pDriverVersionBuffer", version.clone()),
            ("pVersionBuffer", format!("rel/{version}")),
            ("pTitleBuffer", format!("NVIDIA {version}")),
        ];
        for (field, text) in strings {
            let range = frame.behind(&command.params, field, length).ok_or(NV_STATUS::NV_ERR_INVALID_POINTER)?;
            if text.len() >= length {
                return Err(NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT);
            }
            copy(&mut frame.bytes[range], text.as_bytes());
        }
        Ok(())
    }

    fn gpu_ids(&self, command: &Command, frame: &mut Frame<'_>) {
        for (list, gpus) in [("gpuIds", &self.gpus[..]), ("excludedGpuIds", &[])] {
            let list = frame.field(&command.params, list);
            list.fill(NO_GPU);
            for (id, gpu) in list.chunks_exact_mut(4).zip(gpus) {
                id.copy_from_slice(&gpu.id.to_le_bytes());
            }
        }
    }

    fn id_info(&self, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let gpu = self.by_id(command, frame)?;
        for (field, value) in [
            ("gpuFlags", IN_USE),
            ("deviceInstance", gpu.minor.into()),
            ("subDeviceInstance", 0),
            ("sliStatus", 0),
            ("boardId", gpu.id.into()),
            ("gpuInstance", gpu.minor.into()),
            ("numaId", u64::from(u32::MAX)),
        ] {
            frame.set(&command.params, field, value);
        }
        Ok(())
    }

    fn pci_info(&self, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let gpu = self.by_id(command, frame)?;
        for (field, value) in [("domain", gpu.domain().into()), ("bus", gpu.bus.into()), ("slot", 0)] {
            frame.set(&command.params, field, value);
        }
        Ok(())
    }

    fn uuid_of(&self, command: &Command, frame: &mut Frame<'_>) -> Result<(), NV_STATUS> {
        let gpu = self.by_id(command, frame)?;
        // NV0000_CTRL_CMD_GPU_GET_UUID_FROM_GPU_ID_FLAGS_FORMAT 1:0: 2 is binary.
        let bytes =
            if frame.get(&command.params, "flags") & 3 == 2 { gpu.uuid.to_vec() } else { text(&gpu.uuid_text()) };
        frame.set_bytes(&command.params, "gpuUuid", &bytes);
        frame.set(&command.params, "uuidStrLen", bytes.len() as u64);
        Ok(())
    }
}

/// With the zero that ends it.
pub(super) fn text(text: &str) -> Vec<u8> {
    text.bytes().chain([0]).collect()
}
