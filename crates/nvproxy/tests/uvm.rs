//! ioctls on `/dev/nvidia-uvm`.

mod support;

use nix::errno::Errno;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Capabilities, Param};
use nvproxy::{Options, Outcome, UvmMode};
use support::*;
use version_tree::version;

const INITIALIZE: u32 = 0x3000_0001;
const DEINITIALIZE: u32 = 0x3000_0002;
const MM_INITIALIZE: u32 = 75;
const REGISTER_GPU: u32 = 37;

fn fixture(mode: UvmMode) -> Fixture {
    let options = Options { capabilities: Capabilities::all(), uvm: mode, ..Options::default() };
    Fixture::of(proxy(version!("550.54.15")), options, 0xc1d0_0001)
}

fn call(fixture: &Fixture, request: u32, parameters: &[u8]) -> Result<Outcome, Errno> {
    fixture.memory.put(ARGUMENT, parameters);
    fixture.ioctl(UVM, request, ARGUMENT)
}

#[test]
fn a_shared_file_is_initialised_for_several_processes() {
    for flags in [0u32, 1, 2, 0x10] {
        let fixture = fixture(UvmMode::Shared);
        fail(&fixture.proxy, 8, 0x33);
        assert_eq!(call(&fixture, INITIALIZE, &words(&[flags, 0, 0, 0])), Ok(Outcome::Done(0)));
        let seen = fixture.proxy.driver().one();
        assert_eq!((seen.request, long(seen.argument(), 0)), (INITIALIZE, u64::from(flags | 2)));
        // Its own flags, and the driver's status.
        assert_eq!(fixture.memory.get(ARGUMENT, 16), words(&[flags, 0, 0x33, 0]));
    }
}

#[test]
fn a_native_guest_initialises_itself() {
    let fixture = fixture(UvmMode::Native);
    assert_eq!(call(&fixture, INITIALIZE, &words(&[1, 0, 0, 0])), Ok(Outcome::Native));
    assert_eq!(call(&fixture, MM_INITIALIZE, &words(&[UVM as u32, 0])), Ok(Outcome::Native));
    assert!(fixture.proxy.driver().take().is_empty());
    assert!(fixture.memory.writes.lock().unwrap().is_empty());
    // Nothing else goes that way.
    assert_eq!(call(&fixture, DEINITIALIZE, &[]), Ok(Outcome::Done(0)));
    fixture.proxy.driver().one();
}

#[test]
fn a_native_guest_names_a_file_of_its_own() {
    for mode in [UvmMode::Native, UvmMode::Shared] {
        let fixture = fixture(mode);
        for fd in [99, CONTROL as u32, u32::MAX] {
            assert_eq!(call(&fixture, MM_INITIALIZE, &words(&[fd, 0])), Ok(Outcome::Done(0)));
            let refused = words(&[fd, NV_STATUS::NV_ERR_INVALID_ARGUMENT.0]);
            assert_eq!(fixture.memory.get(ARGUMENT, 8), refused);
        }
        assert_eq!(
            call(&fixture, INITIALIZE, &[]),
            Ok(if mode == UvmMode::Native { Outcome::Native } else { Outcome::Done(0) })
        );
        assert_eq!(fixture.proxy.driver().take().len(), usize::from(mode == UvmMode::Shared));
    }
}

#[test]
fn a_shared_guest_names_a_file_of_the_hosts() {
    let fixture = fixture(UvmMode::Shared);
    assert_eq!(call(&fixture, MM_INITIALIZE, &words(&[UVM as u32, 0])), Ok(Outcome::Done(0)));
    assert_eq!(word(fixture.proxy.driver().one().argument(), 0), fixture.file(UVM).host.number as u32);
    assert_eq!(fixture.memory.get(ARGUMENT, 8), words(&[UVM as u32, 0]));
}

#[test]
fn deinitialising_takes_no_parameters() {
    let fixture = fixture(UvmMode::Shared);
    assert_eq!(fixture.ioctl(UVM, DEINITIALIZE, 0xdead_b000), Ok(Outcome::Done(0)));
    let seen = fixture.proxy.driver().one();
    assert_eq!((seen.request, seen.argument), (DEINITIALIZE, None));
    assert!(fixture.memory.reads.lock().unwrap().is_empty());
}

#[test]
fn the_whole_request_counts() {
    let fixture = fixture(UvmMode::Shared);
    fixture.memory.put(ARGUMENT, &[0; 256]);
    for wrong in [0u32, request(23, 24), 0x4000_0001, INITIALIZE | 0x8000_0000, 0xffff_ffff, 56, 57, 76, 200, 314] {
        assert_eq!(fixture.ioctl(UVM, wrong, ARGUMENT), Err(Errno::EINVAL), "{wrong:#x}");
    }
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_bad_address_is_efault_before_and_after() {
    let fixture = fixture(UvmMode::Shared);
    assert_eq!(fixture.ioctl(UVM, INITIALIZE, 0xdead_0000), Err(Errno::EFAULT));
    assert!(fixture.proxy.driver().take().is_empty());
    fixture.memory.accesses.store(0, std::sync::atomic::Ordering::Relaxed);
    fixture.memory.fail_after.store(1, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(call(&fixture, INITIALIZE, &words(&[0, 0, 0, 0])), Err(Errno::EFAULT));
    fixture.proxy.driver().one();
}

#[test]
fn an_errno_of_the_drivers_is_the_guests() {
    let fixture = fixture(UvmMode::Shared);
    fixture.proxy.driver().answer(|_, _| Err(Errno::ENODEV));
    assert_eq!(call(&fixture, INITIALIZE, &words(&[1, 0, 0, 0])), Err(Errno::ENODEV));
    assert_eq!(fixture.memory.get(ARGUMENT, 8), words(&[1, 0]));
}

#[test]
fn the_driver_gets_the_clients_own_file_whatever_the_guest_names() {
    let fixture = fixture(UvmMode::Shared);
    let layout = fixture.proxy.abi().uvm().get(REGISTER_GPU).unwrap().handling.shapes()[0].layout;
    let fd = layout.field("rmCtrlFd").unwrap().offset;
    let client = layout.field("hClient").unwrap().offset;
    let own = fixture.file(CONTROL).host.number;
    let named = fixture.client.0;
    for (handle, number, expected) in [named]
        .into_iter()
        .flat_map(|handle| [CONTROL, -1, i32::MIN, DEVICE, UVM, 99].map(|fd| (handle, fd, own)))
        .chain([(0, CONTROL, -1)])
    {
        let mut parameters = vec![0; layout.size];
        parameters[fd..fd + 4].copy_from_slice(&number.to_le_bytes());
        parameters[client..client + 4].copy_from_slice(&handle.to_le_bytes());
        assert_eq!(call(&fixture, REGISTER_GPU, &parameters), Ok(Outcome::Done(0)));
        assert_eq!(word(fixture.proxy.driver().one().argument(), fd) as i32, expected, "{number}");
        assert_eq!(fixture.memory.get_u32(ARGUMENT + fd as u64) as i32, number);
    }
    fixture.memory.holds_nothing_of_the_host().unwrap();
}

#[test]
fn every_call_that_names_a_client_wants_one_of_the_sandbox() {
    let fixture = fixture(UvmMode::Shared);
    let mut tried = 0;
    for row in fixture.proxy.abi().uvm() {
        let [shape] = row.handling.shapes() else { continue };
        for param in shape.params {
            let (Param::Client(field) | Param::OwnClient(field)) = param else { continue };
            let mut parameters = vec![0; shape.layout.size];
            parameters[field.offset..field.offset + 4].copy_from_slice(&0xdead_u32.to_le_bytes());
            if let Some(fd) = shape.layout.field("rmCtrlFd") {
                parameters[fd.offset..fd.offset + 4].fill(0xff);
            }
            assert_eq!(call(&fixture, row.number, &parameters), Ok(Outcome::Done(0)), "{}", row.name);
            let status = shape.layout.field("rmStatus").unwrap().offset;
            let got = fixture.memory.get_u32(ARGUMENT + status as u64);
            assert_eq!(got, NV_STATUS::NV_ERR_INVALID_CLIENT.0, "{}", row.name);
            tried += 1;
        }
    }
    assert_eq!(tried, 5);
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn the_driver_is_not_asked_to_look_up_a_null_client() {
    for release in nvproxy::abi::changing().chain([version!("515.43.04")]) {
        let fixture = Fixture::new(release);
        for (name, passes) in [
            ("UVM_REGISTER_CHANNEL", false),
            ("UVM_REGISTER_GPU_VASPACE", false),
            ("UVM_MAP_EXTERNAL_ALLOCATION", false),
            // Here it says that the GPU has no partitions, or finds nothing in the driver's own list.
            ("UVM_REGISTER_GPU", true),
            ("UVM_UNREGISTER_CHANNEL", true),
        ] {
            let row = fixture.proxy.abi().uvm().iter().find(|row| row.name == name).unwrap();
            let layout = row.handling.shapes()[0].layout;
            let mut parameters = vec![0; layout.size];
            if let Some(fd) = layout.field("rmCtrlFd") {
                parameters[fd.offset..fd.offset + 4].copy_from_slice(&CONTROL.to_le_bytes());
            }
            let status = layout.field("rmStatus").unwrap().offset;
            fixture.proxy.driver().answer(move |seen, bytes| {
                let start = seen.argument.clone().unwrap().start + status;
                bytes[start..start + 4].fill(0);
                Ok(0)
            });
            assert_eq!(call(&fixture, row.number, &parameters), Ok(Outcome::Done(0)), "{release} {name}");
            assert_eq!(fixture.proxy.driver().take().len(), usize::from(passes), "{release} {name}");
            let status = fixture.memory.get_u32(ARGUMENT + status as u64);
            let refused = NV_STATUS::NV_ERR_INVALID_CLIENT.0;
            assert_eq!(status, if passes { 0 } else { refused }, "{release} {name}");
        }
    }
}

/// A driver with two GPUs, both attached: their device instances and UUIDs are by their minor numbers.
fn two_gpus(fixture: &Fixture) {
    fixture.proxy.driver().answer(|seen, bytes| {
        let argument = seen.argument.clone().unwrap();
        if seen.request & 0xff == 0xc8 {
            bytes[argument.clone()].fill(0);
            for (minor, card) in bytes[argument].chunks_exact_mut(72).enumerate().take(2) {
                card[0] = 1;
                card[16] = 0x10 + minor as u8;
                card[56] = minor as u8;
            }
        } else if seen.request & 0xff == 0x2a {
            let params = (long(seen.argument(), 16) - HOST_BASE) as usize;
            let minor = bytes[params] - 0x10;
            match word(seen.argument(), 8) {
                0x205 => bytes[params + 8] = minor,
                0x275 => {
                    let text = format!("GPU-{minor:02x}112233-4455-6677-8899-aabbccddeeff");
                    bytes[params + 8..][..text.len()].copy_from_slice(text.as_bytes());
                }
                other => panic!("{other:#x}"),
            }
        }
        Ok(0)
    });
}

#[test]
fn a_gpu_is_registered_only_if_the_sandbox_made_a_device_of_it() {
    const DEVICE_0: u32 = 0x80;
    let refused = NV_STATUS::NV_ERR_INVALID_ARGUMENT.0;
    let uuid = |minor: u8| {
        let mut parameters: Vec<u8> = (0..16).map(|at| at * 0x11).collect();
        parameters[0] = minor;
        parameters.resize(40, 0);
        parameters[24..28].fill(0xff);
        parameters
    };
    for (own, before, after) in [(None, [0, 0], [0, 0]), (Some(vec![0]), [refused; 2], [0, refused])] {
        let options = Options { capabilities: Capabilities::all(), gpus: own, ..Options::default() };
        let fixture = Fixture::of(proxy(version!("550.54.15")), options, 0xc1d0_0001);
        two_gpus(&fixture);
        let status = |minor: u8| {
            fixture.proxy.driver().take();
            assert_eq!(call(&fixture, REGISTER_GPU, &uuid(minor)), Ok(Outcome::Done(0)));
            let status = fixture.memory.get_u32(ARGUMENT + 36);
            assert_eq!(fixture.proxy.driver().take().len(), usize::from(status == 0), "GPU {minor}");
            status
        };
        assert_eq!([0, 1].map(status), before);
        const PARAMS: u64 = 0x100_0000;
        fixture.memory.put(PARAMS, &[0; 56]);
        assert_eq!(fixture.alloc(0x5c00_0001, fixture.client.0, DEVICE_0, PARAMS), 0);
        assert_eq!([0, 1].map(status), after);
    }
}
