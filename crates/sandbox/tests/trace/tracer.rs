//! A tracer between a guest and a driver.

use crate::decode::Page;
use crate::support::{CONTROL, DEVICE, Driver, Fixture, abi, words};
use nvproxy::abi::Capabilities;
use nvproxy::abi::numbers::*;
use nvproxy::{Errno, Options};
use sandbox::trace::{Format, Tracer};
use version_tree::version;

/// Gives every client the same handle.
fn driver() -> Driver {
    Driver(Box::new(|request, bytes| {
        if request & 0xff == NV_ESC_RM_ALLOC {
            bytes[8..12].copy_from_slice(&0xc1d0_0001u32.to_le_bytes());
        }
        Ok(0)
    }))
}

fn fixture(page: &Page, options: Options) -> Fixture<Driver> {
    let abi = abi(version!("535.261.03"));
    let tracer = Tracer::new(&abi).printing(Format::Text, Box::new(page.clone()), false);
    Fixture::new(abi, driver(), tracer, options)
}

/// The lines, without times.
fn lines(page: &Page) -> String {
    let kept = |line: &str| match line.get(11..) {
        Some(rest) if line[..10].trim().parse::<f64>().is_ok() => {
            let (front, back) = rest.split_at(20);
            format!("{front}{}", back.get(8..).unwrap_or_default())
        }
        _ => line.to_owned(),
    };
    page.text().lines().map(|line| kept(line).trim_end().to_owned() + "\n").collect()
}

#[test]
fn what_is_refused_is_heard_among_what_is_not() {
    let page = Page::default();
    let fixture = fixture(&page, Options { capabilities: Capabilities::COMPUTE, ..Options::default() });
    fixture.ioctl(CONTROL, NV_ESC_RM_ALLOC, &words(&[0, 0, 0, NV01_ROOT, 0, 0, 0, 0])).unwrap();
    // A command that no release has, one of a later release, one that takes another capability, an odd ioctl, a
    // client of somebody else's.
    let control = |client, command| words(&[client, client, command, 0, 0, 0, 0, 0]);
    fixture.ioctl(CONTROL, NV_ESC_RM_CONTROL, &control(0xc1d0_0001, 0x0000_7777)).unwrap();
    let later = {
        let later = abi(version!("580.95.05"));
        let now = abi(version!("535.261.03"));
        later.control().iter().find(|row| now.control().get(row.number).is_none()).unwrap().number
    };
    fixture.ioctl(CONTROL, NV_ESC_RM_CONTROL, &control(0xc1d0_0001, later)).unwrap();
    let other = fixture.proxy.abi().control().iter().find(|row| !row.capabilities.intersects(Capabilities::COMPUTE));
    let other = other.unwrap().number;
    fixture.ioctl(CONTROL, NV_ESC_RM_CONTROL, &control(0xc1d0_0001, other)).unwrap();
    assert_eq!(fixture.ioctl(DEVICE, 0x77, &[0; 8]), Err(Errno::EINVAL));
    fixture.ioctl(DEVICE, NV_ESC_RM_FREE, &words(&[0xbad, 0, 0xbad, 0])).unwrap();
    fixture.tracer.finish().unwrap();
    let summary = fixture.tracer.summary();
    assert_eq!((summary.total().calls, summary.refused()), (1, 5));
    let text = lines(&page);
    let (calls, _) = text.split_once("\n\n").unwrap();
    insta::assert_snapshot!(calls);
}

#[test]
fn a_pipe_that_is_closed_stops_the_printing_not_the_guest() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let abi = abi(version!("535.261.03"));
    let tracer = Tracer::new(&abi).printing(Format::Text, Box::new(Closed), false);
    let fixture = Fixture::new(abi, driver(), tracer, Options::default());
    fixture.ioctl(CONTROL, NV_ESC_RM_ALLOC, &words(&[0, 0, 0, NV01_ROOT, 0, 0, 0, 0])).unwrap();
    assert_eq!(fixture.tracer.finish().unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
    assert_eq!(fixture.tracer.summary().total().calls, 1);
}
