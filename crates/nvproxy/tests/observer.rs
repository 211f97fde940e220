//! Whoever watches hears of every call that the driver does not get, once, and of what it was about.

mod support;

use nix::errno::Errno;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::abi::{Abi, Capabilities, Table};
use nvproxy::{Asked, Observer, Options, Outcome, Proxy, Refusal, Refused, UvmMode};
use std::sync::{Arc, Mutex};
use support::{ARGUMENT, CONTROL, Fixture, Script, UVM, request, words};
use version_tree::{Tree, version};

/// What was heard: the table, the number, the name if it is known, why, the status, which capabilities it takes, and
/// how many bytes of parameters there were.
#[derive(Debug, Clone, PartialEq)]
struct Heard {
    about: (Table, u32, Option<&'static str>),
    why: Option<Refusal>,
    status: Option<NV_STATUS>,
    lacking: Option<Capabilities>,
    argument: usize,
}

#[derive(Default)]
struct Ears(Mutex<Vec<Heard>>);

impl Observer for Ears {
    fn refused(&self, asked: &Asked<'_>, refused: &Refused) {
        self.hear(asked, Some(refused.why), refused.status, asked.lacking(&refused.why));
    }

    fn native(&self, asked: &Asked<'_>) {
        self.hear(asked, None, None, None);
    }
}

impl Ears {
    fn hear(&self, asked: &Asked<'_>, why: Option<Refusal>, status: Option<NV_STATUS>, lacking: Option<Capabilities>) {
        let about = (asked.table, asked.number, asked.row.map(|row| row.name));
        self.0.lock().unwrap().push(Heard { about, why, status, lacking, argument: asked.argument.len() });
    }

    fn one(&self) -> Heard {
        let mut heard = std::mem::take(&mut *self.0.lock().unwrap());
        assert_eq!(heard.len(), 1, "{heard:#?}");
        heard.remove(0)
    }
}

fn watched(options: Options) -> (Fixture, Arc<Ears>) {
    let ears = Arc::new(Ears::default());
    let abi = Abi::compose(Tree::embedded(), version!("580.95.05")).unwrap();
    let proxy = Proxy::new(Script::default(), abi).with_observer(ears.clone());
    let fixture = Fixture::of(Arc::new(proxy), options, 0xc1d0_0001);
    assert_eq!(*ears.0.lock().unwrap(), [], "what the driver gets is no refusal");
    (fixture, ears)
}

#[test]
fn an_unlisted_ioctl_is_heard_by_its_number() {
    let (fixture, ears) = watched(Options::default());
    assert_eq!(fixture.call(CONTROL, 0xff, &[0; 8]), Err(Errno::EINVAL));
    assert_eq!(
        ears.one(),
        Heard {
            about: (Table::Frontend, 0xff, None),
            why: Some(Refusal::NotListed),
            status: None,
            lacking: None,
            argument: 0
        }
    );
}

#[test]
fn a_control_command_is_heard_rather_than_the_ioctl_that_brings_it() {
    let (fixture, ears) = watched(Options::default());
    let status = fixture.control(fixture.client.0, 0x7777, 0, 0).unwrap();
    assert_eq!(
        ears.one(),
        Heard {
            about: (Table::Control, 0x7777, None),
            why: Some(Refusal::NotListed),
            status: Some(NV_STATUS(status)),
            lacking: None,
            argument: 32
        }
    );
}

#[test]
fn a_class_that_takes_another_capability_says_which() {
    let (fixture, ears) = watched(Options { capabilities: Capabilities::COMPUTE, ..Options::default() });
    let row = fixture.proxy.abi().alloc().iter().find(|row| !row.capabilities.intersects(Capabilities::COMPUTE));
    let row = *row.unwrap();
    let status = fixture.alloc(0x10, fixture.client.0, row.number, 0);
    assert_eq!(
        ears.one(),
        Heard {
            about: (Table::Alloc, row.number, Some(row.name)),
            why: Some(Refusal::NoClass),
            status: Some(NV_STATUS(status)),
            lacking: Some(row.capabilities),
            argument: 32
        }
    );
}

#[test]
fn a_class_that_there_is_not_takes_no_capability() {
    let (fixture, ears) = watched(Options::default());
    fixture.alloc(0x10, fixture.client.0, 0xdead, 0);
    let heard = ears.one();
    assert_eq!((heard.about, heard.lacking), ((Table::Alloc, 0xdead, None), None));
}

#[test]
fn parameters_that_could_not_be_read_are_not_shown() {
    let (fixture, ears) = watched(Options::default());
    assert_eq!(fixture.ioctl(CONTROL, request(0x29, 16), 0xdead_0000), Err(Errno::EFAULT));
    let heard = ears.one();
    assert_eq!((heard.why, heard.argument), (Some(Refusal::Fault), 0));
}

#[test]
fn what_is_wrapped_wrongly_is_heard_as_the_wrapping() {
    let (fixture, ears) = watched(Options::default());
    let xfer = words(&[0xd3, 16, ARGUMENT as u32, 0]);
    assert_eq!(fixture.call(CONTROL, 0xd3, &xfer), Err(Errno::EINVAL));
    assert_eq!(ears.one().about.1, 0xd3);
}

#[test]
fn the_guests_own_call_is_heard_as_such() {
    let (fixture, ears) = watched(Options { uvm: UvmMode::Native, ..Options::default() });
    fixture.memory.put(ARGUMENT, &[0; 16]);
    assert_eq!(fixture.ioctl(UVM, 0x3000_0001, ARGUMENT), Ok(Outcome::Native));
    let heard = ears.one();
    assert_eq!((heard.about.1, heard.why), (0x3000_0001, None));
    assert!(heard.argument > 0);
}
