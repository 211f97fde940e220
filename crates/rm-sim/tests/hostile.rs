//! Whatever a guest sends, the simulator answers: it does not panic, and holds nothing when its files are closed.

mod support;

use nvproxy::Node;
use nvproxy::abi::numbers::*;
use nvproxy::abi::{Parameters, Row};
use support::{BASE, Machine, SIZE, releases};

/// Numbers as good as random (xorshift), the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// Values that mean something, more often than chance would have it.
fn value(numbers: &mut Numbers, handles: &[u32]) -> u64 {
    match numbers.below(8) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << numbers.below(64),
        3 => BASE + (numbers.below(SIZE) as u64 & !7),
        4 | 5 => handles[numbers.below(handles.len())].into(),
        6 => numbers.below(5) as u64,
        _ => numbers.next(),
    }
}

fn size(row: &Row, numbers: &mut Numbers) -> usize {
    match row.handling.parameters {
        Parameters::Struct(shapes) => shapes[numbers.below(shapes.len())].layout.size,
        Parameters::Repeated(layout) => layout.size * numbers.below(40),
        _ => numbers.below(200),
    }
}

#[test]
fn no_call_makes_it_panic_and_closing_leaves_nothing() {
    for release in releases() {
        let machine = Machine::new(release, &["h100", "l4"]);
        let mut numbers = Numbers(0x1234_5678_9abc_def1);
        let files = [Node::Control, Node::Device(0), Node::Device(1), Node::Uvm].map(|node| machine.open(node));
        let client = machine.client(files[0]);
        machine.device(files[0], client, 0);
        let mut handles = vec![client, 2, 3, 3, files[0] as u32, files[1] as u32];
        let classes: Vec<u32> = machine.proxy.abi().alloc().iter().map(|row| row.number).collect();
        let commands: Vec<Row> = machine.proxy.abi().control().iter().copied().collect();
        let escapes: Vec<Row> = machine.proxy.abi().frontend().iter().copied().collect();
        let uvm: Vec<Row> = machine.proxy.abi().uvm().iter().copied().collect();
        for _ in 0..20_000 {
            match numbers.below(4) {
                0 => {
                    let row = &escapes[numbers.below(escapes.len())];
                    let mut bytes = vec![0; size(row, &mut numbers)];
                    for chunk in bytes.chunks_mut(4) {
                        let len = chunk.len();
                        chunk.copy_from_slice(&value(&mut numbers, &handles).to_le_bytes()[..len]);
                    }
                    let request = (bytes.len() as u32) << 16 | row.number;
                    let _ = machine.ioctl(files[numbers.below(3)], request, &mut bytes);
                }
                1 => {
                    let class = classes[numbers.below(classes.len())];
                    let row = machine.proxy.abi().alloc().get(class).copied();
                    let mut params = match row.map(|row| row.handling.parameters) {
                        Some(Parameters::Struct([shape])) => Some(support::Params::of(shape.layout)),
                        _ => None,
                    };
                    for chunk in params.iter_mut().flat_map(|params| params.bytes.chunks_mut(4)) {
                        let len = chunk.len();
                        chunk.copy_from_slice(&value(&mut numbers, &handles).to_le_bytes()[..len]);
                    }
                    let new = value(&mut numbers, &handles) as u32;
                    let parent = handles[numbers.below(handles.len())];
                    if let Ok(handle) = machine.alloc(files[0], [client, parent, new], class, params.as_mut())
                        && handles.len() < 200
                    {
                        handles.push(handle);
                    }
                }
                2 => {
                    let row = &commands[numbers.below(commands.len())];
                    let mut bytes = vec![0; size(row, &mut numbers)];
                    for chunk in bytes.chunks_mut(4) {
                        let len = chunk.len();
                        chunk.copy_from_slice(&value(&mut numbers, &handles).to_le_bytes()[..len]);
                    }
                    let object = handles[numbers.below(handles.len())];
                    // The layout is not looked at.
                    let layout = machine.escape_params(NV_ESC_RM_CONTROL).layout;
                    let mut params = support::Params { layout, bytes };
                    if params.bytes.len() < 60_000 && !params.bytes.is_empty() {
                        machine.control(files[0], [client, object], row.number, &mut params);
                    }
                }
                _ => {
                    let row = &uvm[numbers.below(uvm.len())];
                    let mut bytes = vec![0; size(row, &mut numbers)];
                    for chunk in bytes.chunks_mut(8) {
                        let len = chunk.len();
                        chunk.copy_from_slice(&value(&mut numbers, &handles).to_le_bytes()[..len]);
                    }
                    let _ = machine.ioctl(files[3], row.number, &mut bytes);
                }
            }
            // Now and then all may be gone, the client first of all.
            if numbers.below(500) == 0 && machine.proxy.driver().usage().clients == 0 {
                break;
            }
        }
        for file in files {
            machine.close(file);
        }
        let usage = machine.proxy.driver().usage();
        assert_eq!((usage.clients, usage.objects), (0, 0), "{release}");
    }
}

#[test]
fn there_is_an_end_to_what_one_guest_can_make() {
    let machine = Machine::new(releases()[2], &["h100"]);
    let control = machine.open(Node::Control);
    let mut made = 0;
    while machine.alloc(control, [0, 0, 0], NV01_ROOT, None).is_ok() {
        made += 1;
        assert!(made < 1 << 20);
    }
    assert_eq!(machine.proxy.driver().usage().clients, made);
    machine.close(control);
    assert_eq!(machine.proxy.driver().usage().clients, 0);
}
