//! What a machine tells of itself, at several releases: the same, wherever the release has the fields.

mod support;

use nvproxy::abi::numbers::*;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::{Errno, Node, driver_version};
use rm_sim::Profile;
use support::{Machine, releases, simulator};
use version_tree::Tree;

#[test]
fn every_release_of_the_tree_can_be_simulated_and_says_which_it_is() {
    let mut releases = 0;
    for release in Tree::embedded().iter() {
        let simulator = simulator(release.version, &["l4"]);
        assert_eq!(driver_version(&simulator), Ok(release.version));
        releases += 1;
    }
    assert!(releases > 190);
}

#[test]
fn another_release_is_told_to_clients_of_this_one() {
    let machine = Machine::new(releases()[1], &["h100"]);
    let control = machine.open(Node::Control);
    let mut params = machine.escape_params(NV_ESC_CHECK_VERSION_STR);
    params.at("versionString")[..10].copy_from_slice(b"550.163.01");
    assert_eq!(machine.escape(control, NV_ESC_CHECK_VERSION_STR, &mut params), Err(Errno::EINVAL));
    assert_eq!(params.text("versionString"), "535.261.03");
    assert_eq!(machine.escape(control, NV_ESC_CHECK_VERSION_STR, &mut params), Ok(0));
}

#[test]
fn two_gpus_are_told_apart_by_everything() {
    for release in releases() {
        let machine = Machine::new(release, &["h100", "l4"]);
        let control = machine.open(Node::Control);
        let client = machine.client(control);
        let mut probed = machine.control_params(NV0000_CTRL_CMD_GPU_GET_PROBED_IDS);
        let command = NV0000_CTRL_CMD_GPU_GET_PROBED_IDS;
        assert_eq!(machine.control(control, [client, client], command, &mut probed), NV_STATUS::NV_OK, "{release}");
        let id = |index: usize| u32::from_le_bytes(probed.bytes[index * 4..][..4].try_into().unwrap());
        assert!(id(0) != id(1) && id(2) == 0xffff_ffff, "{release}");

        let mut seen = Vec::new();
        for gpu in 0..2 {
            let client = machine.client(control);
            machine.device(control, client, gpu);
            let mut name = machine.control_params(NV2080_CTRL_CMD_GPU_GET_NAME_STRING);
            let command = NV2080_CTRL_CMD_GPU_GET_NAME_STRING;
            assert_eq!(machine.control(control, [client, 3], command, &mut name), NV_STATUS::NV_OK, "{release}");
            let mut gid = machine.control_params(NV2080_CTRL_CMD_GPU_GET_GID_INFO);
            let command = NV2080_CTRL_CMD_GPU_GET_GID_INFO;
            assert_eq!(machine.control(control, [client, 3], command, &mut gid), NV_STATUS::NV_OK, "{release}");
            assert_eq!(gid.get("length"), 41);
            seen.push((name.text("gpuNameString"), gid.text("data")));
        }
        let names: Vec<_> = ["h100", "l4"].map(|name| Profile::named(name).unwrap().name).into();
        let uuids = machine.proxy.driver().uuids();
        assert_eq!(seen, names.into_iter().zip(uuids).collect::<Vec<_>>(), "{release}");
    }
}

#[test]
fn the_memory_is_the_profiles_and_shrinks_as_it_is_taken() {
    for release in releases() {
        let machine = Machine::new(release, &["h100"]);
        let control = machine.open(Node::Control);
        let client = machine.client(control);
        machine.device(control, client, 0);
        let ask = || {
            let mut params = machine.control_params(NV2080_CTRL_CMD_FB_GET_INFO_V2);
            params.set("fbInfoListSize", 2);
            // Indices TOTAL_RAM_SIZE and HEAP_FREE, each before its data.
            for (entry, index) in [8u32, 0x16].iter().enumerate() {
                params.at("fbInfoList")[entry * 8..][..4].copy_from_slice(&index.to_le_bytes());
            }
            let command = NV2080_CTRL_CMD_FB_GET_INFO_V2;
            assert_eq!(machine.control(control, [client, 3], command, &mut params), NV_STATUS::NV_OK, "{release}");
            let list = params.at("fbInfoList");
            [4, 12].map(|at| u32::from_le_bytes(list[at..at + 4].try_into().unwrap()))
        };
        let before = ask();
        assert_eq!(before[0] >> 10, 81559, "{release}");
        let mut memory = machine.class_params(NV01_MEMORY_LOCAL_USER);
        memory.set("size", 1 << 30);
        machine.alloc(control, [client, 2, 10], NV01_MEMORY_LOCAL_USER, Some(&mut memory)).unwrap();
        assert_eq!(ask(), [before[0], before[1] - (1 << 20)], "{release}");
    }
}
