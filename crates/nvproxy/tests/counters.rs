//! What the counters say of a call.

mod support;

use nvproxy::abi::{Abi, Table};
use nvproxy::{Options, Proxy};
use std::sync::Arc;
use std::time::Duration;
use support::{Fixture, Script};
use version_tree::{Tree, version};

/// `NV0000_CTRL_CMD_GPU_GET_ATTACHED_IDS`, 128 bytes.
const COMMAND: u32 = 0x201;
/// `NV_ESC_RM_CONTROL`.
const CONTROL: u32 = 0x2a;
/// Where the guest has the command's parameters.
const PARAMS: u64 = 0x100_0000;
const LONG: Duration = Duration::from_millis(3);

/// How often, and how long, an entry was called through a proxy whose driver takes long.
fn called(proxy: Proxy<Script>, entries: [(Table, u32); 2]) -> [(u64, Duration); 2] {
    let fixture = Fixture::of(Arc::new(proxy), Options::default(), 0xc1d0_0001);
    fixture.proxy.driver().answer(|_, _| {
        std::thread::sleep(LONG);
        Ok(0)
    });
    fixture.memory.put(PARAMS, &[0; 128]);
    for _ in 0..2 {
        assert_eq!(fixture.control(fixture.client.0, COMMAND, PARAMS, 128), Ok(0));
    }
    let (abi, counters) = (fixture.proxy.abi(), fixture.proxy.counters());
    entries.map(|(table, number)| {
        let mut all = counters.iter(abi);
        let (.., counter) = all.find(|(of, row, _)| (*of, row.number) == (table, number)).unwrap();
        (counter.count(), counter.time())
    })
}

#[test]
fn calls_are_counted_and_timed_where_that_was_asked_for() {
    let proxy = || Proxy::new(Script::default(), Abi::compose(Tree::embedded(), version!("580.95.05")).unwrap());
    let entries = [(Table::Frontend, CONTROL), (Table::Control, COMMAND)];
    assert_eq!(called(proxy(), entries), [(2, Duration::ZERO); 2]);
    let [(escapes, whole), (commands, inner)] = called(proxy().with_times(), entries);
    assert_eq!((escapes, commands), (2, 2));
    assert!(whole >= inner && inner >= 2 * LONG, "{whole:?} {inner:?}");
}
