//! What the kernel module answers itself, without the resource manager.

use super::Escape;
use crate::frame::{Block, Frame};
use crate::simulator::Inner;
use nvproxy::abi::structs::nv_ioctl_card_info_t;
use nvproxy::abi::{Layout, Record};
use nvproxy::{Errno, Node};

/// `NV_RM_API_VERSION_CMD_STRICT` and `_QUERY`, `NV_RM_API_VERSION_REPLY_RECOGNIZED`.
const STRICT: u32 = 0;
const QUERY: u32 = b'2' as u32;
const RECOGNIZED: u64 = 1;

impl Inner {
    /// Compare src/nvidia/arch/nvalloc/unix/src/osapi.c:RmPerformVersionCheck().
    pub(super) fn check_version(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<i32, Errno> {
        let version = self.abi.version().to_string();
        let command = escape.get(frame, "cmd");
        let theirs = frame.field(&escape.params, "versionString");
        let end = theirs.iter().position(|byte| *byte == 0).unwrap_or(theirs.len());
        let same = theirs[..end] == *version.as_bytes();
        frame.set(&escape.params, "reply", RECOGNIZED);
        if command == QUERY || command == STRICT && !same {
            frame.set_bytes(&escape.params, "versionString", version.as_bytes());
        }
        if command == STRICT && !same { Err(Errno::EINVAL) } else { Ok(0) }
    }

    /// As many cards as there is room for.
    pub(super) fn card_info(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<i32, Errno> {
        const CARD: &Layout = &nv_ioctl_card_info_t::LAYOUT;
        let room = escape.params.len / CARD.size;
        // Compare kernel-open/nvidia/nv.c:nvidia_ioctl(), case NV_ESC_CARD_INFO.
        if room < self.gpus.len() {
            return Err(Errno::EINVAL);
        }
        frame.clear(&escape.params);
        for (index, gpu) in self.gpus.iter().enumerate() {
            let start = escape.params.start + index * CARD.size;
            let card = Block::new(start..start + CARD.size, Some(CARD));
            let bar1 = gpu.profile.memory.bar1_mib << 20;
            for (field, value) in [
                ("valid", 1),
                ("pci_info.domain", gpu.domain().into()),
                ("pci_info.bus", gpu.bus.into()),
                ("pci_info.vendor_id", gpu.profile.pci.vendor.into()),
                ("pci_info.device_id", gpu.profile.pci.device.into()),
                ("gpu_id", gpu.id.into()),
                ("reg_address", 0xd000_0000 + (u64::from(gpu.minor) << 24)),
                ("reg_size", 16 << 20),
                ("fb_address", 0x200_0000_0000 + u64::from(gpu.minor) * bar1),
                ("fb_size", bar1),
                ("minor_number", gpu.minor.into()),
            ] {
                frame.set(&card, field, value);
            }
        }
        Ok(0)
    }

    /// Compare src/nvidia/arch/nvalloc/unix/src/escape.c:RmIoctl(), case NV_ESC_REGISTER_FD.
    pub(super) fn register_fd(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<i32, Errno> {
        let descriptor = escape.get(frame, "ctl_fd") as i32;
        let control = frame.file(descriptor).ok_or(Errno::EINVAL)?;
        let suits = control.node() == Node::Control && control.0.id != escape.file.0.id;
        if !suits || control.0.control.get().is_some() {
            return Err(Errno::EINVAL);
        }
        escape.file.0.control.set(control.0.clone()).map_err(|_| Errno::EINVAL)?;
        Ok(0)
    }

    /// GPUs that a control file keeps in use: they always are.
    pub(super) fn attach_gpus(&self, escape: &Escape<'_>, frame: &mut Frame<'_>) -> Result<i32, Errno> {
        let ids = (0..escape.params.len / 4).map(|index| frame.number(escape.params.start + index * 4, 4) as u32);
        let known = ids.filter(|id| *id != 0).all(|id| self.gpus.iter().any(|gpu| gpu.id == id));
        if escape.file.node() == Node::Control && known { Ok(0) } else { Err(Errno::EINVAL) }
    }
}
