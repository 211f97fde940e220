//! The files of `/proc` and `/sys` that a guest is shown.
//!
//! NVIDIA's libraries look into `params` at every open of a device file, into `/proc/devices` and the modules'
//! `initstate` before they try to load a module, and into the PCI device's `numa_node`; tools look at the rest. Nothing
//! here tells of a GPU that the sandbox was not given.

use super::Host;
use crate::Node;
use crate::devices::DeviceFile;

/// A file that a guest is to find, for reading only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownFile {
    /// Its absolute path in the guest.
    pub path: String,
    /// What it holds.
    pub content: String,
}

/// The files that go with the device files of a sandbox, in the order of their paths.
///
/// `/proc/devices` has the driver's lines only: a runtime whose guests have other devices merges them.
pub fn shown(host: &Host, devices: &[DeviceFile]) -> Vec<ShownFile> {
    let has = |node| devices.iter().any(|device| device.node == node);
    let majors = host.majors.only(|major| devices.iter().any(|device| device.major == major));
    let mut files = Vec::new();
    let mut show = |path: String, content: String| files.push(ShownFile { path, content });

    show("/proc/devices".into(), format!("Character devices:\n{majors}\nBlock devices:\n"));
    show("/proc/driver/nvidia/params".into(), host.params.for_guests().to_string());
    show("/proc/driver/nvidia/version".into(), host.version_text.clone());
    show("/sys/module/nvidia/initstate".into(), "live\n".into());
    show("/sys/module/nvidia/version".into(), format!("{}\n", host.version));
    if has(Node::Uvm) {
        show("/sys/module/nvidia_uvm/initstate".into(), "live\n".into());
    }
    for gpu in host.gpus.iter().filter(|gpu| gpu.minor.is_some_and(|minor| has(Node::Device(minor)))) {
        show(format!("/proc/driver/nvidia/gpus/{}/information", gpu.address), gpu.information.clone());
        if let Some(node) = gpu.numa_node {
            show(format!("/sys/bus/pci/devices/{}/numa_node", gpu.address), format!("{node}\n"));
        }
    }
    for capability in host.capabilities.iter().filter(|capability| has(Node::Capability(capability.minor))) {
        show(format!("/proc/driver/nvidia/capabilities/{}", capability.path), capability.for_guests());
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}
