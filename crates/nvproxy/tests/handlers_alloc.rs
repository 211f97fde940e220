//! `NV_ESC_RM_ALLOC`: objects by both forms of its parameters.

mod support;

use nix::errno::Errno;
use nvproxy::abi::Capabilities;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::{EventKeys, Options, Outcome};
use support::*;
use version_tree::{DriverVersion, version};

const RM_ALLOC: u32 = 0x2b;
const NV01_EVENT: u32 = 0x5;
const NV01_EVENT_OS_EVENT: u32 = 0x79;
const NV01_DEVICE_0: u32 = 0x80;
/// A class with 16 bytes of parameters.
const TURING_COMPUTE_A: u32 = 0xc5c0;
const NV20_SUBDEVICE_0: u32 = 0x2080;
/// A class of a capability that guests do not have by default.
const GF100_PROFILER: u32 = 0x90cc;

const PARAMS: u32 = 0x100_0000;
const RIGHTS: u32 = 0x200_0000;
const NEW: u32 = 0x5000_0001;

/// One form of the parameters at one release.
struct Form {
    release: DriverVersion,
    size: usize,
    rights: bool,
    params_size: Option<usize>,
    flags: Option<usize>,
    status: usize,
}

fn forms() -> Vec<Form> {
    let form = |release, size, params_size, flags, status| Form {
        release,
        size,
        rights: size > 32,
        params_size,
        flags,
        status,
    };
    vec![
        form(version!("515.43.04"), 32, None, None, 24),
        form(version!("515.43.04"), 40, None, None, 32),
        form(version!("525.53"), 32, None, None, 24),
        form(version!("525.53"), 40, None, Some(32), 36),
        form(version!("535.43.02"), 32, Some(24), None, 28),
        form(version!("535.43.02"), 48, Some(32), Some(36), 40),
        form(version!("580.95.05"), 48, Some(32), Some(36), 40),
    ]
}

impl Form {
    /// Parameters of this form.
    fn parameters(&self, client: u32, class: u32, params: u32) -> Vec<u8> {
        let mut bytes = words(&[client, client, NEW, class, params, 0]);
        bytes.resize(self.size, 0);
        if self.rights {
            bytes[24..28].copy_from_slice(&RIGHTS.to_le_bytes());
        }
        bytes
    }
}

#[test]
fn every_form_reaches_the_driver_with_parameters_and_rights() {
    for form in forms() {
        let what = format!("{} {}", form.release, form.size);
        let fixture = Fixture::new(form.release);
        let given = words(&[1, 2, 3, 4]);
        fixture.memory.put(PARAMS.into(), &given);
        fixture.memory.put_u32(RIGHTS.into(), 0x1f);
        let rights = form.rights;
        fixture.proxy.driver().answer(move |seen, bytes| {
            // The driver answers in the parameters and, where there are any, the rights.
            let params = long(seen.argument(), 16) - HOST_BASE;
            bytes[params as usize + 12] = 0x44;
            if rights {
                let rights = long(seen.argument(), 24) - HOST_BASE;
                bytes[rights as usize] = 0x0f;
            }
            Ok(0)
        });
        let parameters = form.parameters(fixture.client.0, TURING_COMPUTE_A, PARAMS);
        assert_eq!(fixture.done(CONTROL, RM_ALLOC, &parameters), parameters, "{what}: the guest's own values");
        let seen = fixture.proxy.driver().one();
        assert_eq!(seen.request, request(RM_ALLOC, form.size as u32), "{what}");
        assert_eq!(seen.argument()[..16], parameters[..16], "{what}");
        assert_eq!(seen.follow(long(seen.argument(), 16)), Some(&given[..]), "{what}");
        assert_eq!(fixture.memory.get(PARAMS.into(), 16), words(&[1, 2, 3, 0x44]), "{what}");
        if form.rights {
            assert_eq!(seen.follow(long(seen.argument(), 24)), Some(&words(&[0x1f])[..]), "{what}");
            assert_eq!(fixture.memory.get_u32(RIGHTS.into()), 0xf, "{what}");
        }
        fixture.memory.holds_nothing_of_the_host().unwrap();
        fixture.memory.read_once().unwrap();
    }
}

#[test]
fn a_form_of_another_release_is_einval() {
    for (release, sizes) in [
        (version!("515.43.04"), &[0usize, 24, 31, 48][..]),
        (version!("525.53"), &[48, 36]),
        (version!("535.43.02"), &[40, 44, 4096]),
    ] {
        let fixture = Fixture::new(release);
        for size in sizes {
            assert_eq!(fixture.call(CONTROL, RM_ALLOC, &vec![0; *size]), Err(Errno::EINVAL), "{release} {size}");
        }
        assert!(fixture.proxy.driver().take().is_empty());
    }
}

#[test]
fn parameters_are_as_long_as_the_class_says_whatever_the_guest_says() {
    for form in forms() {
        let Some(at) = form.params_size else { continue };
        for said in [0u32, 1, 16, 17, u32::MAX] {
            let fixture = Fixture::new(form.release);
            fixture.memory.put(PARAMS.into(), &[7; 64]);
            fixture.memory.put_u32(RIGHTS.into(), 0);
            let mut parameters = form.parameters(fixture.client.0, TURING_COMPUTE_A, PARAMS);
            parameters[at..at + 4].copy_from_slice(&said.to_le_bytes());
            assert_eq!(fixture.done(CONTROL, RM_ALLOC, &parameters), parameters);
            let seen = fixture.proxy.driver().one();
            assert_eq!(word(seen.argument(), at), 16, "{}", form.release);
            assert_eq!(seen.follow(long(seen.argument(), 16)).map(<[u8]>::len), Some(16));
            let reads = fixture.memory.reads.lock().unwrap();
            assert!(reads.contains(&(PARAMS.into()..u64::from(PARAMS) + 16)));
        }
    }
}

#[test]
fn flags_that_are_not_zero_are_refused() {
    for form in forms() {
        let Some(at) = form.flags else { continue };
        let fixture = Fixture::new(form.release);
        let mut parameters = form.parameters(fixture.client.0, TURING_COMPUTE_A, 0);
        // NVOS64_FLAGS_FINN_SERIALIZED
        parameters[at] = 4;
        let back = fixture.done(CONTROL, RM_ALLOC, &parameters);
        assert_eq!(word(&back, form.status), NV_STATUS::NV_ERR_INVALID_ARGUMENT.0);
        assert!(fixture.proxy.driver().take().is_empty());
    }
}

#[test]
fn refusals_are_statuses_with_the_guests_own_values() {
    for form in forms() {
        let proxy = proxy(form.release);
        let options = Options { capabilities: Capabilities::DEFAULT, ..Options::default() };
        let fixture = Fixture::of(proxy, options, 0xc1d0_0001);
        for (client, class, status) in [
            // No such class.
            (fixture.client.0, 0xffff_fff0, NV_STATUS::NV_ERR_INVALID_CLASS),
            (fixture.client.0, 0x3f, NV_STATUS::NV_ERR_INVALID_CLASS),
            // Not with these capabilities.
            (fixture.client.0, GF100_PROFILER, NV_STATUS::NV_ERR_INVALID_CLASS),
            // Nobody's client.
            (0xdead_0001, TURING_COMPUTE_A, NV_STATUS::NV_ERR_INVALID_CLIENT),
        ] {
            fixture.memory.put_u32(RIGHTS.into(), 0x1f);
            let parameters = form.parameters(client, class, 0);
            let mut want = parameters.clone();
            want[form.status..form.status + 4].copy_from_slice(&status.0.to_le_bytes());
            assert_eq!(fixture.done(CONTROL, RM_ALLOC, &parameters), want, "{} {class:#x}", form.release);
            assert!(fixture.proxy.driver().take().is_empty(), "{} {class:#x}", form.release);
        }
    }
}

#[test]
fn a_class_without_parameters_gets_none() {
    let fixture = Fixture::new(version!("550.54.15"));
    assert_eq!(fixture.alloc(NEW, fixture.client.0, GF100_PROFILER, 0xdead_b000), 0);
    assert_eq!(long(fixture.proxy.driver().one().argument(), 16), 0);
}

#[test]
fn null_parameters_stay_null() {
    let fixture = Fixture::new(version!("550.54.15"));
    assert_eq!(fixture.alloc(NEW, fixture.client.0, TURING_COMPUTE_A, 0), 0);
    assert_eq!(long(fixture.proxy.driver().one().argument(), 16), 0);
}

#[test]
fn an_event_is_of_the_class_that_its_parameters_say() {
    for (keys, form) in [EventKeys::Host, EventKeys::Guest]
        .into_iter()
        .flat_map(|keys| forms().into_iter().map(move |form| (keys, form)))
    {
        let options = Options { capabilities: Capabilities::all(), events: keys, ..Options::default() };
        let fixture = Fixture::of(proxy(form.release), options, 0xc1d0_0001);
        fixture.memory.put_u32(RIGHTS.into(), 0);
        let event = words(&[fixture.client.0, 7, NV01_EVENT_OS_EVENT, 9, DEVICE as u32, 0]);
        fixture.memory.put(PARAMS.into(), &event);
        // The driver leaves an address of its own in `data`.
        fixture.proxy.driver().answer(|seen, bytes| {
            let params = (long(seen.argument(), 16) - HOST_BASE) as usize;
            bytes[params + 16..params + 24].copy_from_slice(&(HOST_BASE + 0x40).to_le_bytes());
            Ok(0)
        });
        let parameters = form.parameters(fixture.client.0, NV01_EVENT, PARAMS);
        assert_eq!(fixture.done(CONTROL, RM_ALLOC, &parameters), parameters);
        let seen = fixture.proxy.driver().one();
        assert_eq!(word(seen.argument(), 12), NV01_EVENT_OS_EVENT);
        let host = match keys {
            EventKeys::Host => fixture.file(DEVICE).host.number,
            EventKeys::Guest => DEVICE,
        };
        let got = seen.follow(long(seen.argument(), 16)).unwrap();
        assert_eq!(got[..16], event[..16]);
        assert_eq!(long(got, 16), host as u64);
        assert_eq!(fixture.memory.get(PARAMS.into(), 24), event, "its own descriptor");
        fixture.memory.holds_nothing_of_the_host().unwrap();
        fixture.memory.read_once().unwrap();
        fixture.proxy.driver().answer(|_, _| Ok(0));
        assert!(fixture.knows(NEW, NV01_EVENT_OS_EVENT));
    }
}

#[test]
fn an_event_of_a_kind_that_is_not_listed_is_refused() {
    let fixture = Fixture::new(version!("550.54.15"));
    // NV01_EVENT_KERNEL_CALLBACK, a root, and a class of other parameters.
    for class in [0x78, 0x7e, 0x41, NV01_DEVICE_0] {
        fixture.memory.put(PARAMS.into(), &words(&[fixture.client.0, 7, class, 9, DEVICE as u32, 0]));
        let status = fixture.alloc(NEW, fixture.client.0, NV01_EVENT, PARAMS.into());
        assert_ne!(status, 0, "{class:#x}");
        assert!(fixture.proxy.driver().take().is_empty(), "{class:#x}");
    }
    fixture.memory.forget();
    assert_eq!(
        fixture.call(CONTROL, RM_ALLOC, &words(&[fixture.client.0, 1, NEW, NV01_EVENT, 0, 0, 0, 0])),
        Err(Errno::EFAULT)
    );
}

#[test]
fn what_the_driver_refuses_is_not_known_afterwards() {
    for form in forms().into_iter().filter(|form| form.size == 32) {
        let fixture = Fixture::new(form.release);
        fail(&fixture.proxy, form.status, NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES.0);
        assert_eq!(
            fixture.alloc(NEW, fixture.client.0, NV20_SUBDEVICE_0, 0),
            NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES.0
        );
        fixture.proxy.driver().answer(|_, _| Ok(0));
        assert!(!fixture.knows(NEW, NV20_SUBDEVICE_0));
        assert_eq!(fixture.alloc(NEW, fixture.client.0, NV20_SUBDEVICE_0, 0), 0);
        assert!(fixture.knows(NEW, NV20_SUBDEVICE_0));
    }
}

#[test]
fn an_errno_of_the_drivers_is_the_guests() {
    for errno in [Errno::EINVAL, Errno::EFAULT, Errno::ENOMEM, Errno::EINTR] {
        let fixture = Fixture::new(version!("550.54.15"));
        fixture.proxy.driver().answer(move |seen, bytes| {
            bytes[seen.argument.clone().unwrap()].iter_mut().for_each(|byte| *byte ^= 0x5a);
            Err(errno)
        });
        fixture.memory.put(PARAMS.into(), &[3; 16]);
        let parameters = words(&[fixture.client.0, fixture.client.0, NEW, TURING_COMPUTE_A, PARAMS, 0, 0, 0]);
        assert_eq!(fixture.call(CONTROL, RM_ALLOC, &parameters), Err(errno));
        // Where the driver could not write, nothing is written.
        assert_eq!(fixture.memory.writes.lock().unwrap().is_empty(), errno == Errno::EFAULT);
        assert_eq!(fixture.memory.get(ARGUMENT + 16, 8), parameters[16..24], "its own pointer");
        fixture.memory.holds_nothing_of_the_host().unwrap();
    }
}

#[test]
fn a_client_has_the_name_that_the_driver_gives() {
    let fixture = Fixture::new(version!("550.54.15"));
    for class in [0x0u32, 0x1, 0x41] {
        let handle = 0xc1d0_1000 + class;
        fixture.proxy.driver().answer(move |seen, bytes| {
            let at = seen.argument.clone().unwrap().start + 8;
            bytes[at..at + 4].copy_from_slice(&handle.to_le_bytes());
            Ok(0)
        });
        let back = fixture.done(CONTROL, RM_ALLOC, &words(&[0, 0, 0, class, 0, 0, 0, 0]));
        assert_eq!(word(&back, 8), handle);
        fixture.proxy.driver().answer(|_, _| Ok(0));
        fixture.proxy.driver().take();
        let device = words(&[handle, handle, NEW, NV01_DEVICE_0, 0, 0, 0, 0]);
        assert_eq!(word(&fixture.done(CONTROL, RM_ALLOC, &device), 28), 0);
        fixture.proxy.driver().one();
    }
}

#[test]
fn a_client_that_the_driver_refuses_is_none() {
    let fixture = Fixture::new(version!("550.54.15"));
    fail(&fixture.proxy, 28, NV_STATUS::NV_ERR_INSUFFICIENT_RESOURCES.0);
    let handle = 0xc1d0_2000;
    fixture.done(CONTROL, RM_ALLOC, &words(&[0, 0, handle, 0x41, 0, 0, 0, 0]));
    fixture.proxy.driver().answer(|_, _| Ok(0));
    let back = fixture.done(CONTROL, RM_ALLOC, &words(&[handle, handle, NEW, NV01_DEVICE_0, 0, 0, 0, 0]));
    assert_eq!(word(&back, 28), NV_STATUS::NV_ERR_INVALID_CLIENT.0);
}

#[test]
fn a_client_made_through_a_registered_file_is_the_control_files() {
    let fixture = Fixture::new(version!("550.54.15"));
    assert_eq!(fixture.call(OTHER_CONTROL, 0xc9, &words(&[CONTROL as u32])), Ok(Outcome::Done(0)));
    let handle = 0xc1d0_3000;
    fixture.done(OTHER_CONTROL, RM_ALLOC, &words(&[0, 0, handle, 0x41, 0, 0, 0, 0]));
    for file in [CONTROL, OTHER_CONTROL] {
        let back = fixture.done(file, RM_ALLOC, &words(&[handle, handle, NEW, NV01_DEVICE_0, 0, 0, 0, 0]));
        assert_eq!(word(&back, 28), 0, "{file}");
    }
}
