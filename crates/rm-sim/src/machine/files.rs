//! What NVIDIA's libraries read in `/proc` and `/sys` of the simulated machine.

use super::Gpu;
use super::nodes::{FRONTEND_MAJOR, UVM_MAJOR};
use std::path::PathBuf;
use version_tree::{DriverVersion, version};

/// The release from which the resource manager's device number is called `nvidia`: see `nvproxy::procfs`.
const RENAMED: DriverVersion = version!("545.23.06");

pub(crate) fn files(version: DriverVersion, gpus: &[Gpu]) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut add = |path: String, text: String| files.push((PathBuf::from(path), text.into_bytes()));
    add("/proc/driver/nvidia/version".into(), version_text(version));
    add("/proc/driver/nvidia/params".into(), PARAMS.into());
    add("/proc/devices".into(), devices(version));
    for module in ["nvidia", "nvidia_uvm"] {
        add(format!("/sys/module/{module}/initstate"), "live\n".into());
        add(format!("/sys/module/{module}/version"), format!("{version}\n"));
    }
    for gpu in gpus {
        let address = gpu.address();
        add(format!("/proc/driver/nvidia/gpus/{address}/information"), information(gpu));
        let device = format!("/sys/bus/pci/devices/{address}");
        add(format!("{device}/numa_node"), "-1\n".into());
        add(format!("{device}/vendor"), format!("0x{:04x}\n", gpu.profile.pci.vendor));
        add(format!("{device}/device"), format!("0x{:04x}\n", gpu.profile.pci.device));
        add(format!("{device}/class"), "0x030200\n".into());
    }
    files
}

/// Compare kernel-open/nvidia/nv-procfs.c:nv_procfs_read_version().
fn version_text(version: DriverVersion) -> String {
    format!(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  {version}  Release Build  (rm-sim)\n\
         GCC version:  a simulated driver\n"
    )
}

/// Compare kernel-open/nvidia/nv-procfs.c:nv_procfs_read_params(). The libraries are to leave the device files alone.
const PARAMS: &str = "\
ResmanDebugLevel: 4294967295
RmLogonRC: 1
ModifyDeviceFiles: 0
DeviceFileUID: 0
DeviceFileGID: 0
DeviceFileMode: 438
InitializeSystemMemoryAllocations: 1
UsePageAttributeTable: 4294967295
EnableMSI: 1
EnablePCIeGen3: 0
MemoryPoolSize: 0
EnableUserNUMAManagement: 1
EnablePCIERelaxedOrdering: 0
EnableGpuFirmware: 18
RegistryDwords: \"\"
RegistryDwordsPerDevice: \"\"
RmMsg: \"\"
";

fn devices(version: DriverVersion) -> String {
    let frontend: &[&str] = if version < RENAMED { &["nvidia-frontend"] } else { &["nvidia", "nvidiactl"] };
    let lines: String = frontend.iter().map(|name| format!("{FRONTEND_MAJOR:3} {name}\n")).collect();
    format!("Character devices:\n{lines}{UVM_MAJOR:3} nvidia-uvm\n\nBlock devices:\n")
}

/// Compare kernel-open/nvidia/nv-procfs.c:nv_procfs_read_gpu_info().
fn information(gpu: &Gpu) -> String {
    format!(
        "Model: \t\t {}\nIRQ:   \t\t 0\nGPU UUID: \t {}\nVideo BIOS: \t 00.00.00.00.00\nBus Type: \t PCIe\n\
         DMA Size: \t 52 bits\nDMA Mask: \t 0xfffffffffffff\nBus Location: \t {}\nDevice Minor: \t {}\n\
         GPU Excluded:\t No\n",
        gpu.profile.name,
        gpu.uuid_text(),
        gpu.address(),
        gpu.minor
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Profile;
    use nvproxy::procfs::Host;

    #[test]
    fn what_is_shown_reads_as_a_hosts() {
        let gpus = [Gpu::new(0, Profile::named("h100").unwrap()), Gpu::new(1, Profile::named("l4").unwrap())];
        for version in [version!("535.261.03"), version!("550.163.01"), version!("595.45.04")] {
            let root = tempfile::tempdir().unwrap();
            for (path, text) in files(version, &gpus) {
                let path = root.path().join(path.strip_prefix("/").unwrap());
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            let host = Host::read(root.path()).unwrap();
            assert_eq!(host.version, version);
            assert_eq!((host.majors.frontend(), host.majors.uvm()), (Some(FRONTEND_MAJOR), Some(UVM_MAJOR)));
            let shown: Vec<_> = host.gpus.iter().map(|gpu| (gpu.minor, gpu.uuid.clone())).collect();
            assert_eq!(shown, [(Some(0), Some(gpus[0].uuid_text())), (Some(1), Some(gpus[1].uuid_text()))]);
        }
    }
}
