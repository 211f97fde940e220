//! One call, one event.

use crate::support::{ByHand, abi, words};
use nvproxy::abi::numbers::*;
use nvproxy::{Errno, Lent, Node, Value};
use sandbox::trace::{Decoder, Event, Format, Tracer, Watcher};
use std::io::Write;
use std::sync::{Arc, Mutex};
use version_tree::version;

/// What is printed, to be looked at afterwards.
#[derive(Clone, Default)]
pub(crate) struct Page(pub(crate) Arc<Mutex<Vec<u8>>>);

impl Page {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// As text, without the time since the start.
fn line(call: &ByHand) -> String {
    let page = Page::default();
    let tracer = Tracer::new(&abi(version!("580.95.05"))).printing(Format::Text, Box::new(page.clone()), false);
    tracer.called(&call.called());
    page.text().lines().map(|line| line.get(11..).unwrap_or_default().to_owned() + "\n").collect()
}

fn event(call: &ByHand) -> Event {
    Decoder::new(&abi(version!("580.95.05"))).called(&call.called())
}

/// `NVOS21_PARAMETERS`, with a pointer to parameters.
fn rm_alloc(class: u32) -> ByHand {
    ByHand::new(
        Node::Control,
        NV_ESC_RM_ALLOC,
        &words(&[0xc1d0_0001, 0xc1d0_0001, 0x5c00_0001, class, 0x7000, 0, 0, 0]),
    )
}

/// `NVOS54_PARAMETERS`, with a pointer to so many bytes.
fn rm_control(object: u32, command: u32, params: &[u8]) -> ByHand {
    let outer = words(&[0xc1d0_0001, object, command, 0, 0x7000, 0, params.len() as u32, 0]);
    ByHand::new(Node::Device(0), NV_ESC_RM_CONTROL, &outer).pointing(16, params)
}

#[test]
fn a_class_is_named_and_so_are_its_parameters() {
    let mut params = vec![0; 56];
    params[0] = 1;
    let call = rm_alloc(NV01_DEVICE_0).pointing(16, &params);
    insta::assert_snapshot!(line(&call));
}

#[test]
fn a_command_shows_what_the_driver_answered() {
    let mut params = vec![0; 132];
    params.splice(4.., std::iter::repeat_n(0, 128));
    let call =
        rm_control(0x2080, NV2080_CTRL_CMD_GPU_GET_NAME_STRING, &params).writes(32 + 4, b"NVIDIA H100 80GB HBM3");
    insta::assert_snapshot!(line(&call));
}

#[test]
fn a_list_behind_a_pointer_is_shown_in_place_of_the_pointer() {
    // NV2080_CTRL_GR_GET_INFO_PARAMS: a count, and a pointer to pairs of numbers.
    let size = {
        let abi = abi(version!("580.95.05"));
        abi.control().get(NV2080_CTRL_CMD_GR_GET_INFO).unwrap().handling.shapes()[0].layout.size
    };
    let mut params = vec![0; size];
    params[0] = 2;
    params[8] = 1;
    let call = rm_control(0x2080, NV2080_CTRL_CMD_GR_GET_INFO, &params)
        .pointing(32 + 8, &words(&[9, 0, 10, 0]))
        .writes(32 + size + 4, &words(&[132]));
    insta::assert_snapshot!(line(&call));
}

#[test]
fn a_descriptor_says_which_file_the_driver_found() {
    let mut call = ByHand::new(Node::Device(0), NV_ESC_REGISTER_FD, &words(&[5]));
    call.lent.push(Lent { at: 0, width: 4, value: Value::File(0) });
    call.files.push((3, Node::Control));
    insta::assert_snapshot!(line(&call));
}

#[test]
fn a_status_that_is_not_ok_is_told_by_name() {
    let call = rm_control(0x2080, NV2080_CTRL_CMD_GPU_GET_NAME_STRING, &[0; 132]).writes(28, &words(&[0x56]));
    let text = line(&call);
    assert!(text.contains("NV_ERR_NOT_SUPPORTED"), "{text}");
    assert!(!event(&call).ending.succeeded());
}

#[test]
fn a_failure_is_told_by_its_errno() {
    let mut call = ByHand::new(Node::Control, NV_ESC_SYS_PARAMS, &words(&[0x800_0000, 0]));
    call.result = Err(Errno::EBUSY);
    assert!(line(&call).contains(" EBUSY "), "{}", line(&call));
}

#[test]
fn commands_of_the_firmware_have_no_name_but_a_number() {
    insta::assert_snapshot!(line(&rm_control(0x2080, 0x2080_8159, &[1; 20])));
}

#[test]
fn uvm_has_no_size_in_its_numbers() {
    let mut params = vec![0; 16];
    params[0] = 2;
    let call = ByHand::new(Node::Uvm, UVM_INITIALIZE, &params).writes(8, &words(&[0]));
    insta::assert_snapshot!(line(&call));
}

#[test]
fn cards_are_a_list() {
    let mut params = vec![0; 144];
    params[0] = 1;
    let call = ByHand::new(Node::Control, NV_ESC_CARD_INFO, &[0; 144]).writes(0, &params);
    insta::assert_snapshot!(line(&call));
}

#[test]
fn parameters_of_another_size_are_not_read_as_something_else() {
    let event = event(&ByHand::new(Node::Control, NV_ESC_RM_FREE, &[0xff; 12]));
    assert_eq!((event.asked.name, event.fields.len(), event.size), (Some("NV_ESC_RM_FREE"), 0, 12));
}

#[test]
fn many_fields_are_cut_short_and_the_driver_s_answers_stay() {
    let abi = abi(version!("580.95.05"));
    let layout = abi.frontend().get(NV_ESC_CHECK_VERSION_STR).unwrap().handling.shapes()[0].layout;
    assert_eq!(layout.size, 72);
    // A record with more fields than are shown: memory of a video heap.
    let size = abi.alloc().get(NV01_MEMORY_LOCAL_USER).unwrap().handling.shapes()[0].layout.size;
    let call = rm_alloc(NV01_MEMORY_LOCAL_USER).pointing(16, &vec![1; size]).writes(32 + size - 8, &[9; 8]);
    let event = event(&call);
    assert!(event.more > 0, "{event:#?}");
    assert!(event.fields.iter().any(|field| field.after.is_some()), "{event:#?}");
}

#[test]
fn json_has_the_same_and_a_schema_version_first() {
    let page = Page::default();
    let abi = abi(version!("580.95.05"));
    let tracer = Tracer::new(&abi).printing(Format::Json, Box::new(page.clone()), false);
    let mut params = vec![0; 56];
    params[0] = 1;
    tracer.called(&rm_alloc(NV01_DEVICE_0).pointing(16, &params).called());
    tracer.finish().unwrap();
    let lines: Vec<serde_json::Value> = page.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [header, call, summary] = &lines[..] else { panic!("{lines:#?}") };
    assert_eq!(header["schema_version"], 1);
    assert_eq!(header["driver"], "580.95.05");
    assert_eq!((&call["event"], &call["name"]), (&"call".into(), &"NV01_DEVICE_0".into()));
    assert_eq!((&call["table"], &call["status"], &call["ns"]), (&"alloc".into(), &"NV_OK".into(), &12000.into()));
    assert_eq!(call["fields"][0]["name"], "hRoot");
    assert_eq!(call["fields"][0]["before"], 0xc1d0_0001u32);
    assert_eq!((&summary["event"], &summary["calls"]), (&"summary".into(), &1.into()));
}
