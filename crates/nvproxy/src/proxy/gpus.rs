//! Which GPUs there are, and which of them a sandbox may see.

use super::sandbox::Uuid;
use super::{Proxy, Registry, Sandbox};
use crate::abi::numbers::{
    NV_ESC_CARD_INFO, NV0000_CTRL_CMD_GPU_GET_ATTACHED_IDS, NV0000_CTRL_CMD_GPU_GET_ID_INFO_V2,
    NV0000_CTRL_CMD_GPU_GET_UUID_FROM_GPU_ID,
};
use crate::abi::reflect::{FieldRef, field};
use crate::abi::structs::*;
use crate::abi::types::NvHandle;
use crate::host::{HostDriver, frontend_request};
use nix::errno::Errno;

use super::ask::Question;

/// A GPU of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gpu {
    /// The number in `/dev/nvidia#`.
    pub minor: u32,
    /// What the resource manager calls it.
    pub id: u32,
}

/// What stands for no GPU in a list of identities (`NV0000_CTRL_GPU_INVALID_ID`).
pub(super) const NO_GPU: u32 = 0xffff_ffff;

/// What stands for all GPUs, as the first of a list (`NV0000_CTRL_GPU_ATTACH_ALL_PROBED_IDS`,
/// `NV0000_CTRL_GPU_DETACH_ALL_ATTACHED_IDS`).
pub(super) const ALL_GPUS: u32 = 0xffff;

/// How many GPUs the driver has room for (`NV_MAX_DEVICES`).
pub(super) const GPUS_MAX: usize = 32;

/// What `NV_ESC_CARD_INFO` tells of one GPU, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Card {
    pub gpu: Gpu,
    /// Its maker and kind.
    pub pci: (u16, u16),
}

impl Card {
    /// What a `nv_ioctl_card_info_t` says; `None` where it is of no GPU.
    pub(super) fn of(number: impl Fn(FieldRef) -> u64) -> Option<Self> {
        type Info = nv_ioctl_card_info_t;
        (number(field!(Info, valid)) != 0).then(|| Self {
            gpu: Gpu { minor: number(field!(Info, minor_number)) as u32, id: number(field!(Info, gpu_id)) as u32 },
            pci: (number(field!(Info, pci_info.vendor_id)) as u16, number(field!(Info, pci_info.device_id)) as u16),
        })
    }
}

impl Registry {
    /// Whether a sandbox may name a GPU by that identity.
    pub(super) fn gpu_allowed(&self, sandbox: &Sandbox, id: u32) -> bool {
        sandbox.options.gpus.is_none()
            || matches!(id, 0 | NO_GPU)
            || self.gpus.read().iter().any(|gpu| gpu.id == id && sandbox.has_gpu(gpu.minor))
    }

    /// Takes note of GPUs. Those that are not among them are not forgotten: who asked may have had room for a few. But a
    /// minor number and an identity are one GPU's at a time.
    pub(super) fn learn(&self, gpus: Vec<Gpu>) {
        if gpus.iter().all(|gpu| self.gpus.read().contains(gpu)) {
            return;
        }
        let mut known = self.gpus.write();
        known.retain(|old| gpus.iter().all(|gpu| gpu == old || (gpu.minor != old.minor && gpu.id != old.id)));
        for gpu in gpus {
            if !known.contains(&gpu) {
                known.push(gpu);
            }
        }
    }
}

impl<D: HostDriver> Proxy<D> {
    /// The identities of a sandbox's GPUs, in the driver's order. `file` is a control file.
    pub(super) fn gpus_of(&self, sandbox: &Sandbox, file: &D::File) -> Vec<u32> {
        let known = |minor: &u32| self.registry.gpus.read().iter().any(|gpu| gpu.minor == *minor);
        if !sandbox.options.gpus.as_ref().is_some_and(|gpus| gpus.iter().all(known)) {
            // The guest did not ask yet.
            let _ = self.ask_cards(file);
        }
        let gpus = self.registry.gpus.read();
        gpus.iter().filter(|gpu| sandbox.has_gpu(gpu.minor)).map(|gpu| gpu.id).collect()
    }

    /// Whether a device instance (`NV0080_ALLOC_PARAMETERS.deviceId`) is one of the sandbox's GPUs.
    ///
    /// The driver gives a GPU the first instance that is free when it is attached, and takes it back with the last file
    /// of it (compare src/nvidia/src/kernel/gpu_mgr/gpu_mgr.c:gpumgrAllocDeviceInstance()), so what held a while ago
    /// may hold no longer: it is asked every time. A GPU that the sandbox has a file of keeps its instance.
    pub(super) fn device_allowed(&self, sandbox: &Sandbox, file: &D::File, client: NvHandle, instance: u32) -> bool {
        sandbox.options.gpus.is_none() || self.gpu_of_device(sandbox, file, client, instance).is_some()
    }

    /// Takes note of a device that a sandbox made, if that is of one of its GPUs.
    pub(super) fn device_made(&self, sandbox: &Sandbox, file: &D::File, client: NvHandle, instance: u32) -> bool {
        if sandbox.options.gpus.is_none() {
            return true;
        }
        let Some(id) = self.gpu_of_device(sandbox, file, client, instance) else { return false };
        if let Some(uuid) = self.ask_uuid(file, client, id).as_deref().and_then(binary) {
            sandbox.learn_uuid(uuid);
        }
        true
    }

    fn gpu_of_device(&self, sandbox: &Sandbox, file: &D::File, client: NvHandle, instance: u32) -> Option<u32> {
        let mut ids = self.gpus_of(sandbox, file).into_iter();
        ids.find(|id| self.ask_instance(file, client, *id) == Some(instance))
    }

    /// Asks the driver for its GPUs, on a control file.
    pub(super) fn ask_cards(&self, file: &D::File) -> Result<Vec<Card>, Errno> {
        const SIZE: usize = size_of::<nv_ioctl_card_info_t>();
        let mut question = Question::new(SIZE * GPUS_MAX);
        question.issue(&self.driver, file, frontend_request(NV_ESC_CARD_INFO, SIZE * GPUS_MAX))?;
        let cards: Vec<_> = (0..GPUS_MAX)
            .filter_map(|index| Card::of(|field| question.number(index * SIZE + field.offset, field.size)))
            .collect();
        self.registry.learn(cards.iter().map(|card| card.gpu).collect());
        Ok(cards)
    }

    /// Asks for the device instance of a GPU, which it has while it is attached.
    pub(super) fn ask_instance(&self, file: &D::File, client: NvHandle, id: u32) -> Option<u32> {
        const ID: FieldRef = field!(NV0000_CTRL_GPU_GET_ID_INFO_V2_PARAMS, gpuId);
        const INSTANCE: FieldRef = field!(NV0000_CTRL_GPU_GET_ID_INFO_V2_PARAMS, deviceInstance);
        let size = size_of::<NV0000_CTRL_GPU_GET_ID_INFO_V2_PARAMS>();
        let mut question = Question::command(client, NV0000_CTRL_CMD_GPU_GET_ID_INFO_V2, size);
        question.set_param(ID, id);
        question.issue_command(&self.driver, file)?;
        Some(question.param(INSTANCE))
    }

    /// Asks for a GPU's UUID, as `nvidia-smi -L` shows it.
    pub(super) fn ask_uuid(&self, file: &D::File, client: NvHandle, id: u32) -> Option<String> {
        const ID: FieldRef = field!(NV0000_CTRL_GPU_GET_UUID_FROM_GPU_ID_PARAMS, gpuId);
        const UUID: FieldRef = field!(NV0000_CTRL_GPU_GET_UUID_FROM_GPU_ID_PARAMS, gpuUuid);
        let size = size_of::<NV0000_CTRL_GPU_GET_UUID_FROM_GPU_ID_PARAMS>();
        let mut question = Question::command(client, NV0000_CTRL_CMD_GPU_GET_UUID_FROM_GPU_ID, size);
        question.set_param(ID, id);
        question.issue_command(&self.driver, file)?;
        let text = question.params().get(UUID.offset..UUID.offset + UUID.size)?;
        let text = text.split(|byte| *byte == 0).next()?;
        let text = std::str::from_utf8(text).ok()?;
        (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())).then(|| text.to_owned())
    }

    /// Asks which GPUs are attached.
    pub(super) fn ask_attached(&self, file: &D::File, client: NvHandle) -> Option<Vec<u32>> {
        let size = size_of::<NV0000_CTRL_GPU_GET_ATTACHED_IDS_PARAMS>();
        let mut question = Question::command(client, NV0000_CTRL_CMD_GPU_GET_ATTACHED_IDS, size);
        question.issue_command(&self.driver, file)?;
        let ids = question.params().chunks_exact(4).map(|id| u32::from_le_bytes([id[0], id[1], id[2], id[3]]));
        Some(ids.take_while(|id| *id != NO_GPU).collect())
    }
}

/// The bytes of a UUID that is written `GPU-`, and in groups of digits.
fn binary(text: &str) -> Option<Uuid> {
    let digits: String = text.strip_prefix("GPU-")?.split('-').collect();
    let mut uuid = Uuid::default();
    if !digits.is_ascii() || digits.len() != 2 * uuid.len() {
        return None;
    }
    for (byte, at) in uuid.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(uuid)
}
