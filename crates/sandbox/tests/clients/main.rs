//! NVIDIA's own programs behind the proxy, on simulated GPUs.
//!
//! `NVPROXY_CLIENTS` names the directories that `scripts/fetch-debian-clients` prints, separated by colons. The tests are
//! run by `scripts/ci/clients`: they are ignored otherwise, because without these programs there is nothing to test.

mod behind;
mod recorded;
mod world;

use behind::{As, Behind, Way};

/// What a profile's GPU is shown as.
struct Gpu {
    name: &'static str,
    mib: u32,
}

const H100: Gpu = Gpu { name: "NVIDIA H100 80GB HBM3", mib: 81559 };
const L4: Gpu = Gpu { name: "NVIDIA L4", mib: 23034 };

/// The tests of a release, each under its name.
macro_rules! release {
    ($name:ident, $version:literal, $way:ident) => {
        mod $name {
            use super::*;
            release!(@ $version, $way, nvidia_smi, nvidia_smi_lists, nvidia_smi_queries, cuda_works, two_gpus_are_two_devices,
                a_gpu_that_is_not_given_is_not_there, an_ordinary_user_needs_no_more, nothing_outside_changes);
            #[test]
            #[ignore = "needs NVIDIA's programs: scripts/ci/clients"]
            fn a_trace_is_summed_up_and_recorded() {
                Behind::each($version, Way::$way, recorded::nvidia_smi);
            }
        }
    };
    (@ $version:literal, $way:ident, $($test:ident),+) => {
        $(
            #[test]
            #[ignore = "needs NVIDIA's programs: scripts/ci/clients"]
            fn $test() {
                Behind::each($version, Way::$way, super::$test);
            }
        )+
    };
}

release!(release_535_261_03, "535.261.03", Sandbox);
release!(release_550_163_01, "550.163.01", Sandbox);
release!(release_535_261_03_in_process, "535.261.03", InProcess);
release!(release_550_163_01_in_process, "550.163.01", InProcess);

fn nvidia_smi(behind: &Behind) {
    let text = behind.fine("h100", &[], &["nvidia-smi"]);
    assert!(text.contains(&format!("Driver Version: {}", behind.version)), "{text}");
    assert!(text.contains("NVIDIA H100") && text.contains(&format!("{}MiB", H100.mib)), "{text}");
}

fn nvidia_smi_lists(behind: &Behind) {
    let text = behind.fine("h100", &[], &["nvidia-smi", "-L"]);
    let uuids = behind.uuids(&["h100"]);
    assert_eq!(text, format!("GPU 0: {} (UUID: {})\n", H100.name, uuids[0]));
}

fn nvidia_smi_queries(behind: &Behind) {
    let text = behind.fine("h100", &[], &["nvidia-smi", "-q"]);
    let value = |name: &str| {
        let line = text.lines().find(|line| line.trim().starts_with(name));
        line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.trim().to_owned())
    };
    assert_eq!(value("Product Name").as_deref(), Some(H100.name), "{text}");
    assert_eq!(value("GPU UUID").as_deref(), Some(behind.uuids(&["h100"])[0].as_str()), "{text}");
    assert_eq!(value("Driver Version").as_deref(), Some(behind.version), "{text}");
    assert!(text.contains(&format!("{} MiB", H100.mib)), "{text}");
}

fn cuda_works(behind: &Behind) {
    for (profile, gpu) in [("h100", &H100), ("l4", &L4)] {
        let text = behind.fine(profile, &[], &["cuda-probe"]);
        assert!(text.contains(&format!("device 0: {},", gpu.name)), "{text}");
        assert!(text.contains(&behind.uuids(&[profile])[0]), "{text}");
        assert!(text.contains("all ok") && !text.contains("wrong"), "{text}");
    }
}

fn two_gpus_are_two_devices(behind: &Behind) {
    let uuids = behind.uuids(&["h100", "l4"]);
    let text = behind.fine("h100,l4", &[], &["nvidia-smi", "-L"]);
    let line = |index: usize, gpu: &Gpu| format!("GPU {index}: {} (UUID: {})\n", gpu.name, uuids[index]);
    assert_eq!(text, line(0, &H100) + &line(1, &L4));
    let text = behind.fine("h100,l4", &[], &["cuda-probe"]);
    for (gpu, uuid) in [(&H100, &uuids[0]), (&L4, &uuids[1])] {
        assert!(text.contains(gpu.name) && text.contains(uuid), "{text}");
    }
    assert!(text.contains("cuCtxDestroy: device 1") && text.contains("all ok"), "{text}");
}

fn a_gpu_that_is_not_given_is_not_there(behind: &Behind) {
    for (given, there, hidden) in [("0", &H100, &L4), ("1", &L4, &H100)] {
        let text = behind.fine("h100,l4", &["--gpus", given], &["nvidia-smi", "-L"]);
        assert!(text.lines().count() == 1 && text.contains(there.name) && !text.contains(hidden.name), "{text}");
        let text = behind.fine("h100,l4", &["--gpus", given], &["cuda-probe"]);
        assert!(text.contains(&format!("device 0: {},", there.name)) && text.contains("all ok"), "{text}");
        assert!(!text.contains(hidden.name) && !text.contains("device 1"), "{text}");
    }
}

fn an_ordinary_user_needs_no_more(behind: &Behind) {
    if !nix::unistd::geteuid().is_root() {
        println!("everything was run as an ordinary user");
        return;
    }
    let nobody = behind.run_as(As::Nobody);
    let before = world::world(&nobody);
    for check in [nvidia_smi, nvidia_smi_lists, nvidia_smi_queries, cuda_works, a_gpu_that_is_not_given_is_not_there] {
        check(&nobody);
    }
    world::same(&before, &world::world(&nobody));
}

fn nothing_outside_changes(behind: &Behind) {
    let before = world::world(behind);
    for words in [&["nvidia-smi"][..], &["nvidia-smi", "-q"], &["cuda-probe"]] {
        behind.fine("h100,l4", &[], words);
    }
    world::same(&before, &world::world(behind));
}
