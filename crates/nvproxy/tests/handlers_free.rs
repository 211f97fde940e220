//! `NV_ESC_RM_FREE` and the end of files: what goes with an object, and when memory that was lent is given back.

mod support;

use nix::errno::Errno;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::{Guest, Lending, Mapped, Options, Outcome};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use support::*;
use version_tree::version;

const NV01_DEVICE_0: u32 = 0x80;
const NV20_SUBDEVICE_0: u32 = 0x2080;
const DEVICE_OBJECT: u32 = 0x5000_0001;
const MEMORY_OBJECT: u32 = 0x5000_0002;
const GUEST_MEMORY: u32 = 0x7000_0000;
/// `NV01_MEMORY_SYSTEM_OS_DESCRIPTOR`
const OS_DESCRIPTOR: u32 = 0x71;

fn fixture() -> Fixture {
    Fixture::new(version!("550.54.15"))
}

/// Parameters of `NV_ESC_RM_ALLOC_MEMORY` for two pages of the guest's.
fn descriptor(client: u32, parent: u32, handle: u32) -> Vec<u8> {
    words(&[client, parent, handle, OS_DESCRIPTOR, 0, 0, GUEST_MEMORY, 0, 0x1fff, 0, 0, 0, u32::MAX, 0])
}

/// Makes a memory object of the guest's memory; counts when it is given back.
fn lend(fixture: &Fixture, parent: u32, handle: u32) -> Arc<AtomicU64> {
    let gone = Arc::new(AtomicU64::new(0));
    let loan = Loan(HOST_BASE + 0x10_0000, gone.clone());
    *fixture.memory.lending.lock().unwrap() = Some(Ok(Lending::Mapped(Box::new(loan))));
    let back = fixture.done(CONTROL, 0x27, &descriptor(fixture.client.0, parent, handle));
    assert_eq!(word(&back, 40), 0);
    fixture.proxy.driver().take();
    gone
}

fn count(gone: &AtomicU64) -> u64 {
    gone.load(Ordering::SeqCst)
}

#[test]
fn freeing_an_object_gives_back_what_hangs_on_it() {
    let fixture = fixture();
    assert_eq!(fixture.alloc(DEVICE_OBJECT, fixture.client.0, NV01_DEVICE_0, 0), 0);
    let (below, beside) = (lend(&fixture, DEVICE_OBJECT, MEMORY_OBJECT), lend(&fixture, fixture.client.0, 9));
    assert_eq!(fixture.free(DEVICE_OBJECT), 0);
    assert_eq!((count(&below), count(&beside)), (1, 0));
    assert!(!fixture.knows(DEVICE_OBJECT, NV01_DEVICE_0));
    assert_eq!(fixture.free(9), 0);
    assert_eq!((count(&below), count(&beside)), (1, 1));
}

#[test]
fn freeing_a_client_gives_back_everything_and_ends_it() {
    let fixture = fixture();
    let gone = lend(&fixture, fixture.client.0, MEMORY_OBJECT);
    assert_eq!(fixture.free(fixture.client.0), 0);
    assert_eq!(count(&gone), 1);
    fixture.proxy.driver().take();
    let status = fixture.alloc(DEVICE_OBJECT, fixture.client.0, NV01_DEVICE_0, 0);
    assert_eq!(status, NV_STATUS::NV_ERR_INVALID_CLIENT.0);
    assert_eq!(fixture.free(fixture.client.0), NV_STATUS::NV_ERR_INVALID_CLIENT.0);
    assert!(fixture.proxy.driver().take().is_empty());
}

#[test]
fn a_handle_that_is_unknown_is_for_the_driver_to_answer() {
    let fixture = fixture();
    fail(&fixture.proxy, 12, NV_STATUS::NV_ERR_OBJECT_NOT_FOUND.0);
    assert_eq!(fixture.free(0x1234), NV_STATUS::NV_ERR_OBJECT_NOT_FOUND.0);
    let seen = fixture.proxy.driver().one();
    assert_eq!((seen.request, word(seen.argument(), 8)), (request(0x29, 16), 0x1234));
}

#[test]
fn what_the_driver_does_not_free_stays() {
    let fixture = fixture();
    let gone = lend(&fixture, fixture.client.0, MEMORY_OBJECT);
    fail(&fixture.proxy, 12, NV_STATUS::NV_ERR_IN_USE.0);
    assert_eq!(fixture.free(MEMORY_OBJECT), NV_STATUS::NV_ERR_IN_USE.0);
    assert_eq!(fixture.free(fixture.client.0), NV_STATUS::NV_ERR_IN_USE.0);
    fixture.proxy.driver().answer(|_, _| Err(Errno::EINTR));
    fixture.memory.put(ARGUMENT, &words(&[fixture.client.0, 0, MEMORY_OBJECT, 0]));
    assert_eq!(fixture.ioctl(CONTROL, request(0x29, 16), ARGUMENT), Err(Errno::EINTR));
    assert_eq!(count(&gone), 0);
    fixture.proxy.driver().answer(|_, _| Ok(0));
    assert_eq!(fixture.free(MEMORY_OBJECT), 0);
    assert_eq!(count(&gone), 1);
}

#[test]
fn a_handle_that_is_given_again_stands_for_the_new_object() {
    let fixture = fixture();
    let gone = lend(&fixture, fixture.client.0, MEMORY_OBJECT);
    assert_eq!(fixture.alloc(MEMORY_OBJECT, fixture.client.0, NV20_SUBDEVICE_0, 0), 0);
    assert_eq!(count(&gone), 1);
    assert!(fixture.knows(MEMORY_OBJECT, NV20_SUBDEVICE_0));
}

#[test]
fn the_last_use_of_a_file_frees_its_clients() {
    let fixture = fixture();
    let gone = lend(&fixture, fixture.client.0, MEMORY_OBJECT);
    // A second descriptor of the same open file description.
    let (file, host) = fixture.files.open.lock().unwrap().get(&CONTROL).cloned().unwrap();
    fixture.files.open.lock().unwrap().insert(50, (file, host));
    fixture.files.open.lock().unwrap().remove(&CONTROL);
    assert_eq!(count(&gone), 0);
    fixture.files.open.lock().unwrap().remove(&50);
    assert_eq!(count(&gone), 1);
    let back = fixture.done(OTHER_CONTROL, 0x29, &words(&[fixture.client.0, 0, fixture.client.0, 0]));
    assert_eq!(word(&back, 12), NV_STATUS::NV_ERR_INVALID_CLIENT.0);
}

#[test]
fn a_registered_file_keeps_its_control_file() {
    let fixture = fixture();
    let gone = lend(&fixture, fixture.client.0, MEMORY_OBJECT);
    assert_eq!(fixture.call(DEVICE, 0xc9, &words(&[CONTROL as u32])), Ok(Outcome::Done(0)));
    fixture.files.open.lock().unwrap().remove(&CONTROL);
    assert_eq!(count(&gone), 0, "the driver, too, holds on to it");
    let back = fixture.done(DEVICE, 0x29, &words(&[fixture.client.0, 0, 0x77, 0]));
    assert_eq!(word(&back, 12), 0);
    fixture.files.open.lock().unwrap().remove(&DEVICE);
    assert_eq!(count(&gone), 1);
}

/// Memory whose return makes a call on the same client: it hangs if a lock is held then.
struct Caller(Arc<Fixture>, mpsc::Sender<()>);

impl Mapped for Caller {
    fn address(&self) -> u64 {
        HOST_BASE
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        let memory = Memory::new();
        // A client of its own, a mapping, and an object of the client that is being freed.
        let at = 0x4000;
        memory.put(at, &words(&[self.0.client.0, self.0.client.0, 0x77, NV20_SUBDEVICE_0, 0, 0, 0, 0]));
        let guest = Guest { memory: &memory, files: &self.0.files };
        let file = self.0.files.open.lock().unwrap().get(&CONTROL).cloned();
        if let Some((file, host)) = file {
            let file = nvproxy::GuestFile { file, host };
            let _ = self.0.proxy.ioctl(&file, request(0x2b, 32), at, &guest);
            assert!(file.file.mapping().is_none());
        }
        let _ = self.1.send(());
    }
}

#[test]
fn lent_memory_is_given_back_while_no_lock_is_held() {
    type Ending = fn(&Fixture) -> u32;
    let endings: [(&str, Ending); 4] = [
        ("free", |fixture| fixture.free(MEMORY_OBJECT)),
        ("free of the client", |fixture| fixture.free(fixture.client.0)),
        ("a refusal of the driver", |_| 0),
        ("the handle given again", |fixture| fixture.alloc(MEMORY_OBJECT, fixture.client.0, NV20_SUBDEVICE_0, 0)),
    ];
    for (what, ending) in endings {
        let fixture = Arc::new(fixture());
        let (sender, receiver) = mpsc::channel();
        *fixture.memory.lending.lock().unwrap() = Some(Ok(Lending::Mapped(Box::new(Caller(fixture.clone(), sender)))));
        if what == "a refusal of the driver" {
            fail(&fixture.proxy, 40, NV_STATUS::NV_ERR_NO_MEMORY.0);
        }
        let (done, finished) = mpsc::channel();
        std::thread::spawn(move || {
            fixture.done(CONTROL, 0x27, &descriptor(fixture.client.0, fixture.client.0, MEMORY_OBJECT));
            ending(&fixture);
            let _ = done.send(());
        });
        finished.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|_| panic!("{what}: hangs"));
        receiver.recv_timeout(Duration::from_secs(1)).unwrap_or_else(|_| panic!("{what}: not given back"));
    }
}

#[test]
fn closing_a_file_leaves_the_clients_of_others() {
    let fixture = fixture();
    let other = Fixture::of(fixture.proxy.clone(), Options::default(), 0xc1d0_0009);
    drop(fixture.files.open.lock().unwrap().drain());
    assert_eq!(other.alloc(5, other.client.0, NV01_DEVICE_0, 0), 0);
    assert_eq!(other.proxy.driver().take().len(), 1);
}
