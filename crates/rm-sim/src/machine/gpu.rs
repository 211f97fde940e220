//! A GPU of the simulated machine.

use crate::Profile;
use crate::event::Listeners;
use crate::memory::Budget;
use std::sync::Arc;

/// A GPU in its slot.
pub(crate) struct Gpu {
    pub profile: Profile,
    /// The number in `/dev/nvidia#`, and among the devices of the resource manager.
    pub minor: u32,
    /// What the resource manager calls it: from where it is on the bus (compare
    /// src/nvidia/src/kernel/gpu_mgr/gpu_mgr.c:gpuGenerate32BitId()).
    pub id: u32,
    pub bus: u8,
    pub uuid: [u8; 16],
    /// What is left of its memory, in bytes.
    pub memory: Arc<Budget>,
    /// Who wants to know when something is done.
    pub listeners: Arc<Listeners>,
}

/// The first GPU's place on the bus.
const FIRST_BUS: u8 = 4;

impl Gpu {
    pub(crate) fn new(minor: u32, profile: Profile) -> Self {
        let bus = FIRST_BUS.wrapping_add(minor as u8);
        let usable = profile.memory.total_mib - profile.memory.reserved_mib;
        Self {
            uuid: uuid(minor, &profile.name),
            memory: Budget::new(usable << 20),
            listeners: Arc::default(),
            id: u32::from(bus) << 8,
            profile,
            minor,
            bus,
        }
    }

    pub(crate) const fn domain(&self) -> u32 {
        0
    }

    /// `0000:04:00.0`.
    pub(crate) fn address(&self) -> String {
        format!("{:04x}:{:02x}:00.0", self.domain(), self.bus)
    }

    /// `GPU-` and the identity (compare src/nvidia/src/kernel/gpu/gpu_uuid.c:transformGidToUserFriendlyString()).
    pub(crate) fn uuid_text(&self) -> String {
        let hex: String = self.uuid.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("GPU-{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// A number by the name that declared answers call it: see `controls.toml`.
    pub(crate) fn fact(&self, name: &str) -> Option<u64> {
        let (profile, memory) = (&self.profile, &self.profile.memory);
        Some(match name {
            "minor" => self.minor.into(),
            "id" => self.id.into(),
            "domain" => self.domain().into(),
            "bus" => self.bus.into(),
            "slot" => 0,
            "architecture" => profile.architecture.into(),
            "implementation" => profile.implementation.into(),
            "revision" => profile.revision.into(),
            "sms" => profile.sms.into(),
            "tpcs" => profile.tpcs.into(),
            "gpcs" => profile.gpcs.into(),
            "gpc_mask" => (1 << profile.gpcs.min(31)) - 1,
            "tpc_mask" => (1 << profile.tpcs.div_ceil(profile.gpcs).min(31)) - 1,
            "pci_device" => u64::from(profile.pci.device) << 16 | u64::from(profile.pci.vendor),
            "pci_subsystem" => u64::from(profile.pci.subsystem) << 16 | u64::from(profile.pci.subsystem_vendor),
            "pci_revision" => profile.pci.revision.into(),
            "total_kib" => memory.total_mib << 10,
            "usable_kib" => (memory.total_mib - memory.reserved_mib) << 10,
            "free_kib" => self.memory.left() >> 10,
            "bus_width" => memory.bus_width_bits.into(),
            "l2_bytes" => u64::from(memory.l2_kib) << 10,
            "bar1_kib" => memory.bar1_mib << 10,
            "bar1_mib" => memory.bar1_mib,
            "bar1_bytes" => memory.bar1_mib << 20,
            "sm_khz" => u64::from(profile.clocks.sm_mhz) * 1000,
            "memory_khz" => u64::from(profile.clocks.memory_mhz) * 1000,
            _ => return None,
        })
    }

    /// A text or bytes by the name that declared answers call it.
    pub(crate) fn text(&self, name: &str) -> Option<Vec<u8>> {
        Some(match name {
            "name" => self.profile.name.clone().into_bytes(),
            "short_name" => self.profile.short_name.clone().into_bytes(),
            "uuid" => self.uuid.to_vec(),
            "uuid_text" => self.uuid_text().into_bytes(),
            _ => return None,
        })
    }
}

/// The same at every start, and different from GPU to GPU.
fn uuid(minor: u32, name: &str) -> [u8; 16] {
    // FNV-1a, twice.
    let hash = |seed: u64| {
        let bytes = name.bytes().chain(minor.to_le_bytes());
        bytes.fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
    };
    let mut uuid = [0; 16];
    uuid[..8].copy_from_slice(&hash(1).to_be_bytes());
    uuid[8..].copy_from_slice(&hash(2).to_be_bytes());
    // A random one, as RFC 9562 marks them.
    uuid[6] = uuid[6] & 0x0f | 0x40;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    uuid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_of_one_kind_differ_in_what_tells_them_apart() {
        let profile = Profile::named("h100").unwrap();
        let (a, b) = (Gpu::new(0, profile.clone()), Gpu::new(1, profile));
        assert_ne!(a.uuid, b.uuid);
        assert_ne!(a.id, b.id);
        assert_ne!(a.address(), b.address());
        assert_eq!(a.uuid_text().len(), 40);
    }
}
