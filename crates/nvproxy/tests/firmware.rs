//! Control commands whose numbers have the bit that means the firmware, and that have rows all the same.

mod support;

use nvproxy::abi::status::NV_STATUS;
use support::*;
use version_tree::{DriverVersion, version};

const PARAMS: u64 = 0x100_0000;
const OBJECT: u32 = 0x5000_0001;
const NV20_SUBDEVICE_0: u32 = 0x2080;
const NOT_SUPPORTED: u32 = NV_STATUS::NV_ERR_NOT_SUPPORTED.0;

fn fixture(version: DriverVersion) -> Fixture {
    let fixture = Fixture::new(version);
    fixture.memory.put(PARAMS, &[0; 0x1000]);
    fixture
}

/// Sends a command with parameters of that size; whether it reached the driver, and else the status.
fn reaches(fixture: &Fixture, command: u32, size: u32) -> Result<(), u32> {
    fixture.proxy.driver().take();
    let status = fixture.control(OBJECT, command, if size == 0 { 0 } else { PARAMS }, size).unwrap();
    if fixture.proxy.driver().take().is_empty() { Err(status) } else { Ok(()) }
}

#[test]
fn a_refused_command_is_not_looked_at() {
    // NV2080_CTRL_CMD_INTERNAL_GCX_ENTRY_PREREQUISITE and a number without a name: the bit in them alone is no leave.
    let fixture = fixture(version!("595.45.04"));
    assert_eq!(fixture.alloc(OBJECT, fixture.client.0, NV20_SUBDEVICE_0, 0), 0);
    fixture.memory.forget();
    for command in [0x2080_a7d7, 0x2080_a083] {
        for size in [0, 2, 0x1000] {
            assert_eq!(reaches(&fixture, command, size), Err(NOT_SUPPORTED), "{command:#x}");
        }
    }
    let reads = fixture.memory.reads.lock().unwrap().clone();
    assert!(reads.iter().all(|range| range.start != PARAMS));
    assert_eq!(reaches(&fixture, 0x2080_a7d8, 2), Ok(()), "which the firmware knows alone");
}

#[test]
fn a_command_with_a_row_has_its_size_and_goes_to_an_object_that_is_known() {
    // NV2080_CTRL_CMD_RUSD_GET_SUPPORTED_FEATURES.
    const COMMAND: u32 = 0x2080_81ea;
    let fixture = fixture(version!("580.95.05"));
    assert_eq!(reaches(&fixture, COMMAND, 4), Err(NOT_SUPPORTED), "the proxy does not know the object");
    assert_eq!(fixture.alloc(OBJECT, fixture.client.0, NV20_SUBDEVICE_0, 0), 0);
    assert_eq!(reaches(&fixture, COMMAND, 4), Ok(()));
    assert_eq!(reaches(&fixture, COMMAND, 8), Err(NV_STATUS::NV_ERR_INVALID_PARAM_STRUCT.0));
    // At a release that does not have it, the firmware alone may know.
    let before = self::fixture(version!("570.86.15"));
    assert_eq!(before.alloc(OBJECT, before.client.0, NV20_SUBDEVICE_0, 0), 0);
    assert_eq!(reaches(&before, COMMAND, 8), Ok(()));
}
