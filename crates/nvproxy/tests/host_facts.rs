//! What the host tells of its driver, and what of it a sandbox has and sees.

mod support;

use nix::errno::Errno;
use nvproxy::abi::Capabilities;
use nvproxy::devices::{DeviceError, OpenOnly, device_files};
use nvproxy::procfs::{Host, Params, PciAddress, ProcfsError, shown};
use nvproxy::{DriverVersionError, Node, Options, driver_version, version_of_module, version_of_proc};
use std::collections::BTreeMap;
use std::path::Path;
use support::{Script, Seen};
use tempfile::TempDir;
use version_tree::version;

/// Where the reply and the version are in `nv_ioctl_rm_api_version_t`.
const REPLY: usize = 4;
const STRING: usize = 8;

/// A driver of a version: how it answers `NV_ESC_CHECK_VERSION_STR`.
fn driver(version: &'static [u8], knows_query: bool) -> Script {
    let script = Script::default();
    script.answer(move |seen: &Seen, bytes| {
        assert_eq!(seen.file.node, Node::Control);
        assert_eq!(seen.request, support::request(0xd2, 72));
        assert_eq!(seen.argument, Some(0..72));
        assert!(seen.lent.is_empty());
        bytes[REPLY] = 1;
        let tell = |bytes: &mut [u8]| bytes[STRING..STRING + version.len()].copy_from_slice(version);
        match (bytes[0], knows_query) {
            (b'2', true) => tell(bytes),
            (b'2', false) => {}
            _ => {
                assert!(seen.bytes[STRING..].iter().all(|byte| *byte == 0), "an empty version is no driver's");
                tell(bytes);
                return Err(Errno::EINVAL);
            }
        }
        Ok(0)
    });
    script
}

#[test]
fn a_driver_is_asked_once_for_its_version() {
    let script = driver(b"570.211.01\0", true);
    assert_eq!(driver_version(&script), Ok(version!("570.211.01")));
    assert_eq!(script.one().bytes[..4], [b'2', 0, 0, 0]);
}

#[test]
fn an_older_driver_is_made_to_contradict() {
    let script = driver(b"525.147.05\0", false);
    assert_eq!(driver_version(&script), Ok(version!("525.147.05")));
    let commands: Vec<_> = script.take().iter().map(|seen| seen.bytes[0]).collect();
    assert_eq!(commands, [b'2', 0]);
}

#[test]
fn a_version_may_fill_its_field() {
    // Sixty-four digits and no end: no version, but no fault either.
    let script = driver(&[b'5'; 64], true);
    assert!(matches!(driver_version(&script), Err(DriverVersionError::Malformed(_))));
}

#[test]
fn what_is_no_driver_is_not_taken_for_one() {
    let fails = |answer: fn(&mut [u8]) -> Result<i32, Errno>| {
        let script = Script::default();
        script.answer(move |_, bytes| answer(bytes));
        driver_version(&script).unwrap_err()
    };
    assert_eq!(fails(|_| Err(Errno::ENOTTY)), DriverVersionError::Refused(Errno::ENOTTY));
    // An error of another kind than the one for a wrong version, or without a reply.
    assert_eq!(fails(|_| Err(Errno::EINVAL)), DriverVersionError::Refused(Errno::EINVAL));
    assert_eq!(fails(|_| Ok(0)), DriverVersionError::Reply(0));
    // What an error leaves behind counts only for the one way in which a driver contradicts.
    let fails_with = |query: Result<i32, Errno>, strict: Result<i32, Errno>| {
        let script = Script::default();
        script.answer(move |_, bytes| {
            bytes[REPLY] = 1;
            let result = if bytes[0] == 0 { strict } else { query };
            if result.is_err() {
                bytes[STRING..STRING + 7].copy_from_slice(b"550.100");
            }
            result
        });
        driver_version(&script)
    };
    assert_eq!(fails_with(Ok(0), Err(Errno::EINVAL)), Ok(version!("550.100")));
    assert_eq!(fails_with(Ok(0), Err(Errno::EPERM)), Err(DriverVersionError::Refused(Errno::EPERM)));
    assert_eq!(fails_with(Err(Errno::EINVAL), Ok(0)), Err(DriverVersionError::Refused(Errno::EINVAL)));
    let recognized_only = |bytes: &mut [u8]| {
        bytes[REPLY] = 1;
        Ok(0)
    };
    assert!(matches!(fails(recognized_only), DriverVersionError::Malformed(_)));
    let not_utf8 = |bytes: &mut [u8]| {
        bytes[REPLY] = 1;
        bytes[STRING..].fill(0xff);
        Ok(0)
    };
    assert!(matches!(fails(not_utf8), DriverVersionError::Malformed(_)));
}

#[test]
fn versions_are_found_in_texts() {
    let closed = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.261.03  Mon Jun  2 17:20:22 UTC 2025\n\
                  GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n";
    assert_eq!(version_of_proc(closed), Ok(version!("535.261.03")));
    let open = "NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.65.06  Release Build  (someone@host)\n";
    assert_eq!(version_of_proc(open), Ok(version!("580.65.06")));
    assert_eq!(version_of_module("550.100\n"), Ok(version!("550.100")));

    let only_gcc = "GCC version:  gcc version 12.2.0\n";
    assert_eq!(version_of_proc(only_gcc), Err(DriverVersionError::Missing(only_gcc.trim().to_owned())));
    assert!(matches!(version_of_proc(""), Err(DriverVersionError::Missing(_))));
    assert!(matches!(version_of_module("\n"), Err(DriverVersionError::Missing(_))));
    assert!(matches!(version_of_module("live"), Err(DriverVersionError::Malformed(_))));
}

/// A host with two GPUs that work, one that does not, and one of them divided.
fn host() -> TempDir {
    let root = TempDir::new().unwrap();
    let gpu = |minor: u32, uuid: &str| {
        format!(
            "Model: \t\t NVIDIA H100 PCIe\nIRQ:   \t\t 130\nGPU UUID: \t {uuid}\nVideo BIOS: \t 96.00.30.00.01\n\
             Bus Type: \t PCIe\nDMA Size: \t 52 bits\nDMA Mask: \t 0xfffffffffffff\nDevice Minor: \t {minor}\n\
             GPU Excluded:\t No\n"
        )
    };
    let capability = |minor: u32| format!("DeviceFileMinor: {minor}\nDeviceFileMode: 292\nDeviceFileModify: 1\n");
    for (path, text) in [
        (
            "proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.211.01  Release Build\n".to_owned(),
        ),
        (
            "proc/driver/nvidia/params",
            "ResmanDebugLevel: 4294967295\nModifyDeviceFiles: 1\nDeviceFileUID: 0\nDeviceFileGID: 44\n\
             DeviceFileMode: 432\nImexChannelCount: 2048\nRegistryDwords: \"Secret=1\"\nTemporaryFilePath: \"/a: b\"\n"
                .to_owned(),
        ),
        (
            "proc/devices",
            "Character devices:\n  1 mem\n 10 misc\n195 nvidia\n195 nvidiactl\n195 nvidia-modeset\n235 nvidia-uvm\n\
             238 nvidia-caps\n239 nvidia-caps-imex-channels\n\nBlock devices:\n  8 sd\n235 nvidia-uvm\n"
                .to_owned(),
        ),
        ("proc/driver/nvidia/gpus/0000:c1:00.0/information", gpu(1, "GPU-3b1c8c5e-0d1a-4f6c-9f43-2b7f2f1d9e00")),
        ("proc/driver/nvidia/gpus/0000:41:00.0/information", gpu(0, "GPU-????????-????-????-????-????????????")),
        ("proc/driver/nvidia/gpus/10000:01:00.0/information", String::new()),
        ("sys/bus/pci/devices/0000:41:00.0/numa_node", "-1\n".to_owned()),
        ("sys/devices/system/memory/block_size_bytes", "80000000\n".to_owned()),
        ("proc/driver/nvidia/capabilities/mig/config", capability(1)),
        ("proc/driver/nvidia/capabilities/gpu0/mig/gi1/access", capability(12)),
        ("proc/driver/nvidia/capabilities/gpu0/mig/gi1/ci2/access", capability(15)),
        ("proc/driver/nvidia/capabilities/gpu1/mig/gi1/access", capability(147)),
        ("proc/driver/nvidia/capabilities/fabric-imex-mgmt", capability(4323)),
    ] {
        write(root.path(), path, &text);
    }
    root
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn read() -> Host {
    Host::read(host().path()).unwrap()
}

#[test]
fn the_hosts_settings_are_read() {
    let host = read();
    assert_eq!(host.version, version!("570.211.01"));
    assert_eq!(host.memory_block_size, Some(0x8000_0000));
    assert!(host.params.modify_device_files());
    assert_eq!((host.params.device_file_uid(), host.params.device_file_gid()), (0, 44));
    assert_eq!(host.params.device_file_mode(), 0o660);
    assert_eq!(host.params.imex_channels(), 2048);
    assert_eq!(host.params.get("TemporaryFilePath"), Some("\"/a: b\""));
    assert_eq!(host.majors.frontend(), Some(195));
    assert_eq!(host.majors.uvm(), Some(235));
    assert_eq!(host.majors.capabilities(), Some(238));
    assert_eq!(host.majors.imex_channels(), Some(239));
    let gpus: Vec<_> = host.gpus.iter().map(|gpu| (gpu.address.to_string(), gpu.minor)).collect();
    let expected = [("0000:41:00.0", Some(0)), ("0000:c1:00.0", Some(1)), ("10000:01:00.0", None)];
    assert_eq!(gpus, expected.map(|(address, minor)| (address.to_owned(), minor)));
    assert_eq!(host.gpus[0].uuid, None);
    assert_eq!(host.gpus[1].uuid.as_deref(), Some("GPU-3b1c8c5e-0d1a-4f6c-9f43-2b7f2f1d9e00"));
    assert_eq!(host.gpus[0].model.as_deref(), Some("NVIDIA H100 PCIe"));
    assert_eq!((host.gpus[0].numa_node, host.gpus[1].numa_node), (Some(-1), None));
    let capabilities: Vec<_> =
        host.capabilities.iter().map(|one| (one.path.as_str(), one.minor, one.mode, one.gpu())).collect();
    assert_eq!(
        capabilities,
        [
            ("fabric-imex-mgmt", 4323, 0o444, None),
            ("gpu0/mig/gi1/access", 12, 0o444, Some(0)),
            ("gpu0/mig/gi1/ci2/access", 15, 0o444, Some(0)),
            ("gpu1/mig/gi1/access", 147, 0o444, Some(1)),
            ("mig/config", 1, 0o444, None),
        ]
    );
}

#[test]
fn what_not_every_host_has_may_be_missing() {
    let root = host();
    std::fs::remove_dir_all(root.path().join("sys")).unwrap();
    std::fs::remove_dir_all(root.path().join("proc/driver/nvidia/capabilities")).unwrap();
    std::fs::remove_dir_all(root.path().join("proc/driver/nvidia/gpus")).unwrap();
    write(root.path(), "proc/devices", "Character devices:\n195 nvidia-frontend\n");
    let host = Host::read(root.path()).unwrap();
    assert_eq!(host.memory_block_size, None);
    assert!(host.gpus.is_empty() && host.capabilities.is_empty());
    assert_eq!((host.majors.frontend(), host.majors.uvm()), (Some(195), None));
    let nodes: Vec<_> =
        device_files(&host, &Options::default(), &OpenOnly::default()).unwrap().iter().map(|file| file.node).collect();
    assert_eq!(nodes, [Node::Control]);
}

#[test]
fn errors_name_the_file_and_what_is_wrong() {
    for (path, text, expected) in [
        ("proc/driver/nvidia/version", "GCC version: 1\n", "proc/driver/nvidia/version, line 1: no driver version in"),
        ("proc/driver/nvidia/params", "A: 1\nnonsense\n", "proc/driver/nvidia/params, line 2: not a setting"),
        ("proc/devices", "Character devices:\nx nvidia-uvm\n", "proc/devices, line 2: a device of the driver without"),
        ("proc/driver/nvidia/gpus/0000:41:00.0/information", "Device Minor: one\n", "information, line 1: not what"),
        ("proc/driver/nvidia/gpus/elsewhere/information", "", "gpus/elsewhere: \"elsewhere\" is no PCI address"),
        ("proc/driver/nvidia/capabilities/mig/config", "DeviceFileMode: 1\n", "mig/config: no line `DeviceFileMinor`"),
        ("sys/devices/system/memory/block_size_bytes", "128 MiB\n", "block_size_bytes, line 1: \"128 MiB\" is no size"),
        ("sys/devices/system/memory/block_size_bytes", "0\n", "block_size_bytes, line 1: \"0\" is no size"),
    ] {
        let root = host();
        write(root.path(), path, text);
        let error = Host::read(root.path()).expect_err(path).to_string();
        assert!(error.contains(expected), "{error}");
        assert!(error.starts_with(root.path().to_str().unwrap()), "{error}");
    }
}

#[test]
fn a_host_without_the_driver_is_told_as_such() {
    let root = TempDir::new().unwrap();
    assert!(matches!(Host::read(root.path()), Err(ProcfsError::NotLoaded(path)) if path.ends_with("nvidia/version")));
}

#[test]
fn no_more_is_read_than_the_driver_could_tell() {
    let root = host();
    write(root.path(), "proc/driver/nvidia/params", &"A: 1\n".repeat(20_000));
    let error = Host::read(root.path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}/proc/driver/nvidia/params holds more than 65536 bytes: it is not the driver's",
            root.path().display()
        )
    );

    let root = host();
    for number in 0..1025 {
        write(root.path(), &format!("proc/driver/nvidia/capabilities/x{number}"), "");
    }
    let error = Host::read(root.path()).unwrap_err().to_string();
    assert!(error.contains("capabilities") && error.contains("more than 1024 entries"), "{error}");
}

#[test]
fn addresses_are_as_the_driver_writes_them() {
    for text in ["0000:c1:00.0", "10000:01:1f.7"] {
        assert_eq!(text.parse::<PciAddress>().unwrap().to_string(), text);
    }
    for text in ["", "c1:00.0", "0000:c1:00", "0000:c1:20.0", "0000:c1:00.8", "0000:+1:00.0", "000000000:c1:00.0"] {
        assert!(text.parse::<PciAddress>().is_err(), "{text}");
    }
}

fn one_gpu() -> Options {
    Options { gpus: Some(vec![1]), ..Options::default() }
}

#[test]
fn a_sandbox_has_its_own_device_files() {
    let host = read();
    let named = OpenOnly { capabilities: vec!["gpu1/mig/gi1/access".into()], imex_channels: vec![7, 0, 7] };
    let files = device_files(&host, &one_gpu(), &named).unwrap();
    let told: Vec<_> = files
        .iter()
        .map(|file| (file.node.to_string(), file.major, file.minor, file.mode, file.is_open_only()))
        .collect();
    let expected = [
        ("/dev/nvidiactl", 195, 255, 0o660, false),
        ("/dev/nvidia1", 195, 1, 0o660, false),
        ("/dev/nvidia-uvm", 235, 0, 0o660, false),
        ("/dev/nvidia-caps/nvidia-cap147", 238, 147, 0o444, true),
        ("/dev/nvidia-caps-imex-channels/channel0", 239, 0, 0o666, true),
        ("/dev/nvidia-caps-imex-channels/channel7", 239, 7, 0o666, true),
    ];
    assert_eq!(told, expected.map(|(path, major, minor, mode, open)| (path.to_owned(), major, minor, mode, open)));
    // Of those that are only to be opened, it may open just these.
    let options = one_gpu().with_device_files(&files);
    assert_eq!(options.open_only, [Node::Capability(147), Node::ImexChannel(0), Node::ImexChannel(7)]);
}

#[test]
fn a_sandbox_without_a_list_has_all_gpus_that_work() {
    let files = device_files(&read(), &Options::default(), &OpenOnly::default()).unwrap();
    let nodes: Vec<_> = files.iter().map(|file| file.node).collect();
    assert_eq!(nodes, [Node::Control, Node::Device(0), Node::Device(1), Node::Uvm]);
}

#[test]
fn managing_imex_comes_with_its_device_file() {
    let mut host = read();
    let options = Options { capabilities: Capabilities::DEFAULT | Capabilities::FABRIC_IMEX_MGMT, ..one_gpu() };
    let nodes = |host: &Host, open_only: &OpenOnly| {
        let files = device_files(host, &options, open_only)?;
        Ok::<_, DeviceError>(files.iter().map(|file| file.node).filter(|node| *node != Node::Uvm).collect::<Vec<_>>())
    };
    let expected = [Node::Control, Node::Device(1), Node::Capability(4323)];
    let named = OpenOnly { capabilities: vec!["fabric-imex-mgmt".into()], ..OpenOnly::default() };
    assert_eq!(nodes(&host, &OpenOnly::default()).unwrap(), expected);
    assert_eq!(nodes(&host, &named).unwrap(), expected, "once, also when it is named");
    // A host that has no fabric.
    host.capabilities.clear();
    assert_eq!(nodes(&host, &OpenOnly::default()).unwrap(), expected[..2]);
    assert_eq!(nodes(&host, &named), Err(DeviceError::NoCapability("fabric-imex-mgmt".into())));
}

#[test]
fn what_a_sandbox_cannot_have_is_an_error() {
    let host = read();
    let capability = |path: &str| OpenOnly { capabilities: vec![path.into()], ..OpenOnly::default() };
    let fails =
        |host: &Host, options: &Options, open_only: &OpenOnly| device_files(host, options, open_only).unwrap_err();
    let missing = Options { gpus: Some(vec![1, 2]), ..Options::default() };
    assert_eq!(fails(&host, &missing, &OpenOnly::default()), DeviceError::NoGpu(2, vec![0, 1]));
    let other = "gpu0/mig/gi1/access";
    assert_eq!(fails(&host, &one_gpu(), &capability(other)), DeviceError::ForeignGpu(other.into()));
    let none = "gpu1/mig/gi9/access";
    assert_eq!(fails(&host, &one_gpu(), &capability(none)), DeviceError::NoCapability(none.into()));
    let channel = OpenOnly { imex_channels: vec![2048], ..OpenOnly::default() };
    assert_eq!(fails(&host, &one_gpu(), &channel), DeviceError::NoChannel(2048, 2048));

    let mut host = host;
    host.majors = host.majors.only(|major| major == 195);
    let config = capability("mig/config");
    assert_eq!(fails(&host, &one_gpu(), &config), DeviceError::NoMajor("nvidia-caps"));
    let channel = OpenOnly { imex_channels: vec![0], ..OpenOnly::default() };
    assert_eq!(fails(&host, &one_gpu(), &channel), DeviceError::NoMajor("nvidia-caps-imex-channels"));
    host.majors = host.majors.only(|_| false);
    assert_eq!(fails(&host, &one_gpu(), &OpenOnly::default()), DeviceError::NoMajor("nvidia"));
}

#[test]
fn a_guest_sees_what_goes_with_its_device_files() {
    let host = read();
    let named = OpenOnly { capabilities: vec!["gpu1/mig/gi1/access".into()], ..OpenOnly::default() };
    let devices = device_files(&host, &one_gpu(), &named).unwrap();
    let files: BTreeMap<_, _> = shown(&host, &devices).into_iter().map(|file| (file.path, file.content)).collect();
    let paths: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "/proc/devices",
            "/proc/driver/nvidia/capabilities/gpu1/mig/gi1/access",
            "/proc/driver/nvidia/gpus/0000:c1:00.0/information",
            "/proc/driver/nvidia/params",
            "/proc/driver/nvidia/version",
            "/sys/module/nvidia/initstate",
            "/sys/module/nvidia/version",
            "/sys/module/nvidia_uvm/initstate",
        ]
    );
    assert_eq!(
        files["/proc/devices"],
        "Character devices:\n195 nvidia\n195 nvidiactl\n235 nvidia-uvm\n238 nvidia-caps\n\nBlock devices:\n"
    );
    assert_eq!(
        files["/proc/driver/nvidia/params"],
        "ResmanDebugLevel: 4294967295\nModifyDeviceFiles: 0\nDeviceFileUID: 0\nDeviceFileGID: 44\n\
         DeviceFileMode: 432\nImexChannelCount: 2048\nRegistryDwords: \"\"\nTemporaryFilePath: \"\"\n"
    );
    assert_eq!(
        files["/proc/driver/nvidia/capabilities/gpu1/mig/gi1/access"],
        "DeviceFileMinor: 147\nDeviceFileMode: 292\nDeviceFileModify: 0\n"
    );
    assert_eq!(files["/sys/module/nvidia/initstate"], "live\n");
    assert_eq!(files["/sys/module/nvidia/version"], "570.211.01\n");
    // Nothing of the GPU that the sandbox does not have.
    assert!(files.values().all(|content| !content.contains("Device Minor: \t 0")));
    // What a guest is shown reads as what a host has.
    let guest = TempDir::new().unwrap();
    for (path, content) in &files {
        write(guest.path(), path.trim_start_matches('/'), content);
    }
    let seen = Host::read(guest.path()).unwrap();
    assert_eq!((seen.version, &seen.gpus), (host.version, &host.gpus[1..2].to_vec()));
    assert!(!seen.params.modify_device_files());
}

#[test]
fn the_node_of_the_nearest_memory_is_shown() {
    let host = read();
    let devices = device_files(&host, &Options::default(), &OpenOnly::default()).unwrap();
    let files = shown(&host, &devices);
    let node: Vec<_> = files.iter().filter(|file| file.path.ends_with("numa_node")).collect();
    assert_eq!(node.len(), 1);
    assert_eq!(
        (node[0].path.as_str(), node[0].content.as_str()),
        ("/sys/bus/pci/devices/0000:41:00.0/numa_node", "-1\n")
    );
}

#[test]
fn guests_never_make_device_files_whatever_the_host_says() {
    let params = Params::parse("DeviceFileUID: 0\n").unwrap();
    assert!(params.modify_device_files());
    assert_eq!(params.for_guests().to_string(), "DeviceFileUID: 0\nModifyDeviceFiles: 0\n");
}
