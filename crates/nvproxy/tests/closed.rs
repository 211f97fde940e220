//! Clients of files that the guest closed: the driver freed them and may give their handles to another sandbox.

mod support;

use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Param, Table};
use nvproxy::{Guest, GuestFiles, Outcome};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use support::*;
use version_tree::version;

const PARAMS: u64 = 0x100_0000;
const LIST: u64 = 0x101_0000;
/// A client on [`OTHER_CONTROL`].
const OTHER: u32 = 0xc1d0_0002;
const INVALID_CLIENT: u32 = NV_STATUS::NV_ERR_INVALID_CLIENT.0;
const NV_ESC_RM_DUP_OBJECT: u32 = 0x34;
const NV_ESC_ALLOC_OS_EVENT: u32 = 0xce;
const NV_ESC_FREE_OS_EVENT: u32 = 0xcf;
const NV_ESC_REGISTER_FD: u32 = 0xc9;
const NV_ESC_RM_ALLOC: u32 = 0x2b;
const NV_ESC_RM_FREE: u32 = 0x29;
/// Longer than a call of a scripted driver takes on the slowest machine.
const A_WHILE: Duration = Duration::from_millis(300);
const WATCHDOG: Duration = Duration::from_secs(60);

/// A fixture with a second client, which another open file has.
fn fixture() -> Fixture {
    let fixture = Fixture::new(version!("595.45.04"));
    fixture.memory.put(PARAMS, &[0; 0x2_0000]);
    fixture.proxy.driver().answer(|seen, bytes| {
        let at = seen.argument.clone().unwrap().start + 8;
        bytes[at..at + 4].copy_from_slice(&OTHER.to_le_bytes());
        Ok(0)
    });
    assert_eq!(
        fixture.call(OTHER_CONTROL, NV_ESC_RM_ALLOC, &words(&[0, 0, 0, 0x41, 0, 0, 0, 0])),
        Ok(Outcome::Done(0))
    );
    fixture.proxy.driver().answer(|_, _| Ok(0));
    fixture.proxy.driver().take();
    fixture
}

/// Makes the call of a row whose parameters name the second client; whether it reached the driver.
fn reaches(fixture: &Fixture, table: Table, number: u32, index: usize) -> bool {
    let row = fixture.proxy.abi().table(table).get(number).unwrap();
    let shape = &row.handling.shapes()[0];
    let mut bytes = vec![0; shape.layout.size];
    for (at, param) in shape.params.iter().enumerate() {
        let field = param.field();
        let place = field.offset..field.offset + field.size;
        match param {
            Param::Client(_) => {
                let client = if at == index { OTHER } else { fixture.client.0 };
                bytes[place].chunks_exact_mut(4).for_each(|at| at.copy_from_slice(&client.to_le_bytes()));
            }
            Param::Pointer(pointer) if pointer.clients && at == index => {
                bytes[place].copy_from_slice(&LIST.to_le_bytes());
                bytes[pointer.count.offset] = 1;
                fixture.memory.put(LIST, &words(&[OTHER]));
            }
            Param::Descriptor(descriptor) => {
                use nvproxy::abi::row::File;
                let number = match descriptor.file {
                    File::Device | File::Event => DEVICE,
                    File::DmaBuf => DMA_BUF,
                    File::Capability => CAPABILITY,
                    _ => CONTROL,
                };
                bytes[place].copy_from_slice(&i64::from(number).to_le_bytes()[..field.size]);
            }
            _ => {}
        }
    }
    fixture.memory.put(PARAMS, &bytes);
    match table {
        Table::Frontend => drop(fixture.call(CONTROL, number, &bytes)),
        Table::Uvm => drop(fixture.ioctl(UVM, number, PARAMS)),
        Table::Control => drop(fixture.control(fixture.receiver(number), number, PARAMS, bytes.len() as u32)),
        Table::Alloc => drop(fixture.alloc(0x5000_0001, fixture.client.0, number, PARAMS)),
    }
    !fixture.proxy.driver().take().is_empty()
}

#[test]
fn no_call_names_a_client_of_a_closed_file() {
    let fixture = fixture();
    let rows: Vec<_> = fixture.proxy.abi().rows().map(|(table, row)| (table, *row)).collect();
    let named = rows.iter().flat_map(|(table, row)| {
        let params = row.handling.shapes().first().map_or(&[][..], |shape| shape.params);
        let names = |param: &Param| {
            matches!(param, Param::Client(_)) || matches!(param, Param::Pointer(pointer) if pointer.clients)
        };
        params.iter().enumerate().filter(move |(_, param)| names(param)).map(move |(index, _)| (*table, row, index))
    });
    let named: Vec<_> = named.collect();
    assert!(named.len() >= 20, "only {}", named.len());
    for (table, row, index) in &named {
        assert!(reaches(&fixture, *table, row.number, *index), "{}: the file is open", row.name);
    }
    // The runtime does not know yet that it is closed, so the proxy still has the client.
    let kept = fixture.file(OTHER_CONTROL);
    fixture.files.remove(OTHER_CONTROL);
    for (table, row, index) in &named {
        assert!(!reaches(&fixture, *table, row.number, *index), "{}: the file is closed", row.name);
    }
    let duplicate = words(&[fixture.client.0, fixture.client.0, 0x77, OTHER, 0x78, 0, 0]);
    assert_eq!(word(&fixture.done(CONTROL, NV_ESC_RM_DUP_OBJECT, &duplicate), 24), INVALID_CLIENT);
    assert!(fixture.proxy.driver().take().is_empty());
    drop(kept);
}

#[test]
fn events_belong_to_the_file_of_their_client() {
    let fixture = fixture();
    for number in [NV_ESC_ALLOC_OS_EVENT, NV_ESC_FREE_OS_EVENT] {
        let event = |client| words(&[client, 0, DEVICE as u32, 0]);
        let status = |descriptor, client| {
            let status = word(&fixture.done(descriptor, number, &event(client)), 12);
            (status, fixture.proxy.driver().take().len())
        };
        assert_eq!(status(CONTROL, fixture.client.0), (0, 1), "its own file");
        assert_eq!(status(CONTROL, OTHER), (INVALID_CLIENT, 0), "a client of the same sandbox, on another file");
        assert_eq!(status(CONTROL, 0), (INVALID_CLIENT, 0), "no client");
    }
    // As programs do: a file for the event, registered with the client's.
    let event = words(&[fixture.client.0, 0, DEVICE as u32, 0]);
    assert_eq!(word(&fixture.done(DEVICE, NV_ESC_ALLOC_OS_EVENT, &event), 12), INVALID_CLIENT);
    assert_eq!(fixture.call(DEVICE, NV_ESC_REGISTER_FD, &words(&[CONTROL as u32])), Ok(Outcome::Done(0)));
    fixture.proxy.driver().take();
    assert_eq!(word(&fixture.done(DEVICE, NV_ESC_ALLOC_OS_EVENT, &event), 12), 0);
    assert_eq!(fixture.proxy.driver().take().len(), 1);
}

#[test]
fn a_guest_does_not_choose_the_handle_of_a_client() {
    let fixture = fixture();
    for class in [0x0, 0x1, 0x41] {
        let chosen = words(&[0xc1d0_1234, 0, 0, class, 0, 0, 0, 0]);
        let refused = NV_STATUS::NV_ERR_INVALID_ARGUMENT.0;
        assert_eq!(word(&fixture.done(CONTROL, NV_ESC_RM_ALLOC, &chosen), 28), refused, "{class:#x}");
        assert!(fixture.proxy.driver().take().is_empty());
    }
}

/// A client is not freed while a call that names it is in the driver: its handle could become another sandbox's.
#[test]
fn a_client_is_freed_after_the_calls_that_name_it() {
    let fixture = Arc::new(fixture());
    let (entered, enters) = mpsc::channel();
    let stay = Arc::new(AtomicBool::new(true));
    let flag = stay.clone();
    // UVM_UNREGISTER_CHANNEL stays until it is let go.
    fixture.proxy.driver().answer(move |seen, _| {
        let _ = entered.send(seen.request);
        while seen.request == 28 && flag.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        Ok(0)
    });
    let call = |descriptor, request, parameters: Vec<u8>| {
        let fixture = fixture.clone();
        std::thread::spawn(move || {
            let memory = Memory::new();
            memory.put(ARGUMENT, &parameters);
            let guest = Guest { memory: &memory, files: &fixture.files };
            fixture.proxy.ioctl(&fixture.file(descriptor), request, ARGUMENT, &guest)
        })
    };
    let layout = fixture.proxy.abi().uvm().get(28).unwrap().handling.shapes()[0].layout;
    let mut unregister = vec![0; layout.size];
    let at = layout.field("hClient").unwrap().offset;
    unregister[at..at + 4].copy_from_slice(&OTHER.to_le_bytes());
    let naming = call(UVM, 28, unregister.clone());
    assert_eq!(enters.recv_timeout(WATCHDOG), Ok(28));
    let freeing = call(OTHER_CONTROL, request(NV_ESC_RM_FREE, 16), words(&[OTHER, 0, OTHER, 0]));
    assert!(enters.recv_timeout(A_WHILE).is_err(), "the client was freed under a call that names it");
    // Other clients are not held up.
    assert_eq!(fixture.free(0x5000_0009), 0);
    assert_eq!(enters.recv_timeout(WATCHDOG).map(|request| request & 0xff), Ok(NV_ESC_RM_FREE));
    stay.store(false, Ordering::SeqCst);
    assert_eq!(naming.join().unwrap(), Ok(Outcome::Done(0)));
    assert_eq!(freeing.join().unwrap(), Ok(Outcome::Done(0)));
    assert_eq!(enters.recv_timeout(WATCHDOG).map(|request| request & 0xff), Ok(NV_ESC_RM_FREE));
    assert_eq!(call(UVM, 28, unregister).join().unwrap(), Ok(Outcome::Done(0)));
    assert!(enters.recv_timeout(A_WHILE).is_err(), "it is gone");
}

/// The driver looks whose a client will be when the call comes in, so a file that is registered with another one
/// meanwhile still has the client, and takes it away when it is closed.
#[test]
fn a_client_is_of_the_file_that_it_was_asked_for_on() {
    let fixture = Arc::new(fixture());
    const NEW: u32 = 0xc1d0_0003;
    let (entered, enters) = mpsc::channel();
    let (go, goes) = mpsc::channel::<()>();
    let goes = Mutex::new(goes);
    fixture.proxy.driver().answer(move |seen, bytes| {
        if seen.request & 0xff == NV_ESC_RM_ALLOC {
            let _ = entered.send(());
            let _ = goes.lock().unwrap().recv_timeout(WATCHDOG);
            let at = seen.argument.clone().unwrap().start + 8;
            bytes[at..at + 4].copy_from_slice(&NEW.to_le_bytes());
        }
        Ok(0)
    });
    let file = fixture.file(OTHER_CONTROL);
    let making = {
        let fixture = fixture.clone();
        std::thread::spawn(move || {
            let memory = Memory::new();
            memory.put(ARGUMENT, &words(&[0, 0, 0, 0x41, 0, 0, 0, 0]));
            let guest = Guest { memory: &memory, files: &fixture.files };
            fixture.proxy.ioctl(&file, request(NV_ESC_RM_ALLOC, 32), ARGUMENT, &guest)
        })
    };
    assert_eq!(enters.recv_timeout(WATCHDOG), Ok(()));
    let register = fixture.call(OTHER_CONTROL, NV_ESC_REGISTER_FD, &words(&[CONTROL as u32]));
    assert_eq!(register, Ok(Outcome::Done(0)));
    go.send(()).unwrap();
    assert_eq!(making.join().unwrap(), Ok(Outcome::Done(0)));
    fixture.files.remove(OTHER_CONTROL);
    fixture.proxy.driver().take();
    let event = words(&[NEW, 0, DEVICE as u32, 0]);
    assert_eq!(word(&fixture.done(CONTROL, NV_ESC_ALLOC_OS_EVENT, &event), 12), INVALID_CLIENT);
    assert!(fixture.proxy.driver().take().is_empty());
}
