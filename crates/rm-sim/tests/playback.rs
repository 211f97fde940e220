//! What was recorded is played back: byte for byte what the recorded driver answered.

mod support;

use nvproxy::abi::numbers::*;
use nvproxy::abi::status::NV_STATUS;
use nvproxy::{Call, Errno, HostDriver, Node, Value};
use rm_sim::trace::{Header, Hex, Lent, LentValue, Record, SCHEMA_VERSION};
use rm_sim::{File, Playback, Simulator};
use std::io::Cursor;
use std::sync::Mutex;
use support::{Machine, abi, releases, simulator};
use version_tree::version;

/// A driver that writes down what is asked of it.
struct Recorder {
    driver: Simulator,
    lines: Mutex<Vec<String>>,
    files: Mutex<Vec<i32>>,
}

impl Recorder {
    /// The number of a file in the trace: files are told apart by what their nodes' descriptors are.
    fn number(&self, file: &File) -> u64 {
        use std::os::fd::AsRawFd;
        // The FIFO of a file is the same for as long as it is open.
        let own = file.backing().unwrap();
        let inode = std::fs::metadata(format!("/proc/self/fd/{}", own.as_raw_fd())).unwrap();
        let inode = std::os::unix::fs::MetadataExt::ino(&inode) as i32;
        let mut files = self.files.lock().unwrap();
        let at = files.iter().position(|known| *known == inode).unwrap_or_else(|| {
            files.push(inode);
            files.len() - 1
        });
        at as u64
    }
}

impl HostDriver for Recorder {
    type File = File;

    fn open(&self, node: Node) -> Result<File, Errno> {
        self.driver.open(node)
    }

    fn ioctl(&self, file: &File, call: &mut Call<'_, File>) -> Result<i32, Errno> {
        let before = call.bytes().to_vec();
        let lent = call.lent().iter().map(|lent| Lent {
            at: lent.at,
            width: lent.width,
            value: match &lent.value {
                Value::Bytes(range) => LentValue::Bytes(range.start, range.end),
                Value::File(index) => LentValue::File(self.number(call.files()[*index])),
                Value::Mapped(_) => LentValue::Mapped,
                Value::Number(number) => LentValue::Number(*number),
            },
        });
        let lent = lent.collect();
        let result = self.driver.ioctl(file, call);
        let after = call.bytes().to_vec();
        let record = Record {
            file: self.number(file),
            node: file.node().to_string(),
            request: call.request(),
            argument: call.argument().map(|range| (range.start, range.end)),
            after: (after != before).then_some(Hex(after)),
            before: Hex(before),
            lent,
            result: result.unwrap_or_else(|errno| -(errno as i32)),
            ns: 1,
        };
        self.lines.lock().unwrap().push(serde_json::to_string(&record).unwrap());
        result
    }
}

/// Some of what clients do; everything that they see.
fn session<D: HostDriver<File = File>>(machine: &Machine<D>) -> Vec<Vec<u8>> {
    let mut seen = Vec::new();
    let (control, device) = (machine.open(Node::Control), machine.open(Node::Device(0)));
    let mut version = machine.escape_params(NV_ESC_CHECK_VERSION_STR);
    assert_eq!(machine.escape(control, NV_ESC_CHECK_VERSION_STR, &mut version), Err(Errno::EINVAL));
    seen.push(version.bytes);
    let client = machine.client(control);
    seen.push(client.to_le_bytes().to_vec());
    let mut register = machine.escape_params(NV_ESC_REGISTER_FD);
    register.set("ctl_fd", control as u64);
    assert_eq!(machine.escape(device, NV_ESC_REGISTER_FD, &mut register), Ok(0));
    machine.device(control, client, 0);
    for command in [
        NV2080_CTRL_CMD_GPU_GET_NAME_STRING,
        NV2080_CTRL_CMD_GPU_GET_GID_INFO,
        NV2080_CTRL_CMD_MC_GET_ARCH_INFO,
        NV2080_CTRL_CMD_GR_GET_GLOBAL_SM_ORDER,
        NV2080_CTRL_CMD_BIOS_GET_INFO,
    ] {
        let mut params = machine.control_params(command);
        let status = machine.control(control, [client, 3], command, &mut params);
        seen.push(status.0.to_le_bytes().to_vec());
        seen.push(params.bytes);
    }
    let mut memory = machine.class_params(NV01_MEMORY_LOCAL_USER);
    memory.set("size", 1 << 21);
    seen.push(
        machine.alloc(control, [client, 2, 9], NV01_MEMORY_LOCAL_USER, Some(&mut memory)).unwrap().to_le_bytes().into(),
    );
    seen.push(memory.bytes);
    let mapping = machine.open(Node::Device(0));
    let mut map = machine.escape_params(NV_ESC_RM_MAP_MEMORY);
    for (field, value) in [("hClient", u64::from(client)), ("hDevice", 2), ("hMemory", 9), ("length", 1 << 21)] {
        map.set(&format!("params.{field}"), value);
    }
    map.set("fd", mapping as u64);
    assert_eq!(machine.escape(control, NV_ESC_RM_MAP_MEMORY, &mut map), Ok(0));
    // Descriptors are the guest's own, and others each time.
    map.set("fd", 0);
    seen.push(map.bytes);
    assert_eq!(machine.file(mapping).mapped().unwrap().length, 1 << 21);
    seen.push(machine.free(control, client, client).0.to_le_bytes().to_vec());
    seen
}

fn header(version: &str) -> String {
    let header = Header { schema_version: SCHEMA_VERSION, driver: version.to_owned(), gpus: vec![0] };
    serde_json::to_string(&header).unwrap()
}

#[test]
fn a_session_is_played_back_as_it_was() {
    for release in releases().into_iter().skip(1) {
        let driver = simulator(release, &["l4"]);
        let lender = driver.clone();
        let recorder = Recorder { driver, lines: Mutex::default(), files: Mutex::default() };
        let lend = Box::new(move |memory: std::sync::Arc<support::Memory>, at, len| lender.lend(memory, at, len));
        let recorded = Machine::with(recorder, abi(release), lend);
        let expected = session(&recorded);

        let lines = recorded.proxy.driver().lines.lock().unwrap().join("\n");
        let trace = format!("{}\n{lines}\n", header(&release.to_string()));
        let playback = Playback::new(Cursor::new(&trace)).unwrap();
        assert_eq!(playback.header().driver, release.to_string());
        let played = Machine::with(playback, abi(release), Box::new(|_, _, _| unreachable!("nothing is lent")));
        assert!(session(&played) == expected, "{release}");
        assert_eq!(played.proxy.driver().unmatched(), 0);

        // Once more: what was used is used again.
        assert!(session(&played) == expected, "{release}");
        // What was not recorded is not made up.
        let control = played.open(Node::Control);
        let client = played.client(control);
        let command = NV0000_CTRL_CMD_GPU_GET_PROBED_IDS;
        let status = played.control(control, [client, client], command, &mut played.control_params(command));
        assert_eq!(status, NV_STATUS::NV_ERR_OPERATING_SYSTEM);
        assert_eq!(played.proxy.driver().unmatched(), 1);
    }
}

#[test]
fn what_is_no_trace_is_refused_with_the_line() {
    let header = header(&version!("550.163.01").to_string());
    for (text, reason) in [
        (String::new(), "line 1"),
        ("{}".to_owned(), "line 1"),
        (header.replace("\"schema_version\":1", "\"schema_version\":2"), "schema version 2"),
        (header.replace("550.163.01", "550.163.99"), "550.163.99"),
        (header.replace("[0]", "[4000000000]"), "4000000000"),
        (format!("{header}\n\n{{\"file\":1}}\n"), "line 3"),
        (
            format!(
                "{header}\n{{\"file\":1,\"node\":\"/dev/nvidiactl\",\"request\":1,\"argument\":null,\"before\":\"0x\",\"result\":0,\"ns\":0}}"
            ),
            "hexadecimal",
        ),
    ] {
        let error = Playback::new(Cursor::new(&text)).err().map(|error| error.to_string());
        assert!(error.as_ref().is_some_and(|error| error.contains(reason)), "{text}: {error:?}");
    }
}
