//! Objects: handles, parents, freeing, whose they are; at several releases.

mod support;

use nvproxy::abi::numbers::*;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::{Errno, Node};
use support::{Machine, releases};
use version_tree::version;

const GPUS: [&str; 1] = ["h100"];

#[test]
fn a_file_tells_when_nobody_has_it_open_any_more() {
    let machine = Machine::new(releases()[0], &GPUS);
    let [control, uvm] = [Node::Control, Node::Uvm].map(|node| machine.file(machine.open(node)));
    assert_eq!((control.is_closed(), uvm.is_closed()), (None, None));
    let (first, _memory) = (control.backing().unwrap(), uvm.backing().unwrap());
    let copy = first.try_clone().unwrap();
    let second = control.backing().unwrap();
    drop(first);
    assert_eq!((control.is_closed(), uvm.is_closed()), (Some(false), None));
    drop(copy);
    assert_eq!(control.is_closed(), Some(false));
    drop(second);
    assert_eq!(control.is_closed(), Some(true));
}

#[test]
fn clients_have_the_drivers_handles() {
    for release in releases() {
        let machine = Machine::new(release, &GPUS);
        let control = machine.open(Node::Control);
        assert_eq!(machine.client(control), 0xc1d0_0001, "{release}");
        // The proxy lets no guest choose one.
        let chosen = machine.alloc(control, [0xc1d0_0077, 0, 0], NV01_ROOT, None);
        assert_eq!(chosen, Err(NV_STATUS::NV_ERR_INVALID_ARGUMENT), "{release}");
        assert_eq!(machine.client(control), 0xc1d0_0002, "{release}");
    }
}

#[test]
fn objects_have_the_handles_that_clients_choose_and_only_once() {
    for release in releases() {
        let machine = Machine::new(release, &GPUS);
        let control = machine.open(Node::Control);
        let client = machine.client(control);
        machine.device(control, client, 0);
        let sub = |parent, new| machine.alloc(control, [client, parent, new], NV20_SUBDEVICE_0, None);
        assert_eq!(sub(2, 3), Err(NV_STATUS::NV_ERR_INSERT_DUPLICATE_NAME), "{release}");
        assert_eq!(sub(2, client), Err(NV_STATUS::NV_ERR_INVALID_OBJECT_HANDLE), "{release}");
        assert_eq!(sub(2, 0), Ok(0xcaf0_0000), "the driver chooses at {release}");
    }
}

#[test]
fn parents_must_be_there_and_fit() {
    for release in releases() {
        let machine = Machine::new(release, &GPUS);
        let control = machine.open(Node::Control);
        let client = machine.client(control);
        machine.device(control, client, 0);
        let sub = |parent| machine.alloc(control, [client, parent, 9], NV20_SUBDEVICE_0, None);
        assert_eq!(sub(99), Err(NV_STATUS::NV_ERR_OBJECT_NOT_FOUND), "{release}");
        assert_eq!(sub(3), Err(NV_STATUS::NV_ERR_INVALID_OBJECT_PARENT), "{release}");
        assert_eq!(sub(client), Err(NV_STATUS::NV_ERR_INVALID_OBJECT_PARENT), "{release}");
        // Only GPUs that there are.
        let mut params = machine.class_params(NV01_DEVICE_0);
        params.set("deviceId", 1);
        let device = machine.alloc(control, [client, client, 9], NV01_DEVICE_0, Some(&mut params));
        assert_eq!(device, Err(NV_STATUS::NV_ERR_INVALID_DEVICE), "{release}");
    }
}

#[test]
fn freeing_takes_what_is_below_and_gives_memory_back() {
    for release in releases() {
        let machine = Machine::new(release, &GPUS);
        let control = machine.open(Node::Control);
        let client = machine.client(control);
        machine.device(control, client, 0);
        let mut params = machine.class_params(NV01_MEMORY_LOCAL_USER);
        // Nearly all of it: a second such object has no room.
        params.set("size", 70 << 30);
        let class = NV01_MEMORY_LOCAL_USER;
        assert_eq!(machine.alloc(control, [client, 2, 10], class, Some(&mut params)), Ok(10), "{release}");
        assert_eq!(params.get("limit"), (70 << 30) - 1);
        let second = machine.alloc(control, [client, 2, 11], class, Some(&mut params));
        assert_eq!(second, Err(NV_STATUS::NV_ERR_NO_MEMORY), "{release}");
        assert_eq!(machine.free(control, client, 2), NV_STATUS::NV_OK);
        assert_eq!(machine.proxy.driver().usage().objects, 0, "{release}");
        // What is not there is free already.
        assert_eq!(machine.free(control, client, 10), NV_STATUS::NV_OK);
        machine.device(control, client, 0);
        assert_eq!(machine.alloc(control, [client, 2, 11], class, Some(&mut params)), Ok(11), "{release}");
    }
}

#[test]
fn closing_a_file_frees_all_that_was_made_on_it() {
    for release in releases() {
        let machine = Machine::new(release, &GPUS);
        let (control, other) = (machine.open(Node::Control), machine.open(Node::Control));
        let client = machine.client(control);
        machine.device(control, client, 0);
        let kept = machine.client(other);
        assert_eq!(machine.proxy.driver().usage().clients, 2);
        machine.close(control);
        let usage = machine.proxy.driver().usage();
        assert_eq!((usage.clients, usage.objects, usage.filled), (1, 0, 0), "{release}");
        machine.device(other, kept, 0);
    }
}

#[test]
fn a_client_is_its_files_alone() {
    let machine = Machine::new(version!("550.163.01"), &GPUS);
    let (control, other) = (machine.open(Node::Control), machine.open(Node::Control));
    let client = machine.client(control);
    let mut params = machine.control_params(NV0000_CTRL_CMD_GPU_GET_PROBED_IDS);
    let ask =
        |file, params: &mut _| machine.control(file, [client, client], NV0000_CTRL_CMD_GPU_GET_PROBED_IDS, params);
    assert_eq!(ask(other, &mut params), NV_STATUS::NV_ERR_INVALID_CLIENT);
    assert_eq!(ask(control, &mut params), NV_STATUS::NV_OK);
    // A GPU's file that is registered with the control file counts as that.
    let device = machine.open(Node::Device(0));
    assert_eq!(ask(device, &mut params), NV_STATUS::NV_ERR_INVALID_CLIENT);
    let mut register = machine.escape_params(NV_ESC_REGISTER_FD);
    register.set("ctl_fd", control as u64);
    assert_eq!(machine.escape(device, NV_ESC_REGISTER_FD, &mut register), Ok(0));
    assert_eq!(ask(device, &mut params), NV_STATUS::NV_OK);
    assert_eq!(machine.escape(device, NV_ESC_REGISTER_FD, &mut register), Err(Errno::EINVAL), "only once");
}

#[test]
fn classes_are_those_of_the_gpu() {
    let machine = Machine::new(version!("550.163.01"), &["h100", "l4"]);
    let control = machine.open(Node::Control);
    for (gpu, works, fails) in [(0, HOPPER_USERMODE_A, 0xffff), (1, TURING_USERMODE_A, HOPPER_USERMODE_A)] {
        let client = machine.client(control);
        machine.device(control, client, gpu);
        assert_eq!(machine.alloc(control, [client, 3, 20], works, None), Ok(20));
        let other = machine.alloc(control, [client, 3, 21], fails, None);
        assert_eq!(other, Err(NV_STATUS::NV_ERR_INVALID_CLASS));
    }
}

#[test]
fn commands_are_those_of_the_objects_kind_and_of_the_right_size() {
    let machine = Machine::new(version!("550.163.01"), &GPUS);
    let control = machine.open(Node::Control);
    let client = machine.client(control);
    machine.device(control, client, 0);
    let command = NV2080_CTRL_CMD_MC_GET_ARCH_INFO;
    let mut params = machine.control_params(command);
    assert_eq!(machine.control(control, [client, 3], command, &mut params), NV_STATUS::NV_OK);
    assert_eq!((params.get("architecture"), params.get("revision")), (0x180, 0xa1));
    assert_eq!(machine.control(control, [client, 2], command, &mut params), NV_STATUS::NV_ERR_NOT_SUPPORTED);
    assert_eq!(machine.control(control, [client, 99], command, &mut params), NV_STATUS::NV_ERR_OBJECT_NOT_FOUND);
    let unknown = NV2080_CTRL_CMD_BIOS_GET_INFO;
    let mut params = machine.control_params(unknown);
    assert_eq!(machine.control(control, [client, 3], unknown, &mut params), NV_STATUS::NV_ERR_NOT_SUPPORTED);
    let counted = machine.proxy.driver().unknown();
    assert!(counted.iter().any(|one| one.number == unknown && one.name.is_some() && one.count == 1), "{counted:?}");
}
